# What is unexplained, where to look first. Nothing here may say more than the calibration allows.
list-separator = {"; "}
title-unexplained = Unexplained differences
title-periods = Balance by period
title-gains = More there than in the books
title-visits = Inspection list
title-thresholds = Thresholds
head-from = From
head-to = To
head-at_least = At least
head-at_most = At most
head-shows_in = Shows in
head-reported_difference = As reported
head-left = After explanations
head-standard_error = Standard error
head-period_state = Period
period-settled = settled
period-provisional = provisional, not judged

records-balance = the balance
records-receipts = receipts against the sender’s book
records-issues = dispatches against the customer’s book
records-yield = use against output
records-too_good = stocktakes that fit too well
records-bookkeeping = receipts booked late, figures that had to be mended

source-weighings = single weighings
source-stocktakes = single stocktakes
source-receipts = the receiving scale
source-issues = the dispatch scale
source-process = the process scale
source-stock = the scale or gauge of stocktakes
source-normal_loss = normal loss in use

artefact-late = reported by the other side only
artefact-duplicate = entered twice
artefact-unit = unit mistaken
artefact-density = volume booked as mass
artefact-form = salt or hydrate booked as base
artefact-period = booked in another period
artefact-count = stocktake wrong, or a line on the wrong side of it
artefact-waiting = rows in quarantine
artefact-rounding = rounding

settled_by-weighing = a weighing of the stock on a checked scale, on a day without movements
settled_by-tickets = the weighing tickets of both sides for these consignments
settled_by-batch_records = the batch records of this use
settled_by-witnessed_count = a stocktake in the presence of a second person
settled_by-delivery_papers = the delivery papers of what was booked late or mended
settled_by-calibration = a check weighing or recalibration of the instrument named above
settled_by-quarantine = the rows in quarantine, mended and sent again
settled_by-corrections = corrections by the reporters of the rows asked about above

unexplained-head = Of 1,000 holders whose books are honest, about { $rate } are expected on such lists in a year.
unexplained-head_share = Valid for this list alone, fixed in advance for { $date }: on average at most { $share } % of its entries have no real difference, provided the calibration applies. Not valid for several lists together.
unexplained-second = A second rule, valid whatever holders have in common as long as declared tolerances are honest, lists { $n } holders, { $agreed } of them also on this list.
unexplained-basis_simulated = Threshold from simulation with declared tolerances; no honest reference years yet ({ $n } simulated holder-years, this account has { $own }; check on fresh ones: { $fresh } per 1,000). Where the register names no instrument, tolerances and yearly calibrations are defaults by class of scale.
unexplained-basis_account = Calibrated on { $n } holder-years of this account, each holder judged by the others; check on fresh ones: { $fresh } per 1,000. Where the register names no instrument, tolerances and yearly calibrations are defaults by class of scale.
unexplained-not_issued = No list is issued: fresh honest holders come this far { $fresh } times in 1,000 holder-years, more often than stated.
unexplained-listed = { $listed } of { $judged } series beyond the threshold in the { $days } days before their last settled stocktake; what began earlier stays until it is explained
unexplained-not_judged = No series has two stocktakes with a settled period between them, so nothing was judged.
unexplained-none = No difference beyond measurement uncertainty in { $judged } series.
unexplained-entry = { $holder } · { $site } · { $substance }
unexplained-difference = Unexplained difference of { $kg } kg { $substance } (90 % interval { $low } to { $high } kg), { $from } to { $to }.
unexplained-further = Besides, at another time: { $what }
unexplained-unmended = { $n ->
    [one] 1 row
   *[other] { $n } rows
  } of the holder’s reports of that time have been in quarantine for more than a month; they are in no book and may be all of it.
unexplained-ended_before = All of it lies before the days looked at: nothing new, and not explained yet.
unexplained-other_ends = At the other end of these consignments: { $ends }. The same kilograms may be listed there too; only one of the two books can be right.
unexplained-no_mass = These records differ from those of honest holders; they have no mass of their own.
unexplained-nothing = No difference beyond measurement uncertainty. Losses below about { $kg } kg in the days looked at could not have been relied on to show with these tolerances: one of that size shows 19 times in 20.
unexplained-shows_in = Shows in: { $records }. { $honest }
unexplained-honest_few = Of 1,000 honest holders fewer than 1 comes as far in a year.
unexplained-honest = Of 1,000 honest holders about { $n } come as far in a year.
unexplained-since = { $records } (since { $since })
unexplained-uncertainty = Uncertainty comes from: { $parts }.
unexplained-explains = Explained and left out: { $artefact }, { $n ->
    [one] 1 row
   *[other] { $n } rows
  }, { $kg } kg, on the other side’s word; to be asked about: { $rows }
unexplained-doubts = Believed less: { $artefact }, { $n ->
    [one] 1 row
   *[other] { $n } rows
  }, up to { $kg } kg; to be asked about: { $rows }
unexplained-rounding = Rounding to { $kg } kg, as the amounts look, would explain it.
unexplained-refuted_one = { $artefact } ({ $n })
unexplained-refuted = Tried and refuted: { $list }.
unexplained-none_tried = Explanations tried: no row of it looks late, doubled, or in a wrong unit, form or period.
unexplained-instruments = Instruments: { $list }.
unexplained-worse = { $source } would have to be { $factor } times worse than assumed
unexplained-never_worse = no error of { $source } explains it
unexplained-no_instrument = Instruments: no error of any of them explains it, up to 16 times what is assumed.
unexplained-not_tried = Not tried: evaporation and moisture, goods at another place, use against output, rows not yet sent.
unexplained-settled_by = What would settle it: { $by }.
unexplained-rows = Largest rows behind it: { $rows }
unexplained-movements = All of them: weighbridge movements { $dir } --holder { $holder } --site { $site } --substance { $substance } --from { $from } --to { $to }
unexplained-nothing_reported = Nothing that counts was reported of what was asked for.
unexplained-silent = Nothing can be said of: { $list }.
unexplained-never_counted = { $n ->
    [one] 1 series that was never counted
   *[other] { $n } series that were never counted
  }
unexplained-counted_once = { $n ->
    [one] 1 that was counted once
   *[other] { $n } that were counted once
  }
unexplained-provisional = { $n ->
    [one] 1 whose periods are still provisional
   *[other] { $n } whose periods are still provisional
  }
unexplained-gains = Apart from this, more is there than the books say in { $n } series: data quality, or production or receipts that were not reported; never set off against losses.
unexplained-gains_named = { $gains } They are: { $list }
unexplained-more_json = { $n } more: check --json has all of them.
unexplained-more = { $n } more: ask for them with --limit, --holder or --site.

inspect-head = Visits in the order in which they find most kilograms for the time they take; a tenth is drawn at random from all other sites, so that what the figures do not show is looked for too.
inspect-none = No place is on the list: none has figures to judge, nor goods sent there by others that it never answered, within these visits and hours.
inspect-visit = { $place }. { $where } ({ $hours } h)
inspect-listed = { $what } { $shows }
inspect-below = Below the threshold of the list, so that no difference is stated; here for the mass that may be in question. { $shows }
inspect-owed = { $n ->
    [one] 1 dispatch
   *[other] { $n } dispatches
  } with { $kg } kg went to this holder by its suppliers’ books, { $from } to { $to }; it has reported none of them, nor anything else.
inspect-random = Drawn at random, with probability { $inclusion }, whatever the figures say.
inspect-estimate = Every visit’s finding, divided by its probability of being on the list (1, or { $inclusion } for those drawn), adds up to an unbiased estimate of what visits to all sites would find that fit into the hours. Random part drawn with seed { $seed }.

calibrate-own = The account’s own holders: { $own } holder-years. { $enough ->
    [yes] Thresholds rest on them, each holder judged by the others.
   *[no] Too few: from { $needed } on thresholds rest on them; until then they come from simulation with declared tolerances.
  }
calibrate-fails = The check on fresh honest holder-years fails at { $rate } per 1,000: no list would be issued.
head-rate = False alarms per 1,000 holder-years
head-threshold = Threshold
head-fresh = On fresh holder-years
head-limit = At most (95 %)
head-own_threshold = By own holders alone
head-own_alarms = Holders beyond it here

title-instruments = Instruments
head-measures = Measures
head-instrument = Instrument
head-random = Random error
head-systematic = Systematic error
head-scale_step = Step
head-calibrated_on = Calibrated on
