# 整个文件无法读取的原因（file-）与处理办法（file_remedy-）。
file-empty = 文件是空的
file_remedy-empty = 请确认是否选对了文件。
file-not_text = 文件不是表格，也不是可读取的文本（{ $guess }）
file_remedy-not_text = 另存为 UTF-8 编码的 CSV，或直接报送工作簿。
file-unknown_format = 格式无法识别；文件开头为“{ $first }”
file_remedy-unknown_format = 请使用带表头的变动文件、单位名册、ARCOS 文件或 EPCIS 文档。
file-header_not_found = 前 { $rows } 行中没有找到表头；表头应有如下列名：{ $wanted }；第一行内容为：{ $seen }
file_remedy-header_not_found = 请在数据上方写一行列名（见 docs/reference/movements.md），并删除其上方多余的行，使表头位于前 { $rows } 行之内。
file-header_missing = 缺少必需的列：{ $absent }；表头中有：{ $seen }
file_remedy-header_missing = 补上这些列，或按 docs/reference/movements.md 改写列名。
file-header_twice = 两列含义相同（{ $field }）：“{ $first }”和“{ $second }”
file_remedy-header_twice = 改名或删去其中一列。
file-person_column = “{ $header }”列是自然人的身份证件号码；本账不记录自然人
file_remedy-person_column = 删去该列后重新报送。该文件未保存任何内容。
file-wrong_kind = 这是 { $found } 文件，此处需要 { $expected } 文件
file_remedy-wrong_kind = 变动文件直接给出；check 命令的单位名册放在 --holders 之后。
file-too_many_rows = 超过 { $limit } 行
file_remedy-too_many_rows = 请拆分文件。
file-too_many_columns = 第 { $row } 行超过 { $limit } 列
file_remedy-too_many_columns = 检查该行的分隔符和引号。
file-line_too_long = 第 { $row } 行超过 { $limit } 字节仍未结束
file_remedy-line_too_long = 检查文件的换行和引号。
file-too_large = 文档大于 { $limit } 字节，而它须整体读取
file_remedy-too_large = 请拆分文档。
file-zip_bomb = 工作簿解压后达 { $unpacked } 字节，超过正常工作簿的上限 { $limit }
file_remedy-zip_bomb = 将数据行复制到新工作簿后报送，或另存为 CSV。
file-encrypted_workbook = 工作簿设有密码
file_remedy-encrypted_workbook = 去除密码后另存。
file-legacy_workbook = 旧版二进制工作簿，无法读取：{ $detail }
file_remedy-legacy_workbook = 另存为 .xlsx 或 CSV。
file-damaged = 文件内部已损坏（{ $format }；第 { $offset } 字节）：{ $detail }
file_remedy-damaged = 从原程序重新导出该文件。
file-too_deep = 嵌套超过 { $limit } 层
file_remedy-too_deep = 从原程序重新导出该文档。
file-entities_refused = 文档含有 DTD；本系统不读取实体
file_remedy-entities_refused = 导出时不要带文档类型定义。
file-read_failed = 文件无法读取：{ $detail }
file_remedy-read_failed = 检查文件是否存在、是否有读取权限。

# 格式
format-movements_csv = 变动，分隔文本
format-movements_xlsx = 变动，工作簿
format-movements_xls = 变动，旧版工作簿
format-holders_csv = 单位名册，分隔文本
format-arcos_fixed = ARCOS，定长
format-arcos_tsv = ARCOS，公开交易
format-epcis_xml = EPCIS，XML
format-epcis_json = EPCIS，JSON

# 无须处理的提示
note-other_sheet = 另有工作表未读取：{ $text }
note-hidden_rows = 工作表中隐藏的行（筛选或手动隐藏），也已照常读取
note-concentration_below_one = 浓度小于 1：请确认是百分数而不是小数
note-dea_check_digit = DEA 式登记号校验位异常
note-reason_other = 不在列表中的事由，按“其他”保留
note-packaging_other = 不在列表中的包装，按“其他”保留

# Files that are sent by mistake, and what they are (foreign-)
file-no_rows = 文件只有表头，没有数据行
file_remedy-no_rows = 请确认是否选对了文件，数据行是否已一并保存。
file-not_table = 这是{ $what }，不是表格
file_remedy-not_table = 请直接报送表格：从存有数据的程序导出 UTF-8 编码的 CSV 或工作簿（.xlsx）。
foreign-pdf = {" PDF 文件"}
foreign-picture = 图片
foreign-document = 文字处理文档
foreign-archive = 压缩包
foreign-binary = 二进制数据
