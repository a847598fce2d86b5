# Why a file as a whole cannot be read (file-) and what to do (file_remedy-). Arguments bear the names of the issue's fields.
file-empty = the file is empty
file_remedy-empty = Check that this is the file you meant.
file-not_text = the file is not a table, and not text that can be read ({ $guess })
file_remedy-not_text = Save it as CSV in UTF-8, or send the workbook itself.
file-unknown_format = the format is not known; the file begins with “{ $first }”
file_remedy-unknown_format = Use a movements file with a header row, a holders file, an ARCOS file or an EPCIS document.
file-header_not_found = no header row was found in the first { $rows } rows; it would name columns like { $wanted }; the first row has: { $seen }
file_remedy-header_not_found = Put a row of column names, as in docs/reference/movements.md, above the data, and delete what stands above it so that it is within the first { $rows } rows.
file-header_missing = required columns are absent: { $absent }; the header row has: { $seen }
file_remedy-header_missing = Add the columns, or name them as in docs/reference/movements.md.
file-header_twice = two columns mean { $field }: “{ $first }” and “{ $second }”
file_remedy-header_twice = Rename or remove one of them.
file-person_column = the column “{ $header }” holds identity numbers of persons; this account keeps no persons
file_remedy-person_column = Remove the column and send the file again. Nothing of it was stored.
file-wrong_kind = this is a { $found } file; { $expected } was expected
file_remedy-wrong_kind = Give movements files by themselves; for check, a holders file goes after --holders.
file-too_many_rows = more than { $limit } rows
file_remedy-too_many_rows = Split the file.
file-too_many_columns = row { $row } has more than { $limit } columns
file_remedy-too_many_columns = Check the delimiter and the quotation marks of this row.
file-line_too_long = row { $row } is longer than { $limit } bytes and has no end
file_remedy-line_too_long = Check the line ends and the quotation marks of the file.
file-too_large = the document is larger than { $limit } bytes and is read as a whole
file_remedy-too_large = Split the document.
file-zip_bomb = the workbook unpacks to { $unpacked } bytes, more than the { $limit } that any real one has
file_remedy-zip_bomb = Open the workbook, copy the rows into a new one, and send that; or save it as CSV.
file-encrypted_workbook = the workbook is protected with a password
file_remedy-encrypted_workbook = Save it without a password.
file-legacy_workbook = an old binary workbook that cannot be read: { $detail }
file_remedy-legacy_workbook = Save it as .xlsx or as CSV.
file-damaged = the file is damaged inside ({ $format }; byte { $offset }): { $detail }
file_remedy-damaged = Export the file again from the program that made it.
file-too_deep = nested deeper than { $limit } levels
file_remedy-too_deep = Export the document again from the program that made it.
file-entities_refused = the document has a DTD; entities are not read
file_remedy-entities_refused = Export the document without a document type definition.
file-read_failed = the file could not be read: { $detail }
file_remedy-read_failed = Check that the file exists and that you may read it.

# Formats
format-movements_csv = movements, delimited text
format-movements_xlsx = movements, workbook
format-movements_xls = movements, old workbook
format-holders_csv = holders, delimited text
format-arcos_fixed = ARCOS, fixed width
format-arcos_tsv = ARCOS, published transactions
format-epcis_xml = EPCIS, XML
format-epcis_json = EPCIS, JSON

# Notes on a file that need no hand
note-other_sheet = a further sheet was not read: { $text }
note-hidden_rows = rows that are hidden in the sheet, by a filter or by hand, and were read all the same
note-concentration_below_one = concentrations below 1: check that percent was meant, not a fraction
note-dea_check_digit = DEA-style numbers whose check digit is unusual
note-reason_other = reasons that are not in the list, kept as “other”
note-packaging_other = packagings that are not in the list, kept as “other”

# Files that are sent by mistake, and what they are (foreign-)
file-no_rows = the file has no rows below its header
file_remedy-no_rows = Check that this is the file you meant, and that the rows were saved with it.
file-not_table = this is { $what }, not a table
file_remedy-not_table = Send the table itself: CSV in UTF-8 or a workbook (.xlsx), exported from the program that has the rows.
foreign-pdf = a PDF
foreign-picture = a picture
foreign-document = a text document
foreign-archive = a packed file
foreign-binary = binary data
