# What check and demo say on the terminal.
summary-as_of = As of { $date }
summary-lines = Lines
lines-read = read
lines-accepted = accepted
lines-quarantined = set aside
lines-duplicate = duplicate
summary-reasons = Rows set aside, by their first reason (the { $shown } most frequent of { $all })
summary-reasons_all = Rows set aside, by their first reason
summary-eg = e.g. { $example }
summary-example = { $file }, row { $row }, column “{ $field }”
summary-example_found = { $file }, row { $row }, column “{ $field }”: found “{ $found }”
summary-example_expected = { $file }, row { $row }, column “{ $field }”: expected { $expected }
summary-example_both = { $file }, row { $row }, column “{ $field }”: found “{ $found }”, expected { $expected }
summary-consignments = Consignments by state (overdue ones are also counted as awaiting)
summary-state = { $state }: { $meaning }
summary-no_discrepancies = No consignment is short, over, disputed or overdue.
summary-discrepancies = Discrepancies: the largest { $shown } of { $all } (kilograms of base equivalent, positive = missing)
summary-discrepancies_all = Discrepancies (kilograms of base equivalent, positive = missing)
summary-whole = (all)
summary-suggestion = perhaps meant: { $rows }
summary-balances = Balances that do not close: { $all } of the { $counted } that were counted a second time; the largest { $shown } (unexplained = book − count, positive = missing)
summary-balances_all = Balances that do not close: { $all } of the { $counted } that were counted a second time (unexplained = book − count, positive = missing)
summary-all_close = Every balance that was counted a second time closes ({ $counted } of { $all }).
summary-none_counted = No balance has a second count yet, so none can be judged.
summary-unaccounted = no open consignment accounts for this; look at the stocktakes and uses: weighbridge movements { $dir } --holder { $holder } --substance { $substance }
summary-unit_slip = a unit may have been written wrongly (×1000)? { $row }
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
summary-unaccounted_files = no open consignment accounts for this; look at its stocktakes and uses in the files
summary-findings_listed = weighbridge findings { $dir }
