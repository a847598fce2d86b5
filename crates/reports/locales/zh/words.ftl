# 各类代码的名称。

# 变动种类
kind-stocktake = 盘点
kind-receipt = 收货
kind-production = 生产
kind-recovery = 回收
kind-process_reversal = 工艺退回
kind-sample_return = 样品退回
kind-reweigh_gain = 复称溢余
kind-found = 找回
kind-dispatch = 发货
kind-use = 使用
kind-sampling = 取样
kind-destruction = 销毁
kind-waste = 废弃
kind-reweigh_loss = 复称短少
kind-loss = 丢失、被盗、被抢
kind-seizure = 查获

# 批次状态
state-matched = 相符
state-within_allowance = 允许损耗内
state-short = 短少
state-over = 溢余
state-disputed = 有争议
state-awaiting_receipt = 待收货
state-awaiting_dispatch = 待发货
state-overdue = 逾期

# 状态含义
state_meaning-matched = 收发双方在两倍称量不确定度内一致
state_meaning-within_allowance = 收货偏少，未超过允许损耗
state_meaning-short = 收货少于发货，且超过允许损耗
state_meaning-over = 收货多于发货
state_meaning-disputed = 收发双方在数量以外的内容上互相矛盾
state_meaning-awaiting_receipt = 只有发货方的申报
state_meaning-awaiting_dispatch = 只有收货方的申报
state_meaning-overdue = 缺一方申报，且已过期限

# 行状态
line_state-live = 计入
line_state-duplicate = 重复
line_state-waiting = 等待被更正行
line_state-superseded = 已被取代
line_state-deleted = 已删除
line_state-deletion = 删除行
line_state-withdrawn = 已撤回

# 匹配依据
stage-reviewed = 审核人认定
stage-document = 单据号
stage-consignee_differs = 单据号相同，收货方不同
stage-consignor_differs = 单据号相同，发货方不同
stage-substance_differs = 单据号相同，品种不同
stage-permit = 许可证
stage-lane = 双方、日期和数量
stage-split = 一对多
stage-one_sided = 无对方记录

# 所缺的一方
missing-receipt = 收货方
missing-dispatch = 发货方

# 原因
reason-sale = 销售
reason-purchase = 购买
reason-import = 进口
reason-export = 出口
reason-return = 退货
reason-transfer = 本单位场所间调拨
reason-government_supply = 主管部门调拨
reason-unsolicited_return = 未经约定的退回
reason-other = 其他

# 运输方式
mode-road = 公路
mode-rail = 铁路
mode-sea = 海运
mode-inland_water = 内河
mode-air = 航空
mode-pipeline = 管道
mode-post = 邮寄

# 包装
packaging-bulk = 散装
packaging-drum = 桶
packaging-bag = 袋
packaging-bottle = 瓶
packaging-pack = 箱、盒
packaging-ibc = 中型散装容器（IBC）
packaging-other = 其他

# 操作
action-insert = 新增
action-adjust = 更正
action-delete = 删除

# 追溯
link-consignment = 批次收发
link-process = 工艺
direction-forward = 向下游
direction-backward = 向上游

# 是否向本账申报
reports-yes = 是
reports-no = 否

# 日志条目与审核结论
entry-registry = 登记
entry-movements = 变动
entry-withdrawal = 撤回
entry-review = 审核
verdict-together = 属于同一批次
verdict-apart = 不属于同一批次

# 衡器准确度级别
class-class_i = Ⅰ级
class-class_ii = Ⅱ级
class-class_iii = Ⅲ级
class-class_iiii = Ⅳ级
class-flow_meter = 流量计
class-exact = 计数

# 对已计入行的疑问
finding-licence_not_in_force = 填报单位该类别的许可在当日无效
finding-class_not_covered = 填报单位的许可不含该类别
finding-holder_not_in_force = 填报单位在当日不存续
finding-counterparty_licence_not_in_force = 对方单位该类别的许可在当日无效
finding-counterparty_class_not_covered = 对方单位的许可不含该类别
finding-counterparty_not_in_force = 对方单位在当日不存续

# 变动文件的列
field-row = 整行
field-reporter = 填报单位
field-site = 场所
field-kind = 业务类型
field-date = 日期
field-substance = 品种
field-amount = 数量
field-unit = 计量单位
field-concentration = 浓度
field-form = 形态
field-counterparty = 对方单位
field-counterparty_site = 对方场所
field-reason = 原因
field-document = 单据号
field-lot = 批号
field-permit = 许可证号
field-case = 案卷号
field-mode = 运输方式
field-packaging = 包装
field-carrier = 承运单位
field-temperature = 温度
field-density = 密度
field-instrument = 计量器具
field-batch = 生产批次
field-input_lots = 投料批号
field-reported_at = 填报时间
field-line_id = 行号
field-corrects = 被更正行号
field-action = 操作
field-remark = 备注

# 持有单位文件的列
field-code = 编码
field-holder = 持有单位
field-hours = 小时
field-measures = 计量对象
field-tolerance_percent = 允差（%）
field-random_percent = 随机误差（%）
field-systematic_percent = 系统误差（%）
field-step_kg = 分度值（kg）
field-calibrated_on = 校准日期
field-name = 名称
field-name_en = 英文名称
field-uscc = 统一社会信用代码
field-dea = DEA 式登记号
field-licence = 许可证号
field-licence_classes = 许可类别
field-licence_from = 许可起始日期
field-licence_to = 许可截止日期
field-site_name = 场所名称
field-area = 地区
field-authority = 主管部门
field-valid_from = 起始日期
field-valid_to = 终止日期
field-reports = 是否报送

# 同上，用于已写明被疑问单位之处（question-）
question-licence_not_in_force = 许可当日无效
question-class_not_covered = 许可不含该类别
question-holder_not_in_force = 当日不存续
question-counterparty_licence_not_in_force = 许可当日无效
question-counterparty_class_not_covered = 许可不含该类别
question-counterparty_not_in_force = 当日不存续
