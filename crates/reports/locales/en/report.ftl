# The page report.html.
report-title = Check of the account as of { $date }
report-intro = Rows read: { $read }; of these { $accepted } accepted, { $quarantined } set aside, { $duplicate } duplicate. All masses are kilograms of base or acid equivalent.
report-overdue_note = Overdue consignments are also counted as awaiting their other half.
report-unclosed = balances that do not close
report-discrepancies = The largest { $shown } of { $all } consignments that are short, over, disputed or overdue. All of them are in discrepancies.xlsx and discrepancies.csv beside this page. Positive: missing kilograms.
report-discrepancies_all = { $all ->
    [one] The only consignment that is short, over, disputed or overdue. It is also in discrepancies.xlsx and discrepancies.csv beside this page. Positive: missing kilograms.
   *[other] All { $all } consignments that are short, over, disputed or overdue. They are also in discrepancies.xlsx and discrepancies.csv beside this page. Positive: missing kilograms.
  }
report-balances = Balances that do not close
report-balances_lead = { $all } of the { $counted } that were counted a second time; shown are the largest { $shown }. Unexplained = book at the count − count; positive: missing kilograms. Weighing alone makes small differences.
report-balances_lead_all = { $all } of the { $counted } that were counted a second time. Unexplained = book at the count − count; positive: missing kilograms. Weighing alone makes small differences.
report-behind = Open consignments of this series
report-no_quarantine = No row was set aside.
report-quarantine = Rows that could not be accepted; they are in no balance. Shown are { $shown } of { $all } entries, the most frequent reasons first.
report-quarantine_all = { $all ->
    [one] A row that could not be accepted; it is in no balance.
   *[other] The { $all } entries that could not be accepted, by reason; they are in no balance.
  }
report-reason = { $n } × { $reason }
report-waiting = { $n ->
    [one] { $n } correction waits: its target is not known or not unique. Shown: { $shown }.
   *[other] { $n } corrections wait: their targets are not known or not unique. Shown: { $shown }.
  }
report-findings = { $n ->
    [one] { $n } accepted row is questioned; it counts all the same. Shown: { $shown }.
   *[other] { $n } accepted rows are questioned; they count all the same. Shown: { $shown }.
  }
report-files = Files
report-detected = Found to be
report-dispatched = dispatched
report-received = received
report-difference = difference
report-no_report = no report
report-none = none
report-suggestion = The other half may be this entry
report-notify = beyond the limit at which the authority is to be told
report-chart_sides = What the two sides reported
report-caption_sides = Diamond: dispatched − received. Shaded: ± { $band } kg, twice the weighing uncertainty. Allowed loss (A): { $a } kg; to be reported (B): above { $b } kg.
report-caption_book = Book of { $holder }, site { $site }, { $substance }: line = book, circles = counts, dashed = this consignment.
report-caption_flow = Net flow of { $holder }, site { $site }, { $substance } (no count): dashed = this consignment.
report-caption_periods = Diamonds: what is missing in each settled period after explanations, in kg. Shaded: ± 2 standard errors of weighing and of what is believed less. Circles: provisional periods. Dashed: begin and end of the difference.
report-described_periods = { $outside ->
    [0] { $n } periods, none of them beyond 2 standard errors.
   *[other] { $n } periods, { $outside } of them beyond 2 standard errors: { $list }
  }
report-method = How it was computed
method-identity = A row with a line number is known by reporter and line number, another one by its content; a row that came before is a duplicate and counts once. A correction replaces the row that it names; one whose target is not known waits and is in no balance.
method-quantity = Every amount is turned into integer micrograms of base or acid equivalent through a listed unit, form, concentration and density, and rounded once. What is not listed is set aside, never assumed.
method-pairing = A dispatch and a receipt become one consignment by document; then by permit, by parties with date and quantity, and one against several, each only where no other partner is possible. The order in which files arrive makes no difference.
method-comparing = Difference = sum of dispatches − sum of receipts. Within twice the standard uncertainty of all weighings the sides match; a smaller receipt within limit A of the loss allowance is within allowance; beyond it is short. Sides whose permits, carriers or sites contradict each other are disputed.
method-clock = A missing half is overdue after 5 days (class 1), 30 days (classes 2 and 3), or the 15th of the next month. A party that does not report to this account is never overdue.
method-balance = The first count opens a balance; book = opening + in − out; without a count the book is a net flow. A later count is compared with the book at the close of its day and never changes it.
method-silent = The same files give the same figures on every computer.
report-never = What it never does
never-persons = It keeps no record of persons: no names, no identity numbers. A row that holds an identity number is refused.
never-accusation = A difference is a question with its figures, never an accusation.
never-repair = It repairs nothing that somebody reported; a suggestion is only shown.
never-conceal = No tolerance hides a difference: every one is in the files beside this page.
report-footer = Made by Weighbridge. This page needs no network and sends nothing.
