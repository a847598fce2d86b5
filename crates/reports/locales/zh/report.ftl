# report.html 页面。
report-title = 账目核对（截至 { $date }）
report-intro = 共读取 { $read } 行：接受 { $accepted } 行，暂扣 { $quarantined } 行，重复 { $duplicate } 行。所有质量均为折纯千克（按碱或酸计）。
report-overdue_note = 逾期的批次同时计入待收货或待发货。
report-unclosed = 不平衡的结存
report-discrepancies = 短少、溢余、有争议或逾期的批次共 { $all } 项，以下为最大的 { $shown } 项。全部列于同目录的 discrepancies.xlsx 和 discrepancies.csv。正数：缺少的千克数。
report-discrepancies_all = { $all ->
   *[other] 短少、溢余、有争议或逾期的批次共 { $all } 项，同时列于同目录的 discrepancies.xlsx 和 discrepancies.csv。正数：缺少的千克数。
  }
report-balances = 不平衡的结存
report-balances_lead = 再次盘点过的 { $counted } 项中有 { $all } 项，以下为最大的 { $shown } 项。不平衡差 = 盘点日账面 − 实盘，正数为缺少的千克数。称量本身会造成小的差异。
report-balances_lead_all = 再次盘点过的 { $counted } 项中有 { $all } 项。不平衡差 = 盘点日账面 − 实盘，正数为缺少的千克数。称量本身会造成小的差异。
report-behind = 同一场所、同一品种的未结批次
report-no_quarantine = 没有暂扣的行。
report-quarantine = 以下各行未被接受，不计入任何结存。共 { $all } 条，列出 { $shown } 条，最常见的原因在前。
report-quarantine_all = { $all ->
   *[other] 以下各行未被接受，不计入任何结存。共 { $all } 条，按原因列出。
  }
report-reason = { $reason }（{ $n } 行）
report-waiting = { $n ->
   *[other] 有 { $n } 行更正在等待：被更正行不明或不唯一。列出 { $shown } 行。
  }
report-findings = { $n ->
   *[other] 有 { $n } 行已接受但有疑问，仍然计入。列出 { $shown } 行。
  }
report-files = 文件
report-detected = 识别结果
report-dispatched = 发货
report-received = 收货
report-difference = 收发差
report-no_report = 无申报
report-none = 无
report-suggestion = 对方记录可能是这一行
report-notify = 超过须向主管部门报告的限值
report-chart_sides = 收发双方的申报
report-caption_sides = 菱形：发货 − 收货。阴影：±{ $band } kg，即两倍称量不确定度。允许损耗（A）{ $a } kg；超过（B）{ $b } kg 须报告。
report-caption_book = { $holder } 的账面，场所 { $site }，{ $substance }：折线为账面，圆圈为盘点，虚线为本批次。
report-caption_flow = { $holder } 的净流量，场所 { $site }，{ $substance }（无盘点）：虚线为本批次。
report-caption_periods = 菱形：各已定期间扣除已解释后缺少的千克数。阴影：称量及降低置信者合计的 ± 2 倍标准误差。圆圈：暂定期间。虚线：差额的起止。
report-described_periods = { $outside ->
    [0] 共 { $n } 期，均在 2 倍标准误差以内。
   *[other] 共 { $n } 期，其中 { $outside } 期超出 2 倍标准误差：{ $list }
  }
report-method = 计算方法
method-identity = 有行号的行以填报单位和行号识别，没有行号的以内容识别；此前出现过的行为重复，只计一次。更正行取代其指明的行；对象不明的更正行等待处理，不计入结存。
method-quantity = 每个数量都经目录所列的单位、形态、浓度和密度换算为整数微克折纯量，只舍入一次。目录未列的予以暂扣，从不假定。
method-pairing = 发货与收货先按单据号配成批次，再按许可证、按双方加日期和数量、按一对多配对；后几步只在没有其他可能对应时成立。文件到达的先后不影响结果。
method-comparing = 收发差 = 发货合计 − 收货合计。在全部称量的两倍标准不确定度之内为相符；实收偏少而在允许损耗 A 限之内的为允许损耗内，超过的为短少。许可证、承运单位或场所互相矛盾的为有争议。
method-clock = 所缺一方的申报，第一类超过 5 天、第二和第三类超过 30 天、其他超过次月 15 日为逾期。不向本账申报的单位从不逾期。
method-balance = 首次盘点开账；账面 = 期初 + 收入 − 支出；无盘点时账面为净流量。以后的盘点与当日终了账面比较，从不改动账面。
method-silent = 同样的文件在任何计算机上得出同样的数字。
report-never = 本系统从不做的事
never-persons = 不记录自然人：不记姓名，不记身份证件号码。含身份证号码的行一律拒收。
never-accusation = 差异是附有数字的问题，从不是指控。
never-repair = 不修改任何人申报的内容；疑似对应只作提示。
never-conceal = 不以容差掩盖差异：每一项差异都在同目录的文件中。
report-footer = 由地衡（Weighbridge）生成。本页无须联网，也不发送任何内容。
