# 无法说明的差额，先查何处。措辞不得超出校准所允许的范围。
list-separator = ；
title-unexplained = 无法说明的差额
title-periods = 各期平衡
title-gains = 实存多于账面
title-visits = 检查清单
title-thresholds = 阈值
head-from = 自
head-to = 至
head-at_least = 至少
head-at_most = 至多
head-shows_in = 体现于
head-reported_difference = 按申报
head-left = 扣除已解释后
head-standard_error = 标准误差
head-period_state = 期间
period-settled = 已定
period-provisional = 暂定，不作判断

records-balance = 物料平衡
records-receipts = 收货与发货方账的差
records-issues = 发货与客户账的差
records-yield = 使用与产出之比
records-too_good = 盘点过于吻合
records-bookkeeping = 收货入账迟延、数据需修正

source-weighings = 单次称量
source-stocktakes = 单次盘点
source-receipts = 收货衡器
source-issues = 发货衡器
source-process = 工艺衡器
source-stock = 盘点用衡器或液位计
source-normal_loss = 使用中的正常损耗

artefact-late = 仅对方申报
artefact-duplicate = 重复录入
artefact-unit = 计量单位弄错
artefact-density = 体积记作质量
artefact-form = 盐或水合物记作碱
artefact-period = 记入另一期间
artefact-count = 盘点有误，或某行记在盘点的另一侧
artefact-waiting = 暂扣的行
artefact-rounding = 取整

settled_by-weighing = 在无进出之日，用经核验的衡器复称库存
settled_by-tickets = 双方有关批次的过磅单
settled_by-batch_records = 有关使用的批生产记录
settled_by-witnessed_count = 有第二人在场的盘点
settled_by-delivery_papers = 迟延入账或经修正各行的交货单据
settled_by-calibration = 对上述器具作核验称量或重新校准
settled_by-quarantine = 改正并重新报送暂扣的行
settled_by-corrections = 申报人更正上述待询问的行

unexplained-head = 每 1,000 家账目如实的持有单位中，一年内约有 { $rate } 家会列入此类清单。
unexplained-head_share = 仅对此清单有效，且事先为 { $date } 定下：在校准适用的前提下，平均至多 { $share } % 的条目并无真实差额。对多份清单合计无效。
unexplained-second = 另有一种规则（只要申报的允差属实，无论各单位之间有何关联均成立）列出 { $n } 个单位，其中 { $agreed } 个也在本清单上。
unexplained-basis_simulated = 阈值由按声明允差的模拟得出；尚无如实的参照年份（模拟 { $n } 个单位年，本账户有 { $own } 个；用新样本核对：每 1,000 个 { $fresh } 个）。登记未列器具之处，允差和每年一次的校准均为按衡器等级的默认值。
unexplained-basis_account = 以本账户 { $n } 个单位年校准，每家均由其他单位衡量；用新样本核对：每 1,000 个 { $fresh } 个。登记未列器具之处，允差和每年一次的校准均为按衡器等级的默认值。
unexplained-not_issued = 不出具清单：新的如实样本每 1,000 个单位年有 { $fresh } 次达到此值，多于所声明者。
unexplained-listed = { $judged } 项中有 { $listed } 项超过阈值（各自最近一次已定盘点之前 { $days } 天内；更早出现的差额在得到说明之前仍列入）
unexplained-not_judged = 没有任何一项有两次盘点且其间期间已定，因此未作判断。
unexplained-none = { $judged } 项均无超出计量不确定度的差额。
unexplained-entry = { $holder } · { $site } · { $substance }
unexplained-difference = { $substance }有 { $kg } kg 差额无法说明（90 % 区间 { $low } 至 { $high } kg），{ $from } 至 { $to }。
unexplained-further = 另在其他时间：{ $what }
unexplained-unmended = 该单位当时申报中有 { $n ->
   *[other] { $n } 行
  }暂扣已逾一个月；它们不在任何账内，差额可能全在于此。
unexplained-ended_before = 全部发生在所看期间之前：并无新的差额，但尚未得到说明。
unexplained-other_ends = 这些批次的另一端：{ $ends }。同样的质量也可能列在那里；两本账只有一本是对的。
unexplained-no_mass = 这些记录与如实单位的记录不同；其本身不对应质量。
unexplained-nothing = 无超出计量不确定度的差额。按这些允差，所看期间内约 { $kg } kg 以下的损失不一定看得出：该数量的损失二十次中可看出十九次。
unexplained-shows_in = 体现于：{ $records }。{ $honest }
unexplained-honest_few = 每 1,000 家如实单位中，一年内达到此程度者不足 1 家。
unexplained-honest = 每 1,000 家如实单位中，一年内约有 { $n } 家达到此程度。
unexplained-since = { $records }（自 { $since } 起）
unexplained-uncertainty = 不确定度来自：{ $parts }。
unexplained-explains = 已解释并扣除：{ $artefact }，{ $n ->
   *[other] { $n } 行
  }，{ $kg } kg，依对方申报；待询问：{ $rows }
unexplained-doubts = 降低置信：{ $artefact }，{ $n ->
   *[other] { $n } 行
  }，至多 { $kg } kg；待询问：{ $rows }
unexplained-rounding = 如数量确如所见取整到 { $kg } kg，则可解释此差额。
unexplained-refuted_one = { $artefact }（{ $n }）
unexplained-refuted = 试过而不成立：{ $list }。
unexplained-none_tried = 试过的解释：无一行似迟报、重复，或单位、形态、期间有误。
unexplained-instruments = 器具：{ $list }。
unexplained-worse = { $source }须比假定的差 { $factor } 倍
unexplained-never_worse = { $source }的任何误差都不能解释
unexplained-no_instrument = 器具：此处任一器具的误差，即使为假定值的 16 倍，也不能解释。
unexplained-not_tried = 未试：挥发与吸潮、货在他处、使用与产出之比、尚未报来的行。
unexplained-settled_by = 可以了结此事的是：{ $by }。
unexplained-rows = 所依据的主要行：{ $rows }
unexplained-movements = 全部：weighbridge movements { $dir } --holder { $holder } --site { $site } --substance { $substance } --from { $from } --to { $to }
unexplained-nothing_reported = 所问者没有任何计入的申报。
unexplained-silent = 无从判断者：{ $list }。
unexplained-never_counted = { $n ->
   *[other] 从未盘点 { $n } 项
  }
unexplained-counted_once = { $n ->
   *[other] 只盘点一次 { $n } 项
  }
unexplained-provisional = { $n ->
   *[other] 期间尚属暂定 { $n } 项
  }
unexplained-gains = 另有 { $n } 项实存多于账面：属数据质量问题，或有生产、收货未申报；绝不与损失相抵。
unexplained-gains_named = { $gains }即：{ $list }
unexplained-more_json = 另有 { $n } 项：check --json 可得全部。
unexplained-more = 另有 { $n } 项：用 --limit、--holder 或 --site 查看。

inspect-head = 按单位时间可查得的千克数排序；其中十分之一从其余场所随机抽取，以便数字看不出之处也有人看。
inspect-none = 清单上没有场所：在此次数和小时数之内，没有可判断的数字，也没有他人发去而从未答复的货物。
inspect-visit = { $place }. { $where }（{ $hours } 小时）
inspect-listed = { $what }{ $shows }
inspect-below = 未达清单阈值，故不陈述差额；因可能涉及的质量而列入。{ $shows }
inspect-owed = { $n ->
   *[other] 据供货方账，{ $n } 次发货
  }共 { $kg } kg 发往此单位，{ $from } 至 { $to }；该单位既未申报其中任何一次，也从未申报其他事项。
inspect-random = 随机抽中，概率 { $inclusion }，与数字如何无关。
inspect-estimate = 每次检查之所得除以其列入概率（1，抽中者为 { $inclusion }），其和即为检查工时所及全部场所之所得的无偏估计。随机部分的种子：{ $seed }。

calibrate-own = 本账户自己的持有单位：{ $own } 个单位年。{ $enough ->
    [yes] 阈值即以其为据，每家均由其他单位衡量。
   *[no] 太少：满 { $needed } 个后以其为据；在此之前由按声明允差的模拟得出。
  }
calibrate-fails = 每 1,000 个 { $rate } 次时，用新的如实样本核对不合格：不出具清单。
head-rate = 每千单位年误报
head-threshold = 阈值
head-fresh = 新样本实得
head-limit = 至多（95 %）
head-own_threshold = 仅按自有单位
head-own_alarms = 本账户超过者

title-instruments = 计量器具
head-measures = 计量对象
head-instrument = 器具
head-random = 随机误差
head-systematic = 系统误差
head-scale_step = 分度值
head-calibrated_on = 校准日期
