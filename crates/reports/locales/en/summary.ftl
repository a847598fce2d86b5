# What check and demo say on the terminal.
summary-as_of = As of { $date }
summary-lines = Lines
lines-read = read
lines-accepted = accepted
lines-quarantined = set aside
lines-duplicate = duplicate
summary-reasons = Set aside, by reason (the { $shown } most frequent of { $all })
summary-example = e.g. { $file }, row { $row }, column “{ $field }”
summary-example_found = e.g. { $file }, row { $row }, column “{ $field }”: found “{ $found }”
summary-example_expected = e.g. { $file }, row { $row }, column “{ $field }”: expected { $expected }
summary-example_both = e.g. { $file }, row { $row }, column “{ $field }”: found “{ $found }”, expected { $expected }
summary-consignments = Consignments by state (overdue ones are also counted as awaiting)
summary-state = { $state }: { $meaning }
summary-no_discrepancies = No consignment is short, over, disputed or overdue.
summary-discrepancies = Discrepancies: the largest { $shown } of { $all } (kilograms of base equivalent, positive = missing)
summary-balances = Balances that do not close: the largest { $shown } of { $all }; { $counted } have a second count
summary-all_close = Every balance with a second count closes ({ $counted } of { $all } have one).
summary-consignment = { $state } { $kg } kg, { $sender } → { $receiver } ({ $rows })
summary-consignment_document = { $state } { $kg } kg, { $sender } → { $receiver }, document { $document } ({ $rows })
summary-overdue_half = { $state }, no { $missing }
summary-more = and { $n } more
summary-questions = Questions
summary-findings = { $n ->
    [one] accepted row that is questioned (licence or register)
   *[other] accepted rows that are questioned (licence or register)
  }
summary-waiting = { $n ->
    [one] correction whose target is not known or not unique
   *[other] corrections whose target is not known or not unique
  }
summary-ambiguous = { $n ->
    [one] consignment with several possible partners
   *[other] consignments with several possible partners
  }
