# Words of the closed lists, by their stable codes.

# Movement kinds
kind-stocktake = stocktake
kind-receipt = receipt
kind-production = production
kind-recovery = recovery
kind-process_reversal = taken back from process
kind-sample_return = sample put back
kind-reweigh_gain = gain on reweighing
kind-found = found
kind-dispatch = dispatch
kind-use = use
kind-sampling = sampling
kind-destruction = destruction
kind-waste = waste
kind-reweigh_loss = loss on reweighing
kind-loss = loss or theft
kind-seizure = seizure

# States of a consignment
state-matched = matched
state-within_allowance = within allowance
state-short = short
state-over = over
state-disputed = disputed
state-awaiting_receipt = awaiting receipt
state-awaiting_dispatch = awaiting dispatch
state-overdue = overdue

# What a state means, in one line
state_meaning-matched = both halves agree within twice the weighing uncertainty
state_meaning-within_allowance = less arrived, within the loss allowance
state_meaning-short = less arrived than was sent, beyond the allowance
state_meaning-over = more arrived than was sent
state_meaning-disputed = the halves contradict each other in something else than mass
state_meaning-awaiting_receipt = only the dispatch has been reported
state_meaning-awaiting_dispatch = only the receipt has been reported
state_meaning-overdue = one half is missing and its time is past

# States of a line
line_state-live = counts
line_state-duplicate = duplicate
line_state-waiting = waiting for its target
line_state-superseded = superseded
line_state-deleted = deleted
line_state-deletion = deletion
line_state-withdrawn = withdrawn

# How a consignment was found
stage-reviewed = reviewer’s decision
stage-document = document
stage-consignee_differs = document; receiver differs
stage-consignor_differs = document; sender differs
stage-substance_differs = document; substance differs
stage-permit = permit
stage-lane = parties, date and quantity
stage-split = one against several
stage-one_sided = no other half

# The half that is missing
missing-receipt = receipt
missing-dispatch = dispatch

# Reasons
reason-sale = sale
reason-purchase = purchase
reason-import = import
reason-export = export
reason-return = return
reason-transfer = transfer between own sites
reason-government_supply = supply by an authority
reason-unsolicited_return = unsolicited return
reason-other = other

# Modes of transport
mode-road = road
mode-rail = rail
mode-sea = sea
mode-inland_water = inland waterway
mode-air = air
mode-pipeline = pipeline
mode-post = post

# Packaging
packaging-bulk = bulk
packaging-drum = drum
packaging-bag = bag
packaging-bottle = bottle
packaging-pack = pack
packaging-ibc = IBC
packaging-other = other

# Actions
action-insert = insert
action-adjust = adjust
action-delete = delete

# Links and directions of a trace
link-consignment = consignment
link-process = process
direction-forward = forward
direction-backward = backward

# Whether a holder reports to this account
reports-yes = yes
reports-no = no

# Kinds of journal entries and reviewers’ verdicts
entry-registry = register
entry-movements = movements
entry-withdrawal = withdrawal
entry-review = review
verdict-together = belong together
verdict-apart = do not belong together

# Scale classes
class-class_i = class I
class-class_ii = class II
class-class_iii = class III
class-class_iiii = class IIII
class-flow_meter = flow meter
class-exact = counted

# What an accepted line is questioned for
finding-licence_not_in_force = the reporter’s licence for this class was not in force on the date
finding-class_not_covered = the reporter’s licences do not cover this class
finding-holder_not_in_force = the reporter did not exist on the date
finding-counterparty_licence_not_in_force = the other party’s licence for this class was not in force on the date
finding-counterparty_class_not_covered = the other party’s licences do not cover this class
finding-counterparty_not_in_force = the other party did not exist on the date

# Columns of a movements file
field-row = whole row
field-reporter = reporter
field-site = site
field-kind = kind
field-date = date
field-substance = substance
field-amount = amount
field-unit = unit
field-concentration = concentration
field-form = form
field-counterparty = counterparty
field-counterparty_site = counterparty’s site
field-reason = reason
field-document = document
field-lot = lot
field-permit = permit
field-case = case
field-mode = mode
field-packaging = packaging
field-carrier = carrier
field-temperature = temperature
field-density = density
field-instrument = instrument
field-batch = batch
field-input_lots = input lots
field-reported_at = reported at
field-line_id = line number
field-corrects = corrects
field-action = action
field-remark = remark

# Columns of a holders file
field-code = code
field-holder = holder
field-hours = hours
field-measures = what is measured
field-tolerance_percent = tolerance in percent
field-random_percent = random error in percent
field-systematic_percent = systematic error in percent
field-step_kg = step in kg
field-calibrated_on = calibrated on
field-name = name
field-name_en = English name
field-uscc = social credit code
field-dea = DEA-style number
field-licence = licence
field-licence_classes = licence classes
field-licence_from = licence from
field-licence_to = licence to
field-site_name = site name
field-area = area
field-authority = authority
field-valid_from = valid from
field-valid_to = valid to
field-reports = reports

# The same beside the holder that is questioned (question-)
question-licence_not_in_force = licence not in force
question-class_not_covered = class not covered
question-holder_not_in_force = did not exist
question-counterparty_licence_not_in_force = licence not in force
question-counterparty_class_not_covered = class not covered
question-counterparty_not_in_force = did not exist
