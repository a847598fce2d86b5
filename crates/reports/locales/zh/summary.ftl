# check 与 demo 在终端的输出。
summary-as_of = 截至 { $date }
summary-lines = 行数
lines-read = 读取
lines-accepted = 接受
lines-quarantined = 暂扣
lines-duplicate = 重复
summary-reasons = 暂扣的行数，按首个原因：共 { $all } 种，最多的 { $shown } 种
summary-reasons_all = 暂扣的行数，按首个原因
summary-eg = 例：{ $example }
summary-example = { $file } 第 { $row } 行“{ $field }”列
summary-example_found = { $file } 第 { $row } 行“{ $field }”列：实际内容“{ $found }”
summary-example_expected = { $file } 第 { $row } 行“{ $field }”列：应为：{ $expected }
summary-example_both = { $file } 第 { $row } 行“{ $field }”列：实际内容“{ $found }”，应为：{ $expected }
summary-consignments = 批次状态（逾期的同时计入待收货或待发货）
summary-state = { $state }：{ $meaning }
summary-no_discrepancies = 没有短少、溢余、有争议或逾期的批次。
summary-discrepancies = 差异：共 { $all } 项，最大的 { $shown } 项（折纯千克，正数为缺少）
summary-discrepancies_all = 差异（折纯千克，正数为缺少）
summary-whole = （全部）
summary-suggestion = 疑似对应：{ $rows }
summary-balances = 不平衡的结存：再次盘点过的 { $counted } 项中有 { $all } 项，最大的 { $shown } 项（不平衡差 = 账面 − 实盘，正数为缺少）
summary-balances_all = 不平衡的结存：再次盘点过的 { $counted } 项中有 { $all } 项（不平衡差 = 账面 − 实盘，正数为缺少）
summary-all_close = 再次盘点过的结存全部平衡（{ $all } 项中有 { $counted } 项）。
summary-none_counted = 尚无再次盘点过的结存，无法判断是否平衡。
summary-unaccounted = 没有未结批次能说明此差；请查看盘点和使用：weighbridge movements { $dir } --holder { $holder } --substance { $substance }
summary-unit_slip = 计量单位是否写错（相差约 1000 倍）？{ $row }
summary-consignment = { $state } { $kg } kg，{ $sender } → { $receiver }（{ $rows }）
summary-consignment_document = { $state } { $kg } kg，{ $sender } → { $receiver }，单据 { $document }（{ $rows }）
summary-overdue_half = { $state }，缺{ $missing }申报
summary-more = 另有 { $n } 项
summary-questions = 疑问
summary-findings = { $n ->
   *[other] 行已计入但有疑问（许可或登记）
  }
summary-waiting = { $n ->
   *[other] 行更正的对象不明或不唯一
  }
summary-ambiguous = { $n ->
   *[other] 个批次有多个可能的对应记录
  }
summary-unaccounted_files = 没有未结批次能说明此差；请查看文件中该持有单位的盘点和使用
summary-findings_listed = weighbridge findings { $dir }
