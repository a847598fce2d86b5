# 帮助中各个值的名称
value-COMMAND = 命令
value-OPTIONS = {"["}选项]
value-DIR = 文件夹
value-FILES = 文件
value-FILE = 文件
value-CODE = 代码
value-DATE = 日期
value-TIME = 时间
value-N = 数目
value-NAME = 名称
value-TEXT = 文字
value-KEY = 键
value-STATE = 状态
value-KIND = 类型
value-HOLDER = 单位
value-SEQ = 记录号
value-ROW = 行号
value-VERDICT = 结论
value-ENTRY_ROW = 记录号:行号
value-FILE_KEY = 文件|公钥
value-SIZE_FILE = 记录数|文件
value-WHAT = 内容
value-FORMAT = 格式

# 参数有误
usage-day = { $arg }：“{ $found }”不在 { $expected } 之内，或并无此日
usage-form = { $arg }：“{ $found }”无效；请写作 { $expected }
usage-value = { $arg }：“{ $found }”无效；可用 { $expected }
usage-value-plain = { $arg }：“{ $found }”无效
usage-no_value = { $expected } 需要一个值
usage-missing = 缺少：{ $found }
usage-unknown = 没有选项 { $found }；是否指 { $expected }
usage-unknown-plain = 此处没有选项 { $found }
usage-command = 没有命令 { $found }；是否指 { $expected }
usage-command-plain = 没有命令 { $found }
usage-remedy = 请参见 { $command } --help。
head-reference = 记录:行
head-reported = 报送数量

# 命令行语句。两种语言的键与参数相同。
cli-error = 错误：{ $text }
cli-usage = 用法
cli-options = 选项
cli-arguments = 参数
cli-commands = 命令
cli-examples = 示例
cli-separator = {"，"}
cli-possible = {""}（{ $values }）
cli-default = {""}（默认 { $value }）
cli-rows = 共 { $n } 行
cli-before_first = 提示：本账目的行始于 { $first }；截至 { $date } 尚无
cli-replaying = 读取日志
cli-importing = 导入
cli-verifying = 核验
cli-backing_up = 备份
cli-restoring = 恢复
cli-exporting = 导出

# 命令
cli-about = 管制化学品账目：从企业报送的文件到短少的公斤数。
cli-example =
    {"  "}weighbridge demo
    {"  "}weighbridge check north.csv south.xlsx
cli-demo-about = 生成一个虚构省份并导入，显示对不上的账
cli-demo-example = {"  "}weighbridge demo my-demo --seed 7
cli-check-about = 无需任何准备，直接核对多个文件
cli-check-example = {"  "}weighbridge check sender.csv receiver.xlsx --out result
cli-init-about = 新建账目及其日志和密钥
cli-init-example = {"  "}weighbridge init account --origin example.org/account
cli-import-about = 将变动文件或单位名册导入账目，逐份出具回执
cli-import-example =
    {"  "}weighbridge import account holders.csv
    {"  "}weighbridge import account march.csv --dry-run
cli-balances-about = 显示期初、收入、支出、账面、实盘及不平衡差
cli-balances-example = {"  "}weighbridge balances account --as-of 2025-06-30 --known-at 2025-07-15
cli-unexplained-about = 列出称量不能说明的差额：多少、自何时、有多确定、试过哪些解释
cli-unexplained-example =
    {"  "}weighbridge unexplained account --per-1000 10
    {"  "}weighbridge unexplained account --holder CY-0346 --periods
cli-inspect-about = 列出先查何处：查得千克最多的检查及其理由，其中十分之一随机抽取
cli-inspect-example = {"  "}weighbridge inspect account --visits 20 --hours-per hours.csv --hours 60
cli-calibrate-about = 列出为限定误报数所需的阈值，及其所依据的持有单位数
cli-calibrate-example = {"  "}weighbridge calibrate account --days 365
cli-consignments-about = 按状态显示发出与收到的批次
cli-consignments-example = {"  "}weighbridge consignments account --state short,overdue --limit 20
cli-movements-about = 显示变动行
cli-movements-example = {"  "}weighbridge movements account --holder LX-0042 --kind dispatch --from 2025-01-01
cli-quarantine-about = 显示暂扣行、原因及处理办法
cli-quarantine-example = {"  "}weighbridge quarantine account --code counterparty_unknown
cli-trace-about = 追溯某批号的来源与去向
cli-trace-example = {"  "}weighbridge trace account --lot L2025-0311 --direction forward
cli-holders-about = 显示单位名册；登记合并与分立
cli-holders-example =
    {"  "}weighbridge holders account
    {"  "}weighbridge holders merge account LX-0042 --into LX-0007 --on 2025-07-01
cli-holders-merge-about = 一单位承接另一单位的全部业务
cli-holders-merge-example = {"  "}weighbridge holders merge account LX-0042 --into LX-0007 --on 2025-07-01
cli-holders-split-about = 一单位承接另一单位的一处场所
cli-holders-split-example = {"  "}weighbridge holders split account LX-0042 --site B --into LX-0099 --on 2025-07-01
cli-instruments-about = 列出各场所用何器具计量，或将校准文件收入登记
cli-instruments-example =
    {"  "}weighbridge instruments account calibrations.csv
    {"  "}weighbridge instruments account
cli-withdraw-about = 整份撤回误报的文件；原报送和撤回都留在日志中
cli-withdraw-example = {"  "}weighbridge withdraw account 17 --reason "误传其他月份的文件"
cli-review-about = 登记复核人对哪些行属于同一批次的决定
cli-review-example = {"  "}weighbridge review account together 17:5 23:9 --reason "承运单位已确认"
cli-verify-about = 重新读取、散列并计算全部内容，指出第一条有误的记录
cli-verify-example = {"  "}weighbridge verify account --key weighbridge.pub
cli-backup-about = 将整个账目写入一个文件，服务器写入期间也可进行
cli-backup-example = {"  "}weighbridge backup account /media/stick/account-2026-11-22.tar
cli-restore-about = 由备份恢复账目，或仅演练能否恢复
cli-restore-example =
    {"  "}weighbridge restore account-2026-11-22.tar --check
    {"  "}weighbridge restore account-2026-11-22.tar restored --seen 00000412.receipt
cli-receipt-about = 显示回执，或仅凭公钥核对回执
cli-receipt-example =
    {"  "}weighbridge receipt show account 17
    {"  "}weighbridge receipt verify 00000017.receipt --key weighbridge.pub
cli-receipt-show-about = 显示某条记录的回执
cli-receipt-show-example = {"  "}weighbridge receipt show account 17
cli-receipt-verify-about = 仅凭公钥核对回执
cli-receipt-verify-example = {"  "}weighbridge receipt verify 00000017.receipt --key weighbridge.pub
cli-export-about = 将清单写成供其他程序使用的文件
cli-export-example = {"  "}weighbridge export account --what movements --out movements.parquet
cli-bench-about = 将本程序作为基准测试中的一种方法运行
cli-bench-example = {"  "}weighbridge bench detection --dumped DIR --out STATDIR
cli-bench-detection-about = 对模拟序列判断有无损失，并为每个持有单位和月份写出一个统计量
cli-bench-detection-example = {"  "}weighbridge bench detection --dumped dump --out stat --grid scenarios.json
cli-bench-done = { $n } 组的统计量已写入 { $dir }。

# 参数
cli_arg-dumped = 内含各组数组文件夹的文件夹
cli_arg-detection-out = 写入统计量的文件夹
cli_arg-grid = 网格说明文件，用于其中声明的误差；未给出时采用数组说明文档中的数值
cli_arg-help = 显示本帮助
cli_arg-version = 显示版本
cli_arg-lang = 所有文字的语言；未给出时按系统设置
cli_arg-json = 供程序使用的数据（JSON）
cli_arg-dir = 账目文件夹
cli_arg-init-dir = 新建账目的文件夹
cli_arg-demo-dir = 要新建的文件夹
cli_arg-files = 变动文件或单位名册；- 表示标准输入
cli_arg-check-files = 任一受支持格式的变动文件；- 表示标准输入
cli_arg-file = 回执文件
cli_arg-as_of = 截至该日的实际情况；未给出时为账目中最晚的日期
cli_arg-known_at = 截至该时刻已知的情况（只给日期则指当日终了，UTC）
cli_arg-holder = 单位，可用代码、许可证号或统一社会信用代码
cli_arg-merge-holder = 让出业务的单位
cli_arg-split-holder = 让出场所的单位
cli_arg-substance = 品种，可用编号、CAS 号或名称
cli_arg-limit = 最多显示的行数
cli_arg-days = 所看的天数，自各项最近一次已定盘点往前
cli_arg-per_1000 = 每 1,000 个如实单位年的误报数
cli_arg-wrong_share = 不限误报率，而限此一份清单：平均至多百分之几的条目并无真实差额
cli_arg-periods = 每项列出各期平衡
cli_arg-visits = 检查次数，至多
cli_arg-hours_per = 各场所检查所需小时：CSV 文件，列为 holder（持有单位）、site（场所）、hours（小时）；未列者为一小时
cli_arg-hours = 总小时数，至多
cli_arg-instruments-file = 校准的 CSV 文件：holder、site、substance、measures（receipts、issues、process、stock）、instrument、tolerance_percent 或 random_percent 与 systematic_percent 或 class、step_kg、calibrated_on
cli_arg-unclosed = 仅显示不平的结存，差额大者在前
cli_arg-state = 状态，以逗号分隔
cli_arg-counterparty = 对方单位
cli_arg-site = 填报单位的场所
cli_arg-split-site = 转移的场所
cli_arg-kind = 变动类型
cli_arg-from = 起始日期
cli_arg-to = 截止日期
cli_arg-document = 单据号
cli_arg-lot = 批号
cli_arg-all = 同时显示不计入的行：重复、被替代、已删除、已撤回、待更正
cli_arg-quarantine-all = 也显示其后已解决、已撤回或已重新报送的行
cli_arg-code = 仅显示该原因（代码）
cli_arg-direction = 追溯方向
cli_arg-into = 承接的单位
cli_arg-on = 生效首日
cli_arg-seq = 日志中的记录号
cli_arg-reason = 理由，记入日志
cli_arg-verdict = together（同批）或 apart（非同批）
cli_arg-lines = 行，格式为 记录号:行号；一行对应多笔变动时写作 记录号:行号:序号
cli_arg-key = 公钥：文件或公钥文本
cli_arg-import-key = 报送方自定的报送键；未给出时以文件内容为键
cli_arg-backup-file = 要写出的文件；已有文件不会被替换
cli_arg-without_secrets = 不包含私钥和可登录用户
cli_arg-restore-backup = 备份文件；仅给出 --seen 时为已恢复账目的文件夹
cli_arg-restore-dir = 恢复到的新文件夹或空文件夹
cli_arg-restore-check = 演练：恢复到用后即删的文件夹，在其中核验并重放全部内容
cli_arg-seen = 各回执中显示的最大记录数，或该回执、检查点文件本身；可多次给出
cli_arg-what = 要写出的内容
cli_arg-format = 格式；未给出时按文件名判断
cli_arg-out = 要写出的文件
cli_arg-check-out = 存放 discrepancies.csv、discrepancies.xlsx 和 report.html 的文件夹
cli_arg-holders = 单位数量
cli_arg-check-holders = 据以判断的单位名册；未给出时从各行中获知
cli_arg-months = 月数
cli_arg-demo-seed = 一切由此数生成
cli_arg-seed = 一切随机抽取所依据的种子：如实年份，及检查的随机部分
cli_arg-origin = 日志及其密钥的名称
cli_arg-dry_run = 只显示将会发生什么，不作任何更改
cli_arg-reporter = 未写明填报单位的行所用的填报单位
cli_arg-learn = 各行提到的单位和场所随之登记
cli_arg-organisation = 代表哪个机构报送
cli_arg-no_originals = 不保存原始文件

# 命令的输出
cli-init-done = 账目已建在 { $dir }；日志名为 { $origin }。
cli-init-key = { $key } 是私钥：请另存一份于他人无法读取之处。{ $public } 供核对回执的任何人使用。
cli-init-origin = 提示：日志名为 { $origin }，不属于任何机构，且以后不能更改；正式使用请用 --origin 名称（如 example.org/account）新建
cli-init-next = 下一步：weighbridge import { $dir } holders.csv
cli-backup-done = { $file }：{ $origin } 的 { $entries } 条记录，最后一条记录于 { $last }，其中 { $signed } 条已签名；共 { $files } 个文件、{ $bytes } 字节，包括原始文件和备注 { $blobs } 个、回执 { $receipts } 份。
cli-backup-erased = 记录提及的原始文件或备注中有 { $n } 个已销毁，不在其中。
cli-backup-secrets = 警告：{ $file } 内有私钥、用户的登录凭据和全部原始文件的密钥。持有它的人可以此日志的名义签名。请加密，并与本机分开存放。
cli-backup-no_key = 警告：账目中没有私钥，{ $file } 中也没有：由它恢复的账目可读不可写。其中有全部原始文件的密钥和用户的登录凭据：请加密，并与本机分开存放。
cli-backup-without_secrets = 警告：{ $file } 不含私钥和用户：由它恢复的账目可读可核验，不可写。其中的日志仍有全部原始文件和备注的密钥：持有该文件的人可读取报送的一切内容。
cli-backup-next = 恢复过一次的备份才算备份。下一步：weighbridge restore { $file } --check
cli-restore-done = { $file }：{ $origin } 的 { $entries } 条记录，最后一条记录于 { $last }，其中 { $signed } 条已签名。备份由 weighbridge { $program } 于 { $made } 制作；共 { $files } 个文件、{ $bytes } 字节，SHA-256 逐一相符；最后一个检查点的签名有效。
cli-restore-goes_on = 已知签过名的内容无一缺失：{ $dir } 可以写入。切勿与备份来源的文件夹同时运行：否则同一密钥会签出两份日志。
cli-restore-held =
    可读不可写：{ $text }。
    { $remedy }
cli-restore-next = 下一步：weighbridge verify { $dir }
cli-restore-whole = { $file }：{ $origin } 的 { $entries } 条记录，最后一条记录于 { $last }，其中 { $signed } 条已签名。由 weighbridge { $program } 于 { $made } 制作；共 { $files } 个文件、{ $bytes } 字节，SHA-256 逐一相符。
cli-restore-checked = 演练成功：已全部解开、核验并重放（{ $lines } 行有效），临时文件夹已删除。用时 { $seconds } 秒。
cli-restore-bad = 演练失败：{ $file } 与写出时一致，而备份之前账目已损坏。请使用更早的备份，并对账目执行 verify。用时 { $seconds } 秒（重放 { $lines } 行）。
cli-import-dry = 试运行：未记录任何内容。
cli-import-differences = 含有这些行且对不上的批次：{ $n }
cli-import-holders = { $file }：单位名册，接受 { $accepted } 行，退回 { $rejected } 行
cli-import-already = { $file }：先前已收为记录 { $seq }；未作更改
cli-import-receipt = {"  "}回执：{ $path }
cli-import-again = {"  "}此前已收为记录 { $before }，其中无一行计入（{ $why }）；现重新收为记录 { $seq }
cli-import-unread_sheets = 警告：{ $file }：下列含有数据的工作表未被读取：{ $sheets }；只读取了“{ $read }”。请将每个工作表另存为单独的文件一并报送，或将所有行合并到一个工作表
cli-import-no-register = 提示：尚无名册：请先导入单位名册（weighbridge import { $dir } holders.csv），或使用 --learn；然后重新报送文件
cli-import-columns = {"  "}列：{ $columns }
cli-import-still = {"  "}其中 { $n } 行仍被暂扣，现在再收也是如此：weighbridge quarantine { $dir }。请更正这些行并单独成文件报送，或登记所缺的单位后再次报送此文件
cli-import-rest = {"  "}此前已收为记录 { $before }；现只收尚未计入的行，为记录 { $seq }
spent-in_part = 部分计入
spent-withdrawn = 已撤回
spent-set_aside = 各行均被暂扣
cli-import-lines = {"  "}读取 { $read } 行：接受 { $accepted } 行，暂扣 { $aside } 行，重复 { $duplicates } 行
cli-import-more = {"  "}另有 { $n } 条：weighbridge quarantine { $dir }
cli-import-no-movement = {"  "}不属变动：{ $what }（{ $n }）
cli-import-ignored = {"  "}按定义无变动：{ $what }（{ $n }）
cli-import-note = {"  "}说明：{ $text }（{ $n }）
cli-import-unread = {"  "}未读取的列：{ $columns }
cli-import-arcos = {"  "}ARCOS：{ $rows } 行，{ $equal } 行与主管机构的碱基重量一致，{ $differ } 行不一致，{ $without } 行缺规格
cli-import-arcos-differ = {"    "}{ $reason }：{ $n }
cli-row-both = {"  "}第 { $row } 行，{ $field }：{ $reason }；原文“{ $found }”，应为 { $expected }。{ $remedy }
cli-row-found = {"  "}第 { $row } 行，{ $field }：{ $reason }；原文“{ $found }”。{ $remedy }
cli-row-expected = {"  "}第 { $row } 行，{ $field }：{ $reason }；应为 { $expected }。{ $remedy }
cli-row-plain = {"  "}第 { $row } 行，{ $field }：{ $reason }。{ $remedy }
cli-check-more = {"  "}另有 { $n } 条：加 --out result 或 --json 再执行一次即可查看
cli-check-far-date = 提示：报告截至 { $date }，即 { $row } 的日期；其余几乎都不晚于 { $usual }。如系笔误，请更正该行，或用 --as-of 指定日期
cli-check-same = { $file }：与前面的文件相同，不再计入
cli-check-out = 已写入 { $dir }：discrepancies.csv、discrepancies.xlsx、report.html
cli-withdraw-done = 报送 { $submission } 已由记录 { $seq } 撤回，其内容不再计入；原报送和撤回都留在日志中。
cli-withdraw-waiting = { $n ->
   *[other] { $n } 条更正所更正的行已不在，现暂候，不计入任何结存：
}
cli-withdraw-counting = { $n ->
   *[other] { $n } 行重新计入，因取代它们的内容已不在：
}
cli-withdraw-holding = { $n ->
   *[other] { $n } 条暂候的更正现已生效，因各自所指的单据现只有一行：
}
cli-withdraw-replaced = { $n ->
   *[other] { $n } 行不再计入，因对它们的更正现已生效：
}
cli-withdraw-row = {"  "}{ $reference }（{ $file } 第 { $row } 行），此前：{ $was }
cli-withdraw-row_line = {"  "}{ $reference }（{ $file } 第 { $row } 行，行号 { $line }），此前：{ $was }
cli-withdraw-more = {"  "}另有 { $n } 行：weighbridge movements { $dir } --all
cli-review-done = 该决定为记录 { $seq }。
cli-holders-done = 记录 { $seq }：自 { $date } 起生效。
cli-receipt-shown =
    { $origin } 记录 { $seq } 的回执，属于已签名的 { $size } 条记录。
    入账于 { $time }，{ $rows } 行，报送键 { $key }
cli-receipt-shown-more = { $kind }，以 { $organisation } 名义报送；内容的 SHA-256 为 { $body }
entry_kind-registry = 名册变更
entry_kind-movements = 变动
entry_kind-withdrawal = 撤回
entry_kind-review = 复核
cli-receipt-holds =
    回执成立：{ $origin } 的记录 { $seq }，在 { $size } 条已签名记录之内。
    记录时间 { $time }，{ $rows } 行，报送键 { $key }
cli-verify-read = 读取 { $entries } 条记录，散列 { $bytes } 字节，比对 { $tiles } 个分块
cli-verify-signed = { $signed } 条记录在 { $checkpoints } 个已签名检查点之下
cli-verify-checkpoint = 最后一个在 { $path }：{ $origin }，{ $size } 条记录，由 { $key } 中的密钥签名
cli-verify-other-key = 此密钥未签署该日志 { $n } 个检查点中的任何一个：{ $key }；请提供该日志保管方的公钥
cli-verify-lines = { $lines } 行重新解码并编码，{ $recomputed } 个质量重新计算
cli-verify-unnamed = 提示：blobs 中有 { $n } 个文件（{ $bytes } 字节）没有任何记录提及：由中断的导入留下，或正由导入写入；无人能读取
cli-verify-copy_missing = 提示：日志旁的最后一个已签名检查点副本 { $path } 缺失。日志内另有检查点，已核对；下次导入会重新写出副本。如非本单位人员移除，请与他人保存的副本比对
cli-verify-good = 无误。根：{ $root }
cli-verify-bad = 有误：共 { $n } 处，首处为 { $place }。
cli-verify-fault = {"  "}{ $place }：{ $fault }
cli-verify-fault_detail = {"  "}{ $place }：{ $fault }：{ $detail }
cli-export-done = 已将 { $rows } 行写入 { $file }
cli-export-kept = 已写入 { $file }
place-entry = 记录 { $seq }
place-checkpoint = 含 { $size } 条记录的检查点
place-tile = 分块 { $level }/{ $index }
place-store = 存储
cli_arg-entry = 报送中的一条记录，用于取回其原件或备注
cli-demo-files = { $dir } 中有 { $files } 个文件、{ $lines } 行；其中 { $repeated } 个重复报送（{ $repeated_lines } 行，不再计入），{ $refused } 个整份退回（{ $refused_lines } 行）
cli-demo-steps = 用时
cli-demo-memory = {"  "}账簿每行占内存 { $bytes } 字节
cli-instruments-done = { $n ->
   *[other] 登记已收入 { $n } 次校准
  }（条目 { $seq }）
cli-instruments-known = { $n ->
   *[other] { $n } 次校准
  }已照此载于登记：无需再收入
cli-instruments-wrong = 未收入任何内容：{ $n ->
   *[other] { $n } 行有误
  }。请改正后重新提交。
cli-demo-unexplained = 无法说明的差额（就全部月份判断）
cli-demo-found = {"  "}埋设的 { $planted } 起损失中有 { $found } 起列入清单；其中 { $silent } 起去向从不申报的单位，体现为逾期批次而不在任何结存中。{ $judged } 项中另有 { $false } 项列入而并无埋设的损失：申报人尚未得到解释的真实差错，以及偶然。
cli-demo-visits = {"  "}前 { $visits } 次检查所到之处的埋设损失，共 { $kg } kg 之中：
way-weighbridge = weighbridge inspect（其中十分之一随机）
way-percentage = 按申报的最大差额占存量与收货之比
way-z_test = 按申报各期差额的简单 z 检验
step-judge = 判断结存
cli-demo-next =
    接下来可以试试
    {"  "}weighbridge unexplained { $dir } --limit 5
    {"  "}weighbridge inspect { $dir } --visits 20
    {"  "}weighbridge balances { $dir } --unclosed --limit 20
    {"  "}weighbridge consignments { $dir } --state short,over --limit 20
    {"  "}weighbridge movements { $dir } --document { $document }
    {"  "}weighbridge trace { $dir } --lot { $lot }
    {"  "}weighbridge balances { $dir } --as-of { $as_of } --known-at { $known_at }
    {"  "}weighbridge quarantine { $dir } --limit 20
    {"  "}weighbridge findings { $dir } --limit 20
    {"  "}weighbridge verify { $dir }

step-generate = 生成省份
step-write = 写出文件
step-import = 读取、检查、判定
step-commit = 散列并落盘
step-sign = 签名
step-match = 双方对账
step-summarise = 结存与汇总
step-total = 合计

detected-encoding = { $value }
detected-delimiter = 分隔符“{ $value }”
detected-sheet = 工作表 { $value }
detected-header_row = 表头在第 { $value } 行
detected-decimal_mark = 小数点：{ $value }
detected-date_style = 日、月顺序：{ $value }
detected-columns = 列：{ $value }
detected-sheets_not_read = 含有数据但未读取的工作表：{ $value }
detected-columns_not_read = 未读取的列：{ $value }
detected-same_as = 与 { $value } 相同
detected_value-dot = 点
detected_value-comma = 逗号
detected_value-per_cell = 逐格判断
detected_value-tab = 制表符

# 程序自身的问题
trouble-path_not_found = 没有文件或文件夹 { $path }
trouble_remedy-path_not_found = 请检查名称。
trouble-path_denied = 没有读取或写入 { $path } 的权限
trouble_remedy-path_denied = 请检查文件及其文件夹的权限。
trouble-path_is_folder = { $path } 是文件夹
trouble_remedy-path_is_folder = 请指明其中的文件，如 { $path }/july.csv。
trouble-disk_full = 磁盘已满：{ $path }（{ $detail }）
trouble_remedy-disk_full = 腾出空间后重新执行；已出具回执的内容仍在。
trouble-path_failed = { $path }：{ $detail }
trouble_remedy-path_failed = 请检查磁盘后重新执行。
trouble-key_missing = 缺少私钥：{ $path }
trouble_remedy-key_missing = 请将 init 生成的密钥放回原处；没有它，日志可读不可写。
trouble-certificate_absent = { $path } 中没有证书
trouble_remedy-certificate_absent = 请先写证书文件，再写其密钥文件，均为 PEM 格式（-----BEGIN CERTIFICATE-----）。
trouble-certificate_damaged = { $path } 无法作为证书读取：{ $detail }
trouble_remedy-certificate_damaged = 请重新签发，PEM 格式，服务器证书在前，其后为通往根证书的各级证书。
trouble-certificate_key_absent = { $path } 中没有无须口令即可读取的私钥
trouble_remedy-certificate_key_absent = 密钥文件写在第二位，PEM 格式（-----BEGIN PRIVATE KEY-----）；去除口令：openssl pkey -in KEY -out KEY.pem
trouble-certificate_key_unusable = { $path } 中的密钥无法使用：{ $detail }
trouble_remedy-certificate_key_unusable = 请使用 RSA（2,048 位以上）、ECDSA（P-256、P-384）或 Ed25519 密钥。
trouble-certificate_key_unfit = { $path } 中的密钥与 { $detail } 中的证书不相配
trouble_remedy-certificate_key_unfit = 请写一同生成的两个文件。
trouble-authority_key_absent = 证书颁发机构 { $path } 在，但缺少其密钥：{ $detail }
trouble_remedy-authority_key_absent = 请从备份恢复密钥；或将颁发机构文件移走以重新生成，并在每台设备上信任新的颁发机构。
trouble-authority_damaged = 证书颁发机构 { $path } 与其密钥无法签发有效证书：{ $detail }
trouble_remedy-authority_damaged = 请从备份恢复这两个文件；或将两者移走以重新生成，并在每台设备上信任新的颁发机构。
trouble-authority_ended = 证书颁发机构 { $path } 的有效期至 { $detail }
trouble_remedy-authority_ended = 请将其与密钥移走以重新生成，并在每台设备上信任新的颁发机构。
trouble-authority_name = 证书颁发机构 { $path } 生成时未包括 { $detail }
trouble_remedy-authority_name = 请使用以 .lan、.local、.internal 或 .home.arpa 结尾的名称，或内网地址；或将颁发机构及其密钥移走，以便连同此名称重新生成，并在每台设备上信任新的颁发机构。
trouble-body_damaged = 无法理解记录 { $seq }：{ $detail }
trouble_remedy-body_damaged = 执行 verify 查看范围；若由更新版本写入，请使用该版本。
trouble-key_used = { $name }：该报送键先前已用于另一文件，见记录 { $seq }
trouble_remedy-key_used = 换一个键，或不指定键。
trouble-file_changed = { $name } 在读取过程中发生变化；未接受任何内容
trouble_remedy-file_changed = 待文件写完后重新报送。
trouble-unknown_name = 没有这样的{ $what }：{ $name }
trouble_remedy-unknown_name = 请检查写法。
trouble-option_invalid = { $option }：“{ $given }”无效；应为 { $expected }
trouble_remedy-option_invalid = 见 --help。
trouble-identity_argument = 参数中含有公民身份号码；账目不记录任何个人
trouble_remedy-identity_argument = 请删去；若在文件名中，请先改名。没有读取或写入任何内容。
trouble-not_a_file = { $path } 不是普通文件
trouble_remedy-not_a_file = 请给出文件名或新文件名；链接、管道或设备会被替换。
# 与名册矛盾的合并和分立
cli-holders-merger = { $holder } 已于 { $date } 并入 { $into }
cli-holders-split = { $holder } 的场所 { $site } 已于 { $date } 移交 { $into }
trouble-successor_itself = { $holder } 不能由其自身承接
trouble_remedy-successor_itself = 请写两个不同的单位；同一单位更名或换证，请写入单位文件。
trouble-succession_in_future = { $date } 尚未到来：合并或分立生效后才能登记
trouble_remedy-succession_in_future = 请到当日再登记，或写不晚于 { $latest } 的日期；登记后不能撤回，而约定之事未必发生。
trouble-holder_merged = { $holder } 当日已不存在：{ $earlier }。单位并入他方后，自该日起不再参与任何合并或分立
trouble_remedy-holder_merged = 请写当日承接它的 { $answers }，或写更早的日期。重新设立的单位应在单位文件中另用代码。
trouble-holder_acts_later = { $holder } 当日不可能已不存在：{ $earlier }。单位并入他方后，自该日起不再参与任何合并或分立
trouble_remedy-holder_acts_later = 请检查日期和单位；{ $holder } 只能在其已登记的其他各项之后并入他方。
trouble-site_not_held = { $holder } 当日不持有场所 { $site }，持有者为 { $holds }{ $known ->
    [yes] ：{ $earlier }
   *[no] {""}
}
trouble_remedy-site_not_held = 请将 { $holds } 写为移交方，或改写日期。
trouble-site_given_later = 场所 { $site } 之后另有移交，两者不能并存：{ $earlier }
trouble_remedy-site_given_later = 请检查日期、场所和单位；若该场所是之后才易手，请写之后的日期。

trouble-not_a_folder = { $path } 是文件，而结果是文件夹中的多个文件
trouble_remedy-not_a_folder = 请写文件夹或新的名称。
trouble-folder_not_empty = { $path } 不是空文件夹
trouble_remedy-folder_not_empty = 换一个文件夹，或删除该文件夹。
trouble-file_there = 文件 { $path } 已存在
trouble_remedy-file_there = 备份不替换任何文件：换一个文件名，或删除该文件。
# Backups
backup-journal = 日志
backup-public_key = weighbridge.pub
backup-key = weighbridge.key
trouble-backup_not_one = { $path } 不是账目备份
trouble_remedy-backup_not_one = 请提供 weighbridge backup 写出的原文件，不要先行解包。
trouble-backup_truncated = { $path } 提前结束：字节 { $at } 之后应有 { $expected } 字节，实有 { $found } 字节
trouble_remedy-backup_truncated = 复制不完整。请重新复制，或使用其他备份。未恢复任何内容。
trouble-backup_name = { $path } 字节 { $at } 处：“{ $name }”不是账目的文件
trouble_remedy-backup_name = 该文件不是 weighbridge backup 所写，或已被改动。请使用其他备份。未恢复任何内容。
trouble-backup_header = { $path } 字节 { $at } 处：{ $name } 的文件头与写出时不符
trouble_remedy-backup_header = 文件在介质上或被人改动。请使用其他备份。未恢复任何内容。
trouble-backup_order = { $path } 字节 { $at } 处：{ $name } 位置不对或重复
trouble_remedy-backup_order = 该文件不是 weighbridge backup 所写，或已被改动。请使用其他备份。未恢复任何内容。
trouble-backup_fill = { $path } 字节 { $at } 处：应为空白之处有内容
trouble_remedy-backup_fill = 文件被改动或被追加内容。请使用其他备份。未恢复任何内容。
trouble-backup_changed = { $path }：{ $name } 与放入时不符：{ $found }；应为 { $expected }
trouble_remedy-backup_changed = 文件在介质上或被人改动。请使用其他备份。未恢复任何内容。
trouble-backup_missing = { $path }：清单中的 { $name } 不存在
trouble_remedy-backup_missing = 文件已被改动。请使用其他备份。未恢复任何内容。
trouble-backup_unlisted = { $path }：{ $name } 不在清单中
trouble_remedy-backup_unlisted = 文件已被改动。请使用其他备份。未恢复任何内容。
trouble-backup_manifest = { $path }：清单与写出时不符
trouble_remedy-backup_manifest = 文件在介质上或被人改动。请使用其他备份。未恢复任何内容。
trouble-backup_too_new = { $path } 是第 { $found } 版备份，本程序支持到第 { $expected } 版
trouble_remedy-backup_too_new = 请使用更新的 weighbridge。未恢复任何内容。
trouble-backup_contents = { $path }：{ $name } 与清单所述不符
trouble_remedy-backup_contents = 该文件由其他备份的部分拼成。请使用其他备份。未恢复任何内容。
trouble-no_random = 系统未能提供随机字节
trouble_remedy-no_random = 请重新启动计算机。
trouble-nothing_read = 所给内容中没有变动行
trouble_remedy-nothing_read = 请至少提供一份变动文件；单位名册用 --holders 提供。
trouble-row_shared = 第 { $name } 行对应多笔变动：{ $lines }
trouble_remedy-row_shared = 请按所列加上所指变动的序号。
trouble_remedy-unknown_line = 行写作“记录号:行号”，如 17:5；weighbridge movements { $dir } 的“记录:行”列列出两者。
trouble_remedy-unknown_submission = 请给出该报送的任一记录号：weighbridge movements { $dir } 的“记录:行”列冒号前即是，回执文件亦以此命名。已撤回的不能再次撤回。只有流水文件可以撤回：名册请重新导入单位名册予以更正，合并和分立不能撤回。
trouble-beyond_64_bits = { $column } 列中有数值超过 64 位，而 Parquet 文件的数字最多 64 位
trouble_remedy-beyond_64_bits = 请导出为 .csv 或 .xlsx，其数值位数不受限制。
trouble-checkpoint_file = 日志旁的最后一个已签名检查点副本已损坏或为空：{ $path }
trouble_remedy-checkpoint_file = 请将该文件移走后重新运行 verify：日志内另有检查点，下次导入会重新写出副本。如他人保存有副本，请与之比对。
trouble-fault = 程序故障：{ $detail }
trouble_remedy-fault = 请连同所用命令一并报告。日志保持原样。

what-holder = 单位
what-site = 场所
what-lot = 批号
what-line = 行
what-submission = 有效报送
what-substance = 品种
what-original = 原件

fault-body_not_canonical = 内容不是本程序写出的形式
fault-rows_root_wrong = 各行推不出记录头中的根
fault-mass_wrong = 质量不等于数量乘以系数；行
detected_value-unstated = 未出现
detected_value-undecided = 未表明（YYYY-MM-DD 无需）
detected_value-day_first = 日在前
detected_value-month_first = 月在前

# 核验日志之外的内容
place-private = 私有值 { $name }
fault-private_changed = 与存入时不符
fault-key_other = 日志自存的名称或公钥与所给的不同
fault-original_changed = 所存原始文件不是当初报送的
fault-remarks_changed = 所存备注不是当初报送的
fault-words_changed = 所存查询文字不是当初写下的
fault-kept_unreadable = 所存内容无法读取
cli-verify-kept = { $private } 个私有值校验和相符；原始文件和备注：核对 { $checked } 个，已销毁 { $erased } 个，损坏 { $damaged } 个

# 单行回执
cli-receipt-row-about = 单独证明文件中的一行，供不应看到其他行的人使用
cli-receipt-row-example = {"  "}weighbridge receipt row account 17 5 --out row-17-5.receipt
cli_arg-row = 文件中的行号，即 movements 的“记录:行”列冒号后的数字；一行对应多笔变动时写作 行号:序号
cli_arg-show-out = 要写出的文件；不给出则直接输出回执
cli_arg-row-out = 要写出的文件；不给出则直接输出回执
cli-receipt-row-written = { $path }：记录 { $seq } 的第 { $row } 行及其证明；receipt verify 仅凭公钥即可核对
cli-receipt-row-holds =
    回执成立：{ $origin } 的记录 { $seq } 中的一行，在 { $size } 条已签名记录之内。
    记录时间 { $time }，报送键 { $key }
    该行内容：
cli-receipt-row-number = 行号
cli-receipt-row-field = {"  "}{ $field }：{ $value }
cli-receipt-row-only = 该记录共 { $rows } 行；本文件只出示这一行，不透露其他行。
    当时确已如此记录。此后是否仍有效、是否已更正或撤回，只有账目知道。
field-class = 衡器
field-base_ug = 质量（µg）
what-row = 可证明的行
trouble_remedy-unknown_row = weighbridge movements { $dir } 的“记录:行”列列出记录号和行号；暂扣行没有单独的证明，只有整条记录的回执。
trouble-row_erased = 记录 { $seq } 的任何一行都无法再单独出示：其盐背后的密值已销毁
trouble_remedy-row_erased = 改为出示整条记录的回执：weighbridge receipt show { $dir } ENTRY
error-receipt_row = 回执中的行不是该记录的行：行、盐或证明被改动
error_remedy-receipt_row = 请勿信赖此文件，请重新索取回执。
error-receipt_shown = 回执中的可读文字与所证明的行不符
error_remedy-receipt_shown = 请勿信赖此文件，请重新索取回执。

# 记录已保存但签名失败
trouble-unsigned = 日志已保存全部 { $size } 条记录，但未能为其签署检查点，因此尚无回执：{ $detail }
trouble_remedy-unsigned = 排除该问题后再次导入同一文件：不会重复收取，并会给出回执。其余记录也由下一次导入一并签署。
cause-disk_full = 磁盘已满

# 对已接受行的疑问
cli-findings-about = 显示已接受但有疑问的行：许可或登记未涵盖该笔变动
cli-findings-example = {"  "}weighbridge findings account --code licence_not_in_force --from 2025-01-01
cli_arg-findings-code = 仅显示该疑问（代码）
cli-findings-meaning = 以上各行照常计入。请将许可证的有效期和类别与名册核对；误报的行用操作“更正”或“删除”改正。
cli-import-findings = {"  "}{ $n ->
   *[other] 已接受的行有 { $n } 项疑问：许可或登记未涵盖；照常计入
}
cli-import-findings_listed = {"    "}→ weighbridge findings { $dir }
cli-dry-more = {"  "}另有 { $n } 条：加 --json 再执行一次即可查看

# 其他参数错误，以及可直接执行的提示
usage-range = { $arg }：“{ $found }”无效；请写整数，范围 { $expected }
usage-number = { $arg }：“{ $found }”无效；请写整数
usage-extra = 多出一个参数：{ $found }
usage-no_command = 缺少命令；可用 { $expected }
usage-twice = { $found } 给出了两次
usage-conflict = { $found } 与 { $expected } 不能同时使用
usage-values = { $arg }：值的个数不对
usage-utf8 = 有一个参数不是 UTF-8 文字
usage-other = 无法理解所给参数
trouble_remedy-unknown_holder = 请检查代码；weighbridge holders { $dir } 列出全部单位。
trouble_remedy-unknown_site = 请检查代码；weighbridge holders { $dir } 列出各单位的场所。
trouble_remedy-unknown_substance = 请使用品种编号、CAS 号或名称；weighbridge balances { $dir } 列出本账目的品种。
trouble_remedy-unknown_lot = 请检查批号；weighbridge movements { $dir } 的“批号”列列出批号。
trouble_remedy-unknown_original = 该记录未留存内容，或不是文件的记录；weighbridge movements { $dir } 的“记录:行”列冒号前即是记录号。

# Files and folders that do not do
cli-in_file = { $name }：{ $text }
trouble-folder_missing = 没有可写入的文件夹 { $path }
trouble_remedy-folder_missing = 请先新建该文件夹，或换一个文件夹。
trouble-option_missing = 缺少 { $option }；可用 { $expected }
trouble-of_account = { $path } 位于账目的文件夹内
trouble_remedy-of_account = 请写到文件夹之外：写在其中可能取代日志或其密钥。
what-half = 可配对的行
trouble_remedy-unknown_half = 只有计入的发货或收货才能复核；weighbridge movements { $dir } 列出每行的业务类型和状态。
cli-import-undone = { $n ->
   *[other] { $n } 条原已生效的更正现暂候，不计入任何结存，因所指的单据现有多行；原被更正的行重新计入。要更正其中一行，请写其行号（line_id）：
}
cli-import-waiting = { $n ->
   *[other] { $n } 条更正所指的行不存在或不唯一：暂候，不计入任何结存
} → weighbridge movements { $dir } --all
cli-serve-about = 将账户作为网页供多人使用
cli-serve-example =
    {"  "}weighbridge serve account
    {"  "}weighbridge serve account --listen 0.0.0.0:8443 --tls-local
    {"  "}weighbridge serve account --listen 0.0.0.0:443 --tls fullchain.pem privkey.pem
    {"  "}weighbridge serve account --listen 10.0.0.5:8420 --behind-proxy
cli-users-about = 列出可登录网页的用户，或生成登录链接
cli-users-example =
    {"  "}weighbridge users account --link wang --role officer --scope area:3301
    {"  "}weighbridge users account --link store1 --role custodian --scope holder:CY-0001
cli_arg-listen = 网页的地址和端口；除本机之外须加 --tls、--tls-local 或 --behind-proxy
cli_arg-demo-listen = 网页在本机的地址和端口
expected-one_of_three_ways = 仅供本机使用的 127.0.0.1:PORT；要供他人访问，请加以下之一：--tls CERT.pem KEY.pem（已有证书）、--tls-local（本账目自己的证书颁发机构）、--behind-proxy（前置代理使用 TLS）
cli_arg-tls = 以此证书（PEM 证书链，服务器证书在前）和密钥使用 TLS；文件更换后自动重新读取
cli_arg-tls_local = 以本账目自己的证书颁发机构签发的证书使用 TLS，首次启动时生成；须在各设备上设为信任
cli_arg-tls_name = 与 --tls-local 合用：访问本机的其他名称或地址；可多次给出
cli_arg-behind_proxy = 前置代理与浏览器之间使用 TLS，且他人无法直接访问此地址
cli_arg-no_serve = 报告之后结束，不打开网页
cli_arg-link = 要生成登录链接的用户名称；没有此名称时添加
cli_arg-role = 所添加用户的角色
cli_arg-scope = 范围：全部账目、某地区（代码开头）或一家单位
cli-serve-at = 网页已在 { $url } 打开
cli-serve-authority =
    服务器的名称为 { $names }，由本账目自己的证书颁发机构证明，至 { $date } 止：
    {"  "}{ $path }
    {"  "}SHA-256 { $sha256 }
    每台设备须设置一次信任：在该设备上打开 { $url }/authority.crt，越过警告继续，核对指纹与此处一致，再作为颁发机构安装。
    {"  "}安卓：设置 → 安全 → 加密与凭据 → 安装证书 → CA 证书
    {"  "}iPhone：在“设置”中安装描述文件，再到 设置 → 通用 → 关于本机 → 证书信任设置
    {"  "}Windows：打开该文件，安装到“受信任的根证书颁发机构”
    {"  "}Linux：见 docs/howto/trust-the-local-authority.zh-CN.md，其中有完整说明
cli-serve-certificate_from = 证书自 { $date } 起才有效：在此之前浏览器会拒绝。请检查本机时钟。
cli-serve-certificate_until = 证书有效期至 { $date }。
cli-serve-certificate_ended = 证书已于 { $date } 到期：浏览器会拒绝。请换上新证书；无须重新启动即会读取。
cli-serve-certificate_changed = 现已改用另一证书，有效期至 { $date }。
cli-serve-certificate_kept = 继续使用原证书。
cli-serve-links = 请用以下链接之一登录；每个只能使用一次，一天内有效：
cli-serve-end = 按 Ctrl-C 结束服务器。
cli-users-link = { $login } 用服务器地址加 { $path } 登录（一次，一天内）
cli_arg-admin = 健康状态和指标的地址和端口，仅供机房使用
cli-serve-admin = 健康状态和指标：{ $url }/health/ready 与 { $url }/metrics
