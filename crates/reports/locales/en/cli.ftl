# Sentences of the command line. Both languages have the same ids and arguments.
cli-error = error: { $text }
cli-usage = Usage
cli-options = Options
cli-arguments = Arguments
cli-commands = Commands
cli-examples = Example
cli-separator = {", "}
cli-possible = {""} ({ $values })
cli-default = {""} (without it: { $value })
cli-rows = { $n ->
    [one] 1 row
   *[other] { $n } rows
}
cli-before_first = note: the lines of this account begin on { $first }; there are none up to { $date }
cli-replaying = reading the journal
cli-importing = importing
cli-verifying = verifying
cli-backing_up = backing up
cli-restoring = restoring
cli-exporting = exporting

# Commands
cli-about = The account of controlled chemicals: from files of firms to the kilograms that are missing.
cli-example =
    {"  "}weighbridge demo
    {"  "}weighbridge check north.csv south.xlsx
cli-demo-about = Makes a synthetic province, imports it and shows what does not add up
cli-demo-example = {"  "}weighbridge demo my-demo --seed 7
cli-check-about = Compares files with each other at once, without any set-up
cli-check-example = {"  "}weighbridge check sender.csv receiver.xlsx --out result
cli-init-about = Makes a new account with its journal and its key
cli-init-example = {"  "}weighbridge init account --origin example.org/account
cli-import-about = Takes files of movements or holders into an account and gives a receipt for each
cli-import-example =
    {"  "}weighbridge import account holders.csv
    {"  "}weighbridge import account march.csv --dry-run
cli-balances-about = Shows opening, in, out, book, count and what is unexplained
cli-balances-example = {"  "}weighbridge balances account --as-of 2025-06-30 --known-at 2025-07-15
cli-unexplained-about = Shows what balances leave over beyond what weighing can explain: how much, since when, how sure, and what was tried to explain it
cli-unexplained-example =
    {"  "}weighbridge unexplained account --per-1000 10
    {"  "}weighbridge unexplained account --holder CY-0346 --periods
cli-inspect-about = Shows where to look first: the visits that find most kilograms, each with its reasons, and a tenth at random
cli-inspect-example = {"  "}weighbridge inspect account --visits 20 --hours-per hours.csv --hours 60
cli-calibrate-about = Shows how high thresholds must be for so many false alarms, and on how many holders that rests
cli-calibrate-example = {"  "}weighbridge calibrate account --days 365
cli-consignments-about = Shows what was sent and what arrived, by state
cli-consignments-example = {"  "}weighbridge consignments account --state short,overdue --limit 20
cli-movements-about = Shows movement lines
cli-movements-example = {"  "}weighbridge movements account --holder LX-0042 --kind dispatch --from 2025-01-01
cli-quarantine-about = Shows rows that were set aside, with reasons and what to do
cli-quarantine-example = {"  "}weighbridge quarantine account --code counterparty_unknown
cli-trace-about = Follows a lot to where it came from and where it went
cli-trace-example = {"  "}weighbridge trace account --lot L2025-0311 --direction forward
cli-holders-about = Shows the register; records mergers and splits
cli-holders-example =
    {"  "}weighbridge holders account
    {"  "}weighbridge holders merge account LX-0042 --into LX-0007 --on 2025-07-01
cli-holders-merge-about = One holder takes over everything of another
cli-holders-merge-example = {"  "}weighbridge holders merge account LX-0042 --into LX-0007 --on 2025-07-01
cli-holders-split-about = One holder takes over a site of another
cli-holders-split-example = {"  "}weighbridge holders split account LX-0042 --site B --into LX-0099 --on 2025-07-01
cli-instruments-about = Shows with what sites measure, or takes a file of calibrations into the register
cli-instruments-example =
    {"  "}weighbridge instruments account calibrations.csv
    {"  "}weighbridge instruments account
cli-withdraw-about = Takes back a submission that was sent by mistake; the journal keeps both
cli-withdraw-example = {"  "}weighbridge withdraw account 17 --reason "file of another month"
cli-review-about = Records a reviewer’s decision on which lines belong together
cli-review-example = {"  "}weighbridge review account together 17:5 23:9 --reason "confirmed by the carrier"
cli-verify-about = Reads, hashes and computes everything again and names the first wrong entry
cli-verify-example = {"  "}weighbridge verify account --key weighbridge.pub
cli-backup-about = Puts the whole account into one file, also while the server writes
cli-backup-example = {"  "}weighbridge backup account /media/stick/account-2026-11-22.tar
cli-restore-about = Makes an account out of a backup, or only shows that it could be made
cli-restore-example =
    {"  "}weighbridge restore account-2026-11-22.tar --check
    {"  "}weighbridge restore account-2026-11-22.tar restored --seen 00000412.receipt
cli-receipt-about = Shows a receipt, or checks one with nothing but the public key
cli-receipt-example =
    {"  "}weighbridge receipt show account 17
    {"  "}weighbridge receipt verify 00000017.receipt --key weighbridge.pub
cli-receipt-show-about = Shows the receipt of an entry
cli-receipt-show-example = {"  "}weighbridge receipt show account 17
cli-receipt-verify-about = Checks a receipt with nothing but the public key
cli-receipt-verify-example = {"  "}weighbridge receipt verify 00000017.receipt --key weighbridge.pub
cli-export-about = Writes lists as files for other programs
cli-export-example = {"  "}weighbridge export account --what movements --out movements.parquet
cli-bench-about = Runs the program as a method of a benchmark
cli-bench-example = {"  "}weighbridge bench detection --dumped DIR --out STATDIR
cli-bench-detection-about = Judges simulated series for losses and writes a statistic for each holder and month
cli-bench-detection-example = {"  "}weighbridge bench detection --dumped dump --out stat --grid scenarios.json
cli-bench-done = Statistics of { $n } sets are in { $dir }.

# Arguments
cli_arg-dumped = Folder with a folder of arrays for each set
cli_arg-detection-out = Folder for the statistics
cli_arg-grid = The grid’s description, for the errors that are declared; without it those that the arrays are documented with
cli_arg-help = Shows this help
cli_arg-version = Shows the version
cli_arg-lang = Language of everything that is said; by the system’s setting where it is not given
cli_arg-json = Data for programs, as JSON
cli_arg-dir = Folder of the account
cli_arg-init-dir = Folder to make the account in
cli_arg-demo-dir = Folder to make
cli_arg-files = Files of movements or holders; - reads standard input
cli_arg-check-files = Files of movements in any supported format; - reads standard input
cli_arg-file = The receipt
cli_arg-as_of = What was true on this day; without it, the latest date in the account
cli_arg-known_at = What was known at this time (a day means its end, UTC)
cli_arg-holder = Holder, by code, licence or number
cli_arg-merge-holder = The holder that gives up
cli_arg-split-holder = The holder that gives up
cli_arg-substance = Substance, by id, CAS number or name
cli_arg-limit = At most so many rows
cli_arg-days = Days that are looked at, back from the last settled stocktake of each series
cli_arg-per_1000 = False alarms among 1,000 honest holder-years
cli_arg-wrong_share = In place of a rate of alarms: of this one list on average at most so many percent without a real difference
cli_arg-periods = Each entry with its balance period by period
cli_arg-visits = Visits, at most
cli_arg-hours_per = Hours of a visit by site: a CSV file with the columns holder, site, hours; one hour where none is named
cli_arg-hours = Hours in all, at most
cli_arg-instruments-file = CSV file of calibrations: holder, site, substance, measures (receipts, issues, process, stock), instrument, tolerance_percent or random_percent and systematic_percent or class, step_kg, calibrated_on
cli_arg-unclosed = Only balances that do not close, largest first
cli_arg-state = States, separated by commas
cli_arg-counterparty = The other party
cli_arg-site = Site of the reporter
cli_arg-split-site = The site that changes hands
cli_arg-kind = Movement kind
cli_arg-from = First day
cli_arg-to = Last day
cli_arg-document = Document number
cli_arg-lot = Lot number
cli_arg-all = Also lines that do not count: duplicate, superseded, deleted, withdrawn, waiting
cli_arg-quarantine-all = Also rows that were resolved, withdrawn or sent again since
cli_arg-code = Only this reason, by its code
cli_arg-direction = Which way to follow
cli_arg-into = The holder that takes over
cli_arg-on = First day on which it answers
cli_arg-seq = Number of an entry in the journal
cli_arg-reason = Why; kept in the journal
cli_arg-verdict = together or apart
cli_arg-lines = Lines as ENTRY:ROW; where several lines came with one row, ENTRY:ROW:NTH
cli_arg-key = Public key: a file, or the key itself
cli_arg-import-key = Own key of the submission; without it, the file’s content is the key
cli_arg-backup-file = File to write; one that is there is not replaced
cli_arg-without_secrets = Leaves out the secret key and who may sign in
cli_arg-restore-backup = The backup; or, with --seen alone, the folder of a restored account
cli_arg-restore-dir = New or empty folder to restore into
cli_arg-restore-check = Drill: restores into a folder that is thrown away, verifies and replays everything there
cli_arg-seen = Highest number of entries that any receipt shows, or the receipt or checkpoint itself; may be given several times
cli_arg-what = What to write
cli_arg-format = Format; without it, by the name of the file
cli_arg-out = File to write
cli_arg-check-out = Folder for discrepancies.csv, discrepancies.xlsx and report.html
cli_arg-holders = Number of firms and institutions
cli_arg-check-holders = Register to judge by; without it, holders are learnt from the lines
cli_arg-months = Number of months
cli_arg-demo-seed = Everything follows from this number
cli_arg-seed = What everything drawn at random follows from: honest years, and the random tenth of visits
cli_arg-origin = Name of the journal and of its key
cli_arg-dry_run = Shows what would happen and changes nothing
cli_arg-reporter = Reporter of rows that name none
cli_arg-learn = Makes parties and sites known that the lines name
cli_arg-organisation = Organisation on whose behalf the files are sent
cli_arg-no_originals = Does not keep the original files

# Names of values in the help; what has to be written as it stands keeps its own
value-COMMAND = COMMAND
value-OPTIONS = {"["}OPTIONS]
value-DIR = DIR
value-FILES = FILES
value-FILE = FILE
value-CODE = CODE
value-DATE = DATE
value-TIME = TIME
value-N = N
value-NAME = NAME
value-TEXT = TEXT
value-KEY = KEY
value-STATE = STATE
value-KIND = KIND
value-HOLDER = HOLDER
value-SEQ = SEQ
value-ROW = ROW
value-VERDICT = VERDICT
value-ENTRY_ROW = ENTRY:ROW
value-FILE_KEY = FILE|KEY
value-SIZE_FILE = SIZE|FILE
value-WHAT = WHAT
value-FORMAT = FORMAT

# Mistakes in the arguments
usage-day = { $arg }: there is no day “{ $found }” within { $expected }
usage-form = { $arg }: “{ $found }” is not possible; write it as { $expected }
usage-value = { $arg }: “{ $found }” is not possible; possible are { $expected }
usage-value-plain = { $arg }: “{ $found }” is not possible
usage-no_value = { $expected } needs a value
usage-missing = missing: { $found }
usage-unknown = there is no option { $found }; perhaps { $expected } is meant
usage-unknown-plain = there is no option { $found } here
usage-command = there is no command { $found }; perhaps { $expected } is meant
usage-command-plain = there is no command { $found }
usage-remedy = See { $command } --help.
head-reference = Entry:row
head-reported = As reported

# What the commands say
cli-init-done = The account is in { $dir }; its journal is called { $origin }.
cli-init-key = { $key } is the secret key: keep a copy where nobody else reads it. { $public } is for everybody who checks receipts.
cli-init-origin = note: the journal is named { $origin }, which is nobody’s name, and the name cannot be changed later; for real use make the account with --origin NAME, like example.org/account
cli-init-next = Next: weighbridge import { $dir } holders.csv
cli-backup-done = { $file }: { $entries } entries of { $origin }, the last recorded { $last }, { $signed } of them signed; { $files } files with { $bytes } bytes, among them { $blobs } originals and remarks and { $receipts } receipts.
cli-backup-erased = { $n ->
    [one] 1 original or remarks that an entry names was erased and is not in it.
   *[other] { $n } originals or remarks that entries name were erased and are not in it.
}
cli-backup-secrets = WARNING: { $file } holds the SECRET KEY, what users sign in with, and the keys to every original. Whoever has it can sign as this journal. Encrypt it, and keep it away from this computer.
cli-backup-no_key = WARNING: no secret key is in the account, so none is in { $file }: what is restored from it can be read but not written. It holds the keys to every original and what users sign in with: encrypt it, and keep it away from this computer.
cli-backup-without_secrets = WARNING: { $file } has no secret key and no users: what is restored from it can be read and verified, not written. The journal in it still holds the keys to every original and all remarks: whoever has the file can read everything that was sent.
cli-backup-next = A backup is one when it was restored once. Next: weighbridge restore { $file } --check
cli-restore-done = { $file }: { $entries } entries of { $origin }, the last recorded { $last }, { $signed } of them signed. From a backup of { $made } by weighbridge { $program }; { $files } files with { $bytes } bytes, each with its SHA-256; the signature of the last checkpoint holds.
cli-restore-goes_on = Nothing that is known to have been signed is missing: { $dir } can be written. Never run it and the folder that the backup was made of side by side: two journals under one key would be signed.
cli-restore-held =
    It can be read and not written: { $text }.
    { $remedy }
cli-restore-next = Next: weighbridge verify { $dir }
cli-restore-whole = { $file }: { $entries } entries of { $origin }, the last recorded { $last }, { $signed } of them signed. Made { $made } by weighbridge { $program }; { $files } files with { $bytes } bytes, each with its SHA-256.
cli-restore-checked = The drill went well: everything was unpacked, verified and replayed ({ $lines } lines count), and the folder is gone again. It took { $seconds } s.
cli-restore-bad = The drill failed: { $file } is as it was written, and what was backed up was damaged before. Use an earlier backup, and run verify on the account. It took { $seconds } s ({ $lines } lines replayed).
cli-import-dry = Dry run: nothing was recorded.
cli-import-differences = Consignments with these lines that do not agree: { $n }
cli-import-holders = { $file }: holders, { $accepted ->
    [one] 1 row
   *[other] { $accepted } rows
} taken, { $rejected } rejected
cli-import-already = { $file }: taken before as entry { $seq }; nothing changed
cli-import-receipt = {"  "}receipt: { $path }
cli-import-again = {"  "}taken before as entry { $before }, of which nothing counts ({ $why }); taken again as entry { $seq }
cli-import-unread_sheets = WARNING: { $file }: sheets with rows were NOT read: { $sheets }; only “{ $read }” was. Save each of them as a file of its own and give that too, or put all rows into one sheet
cli-import-no-register = note: no register yet: import a holders file first (weighbridge import { $dir } holders.csv), or use --learn; then send the files again
cli-import-columns = {"  "}columns: { $columns }
cli-import-still = {"  "}{ $n ->
    [one] 1 row of it is
   *[other] { $n } rows of it are
} still set aside, and would be again: weighbridge quarantine { $dir }. Mend the rows and send them as a file of their own, or make known who is missing and send this file again
cli-import-rest = {"  "}taken before as entry { $before }; only the rows that do not count yet are taken, as entry { $seq }
spent-in_part = in part
spent-withdrawn = withdrawn
spent-set_aside = every row was set aside
cli-import-lines = {"  "}{ $read ->
    [one] 1 row
   *[other] { $read } rows
} read: { $accepted } accepted, { $aside } set aside, { $duplicates } repeated
cli-import-more = {"  "}and { $n } more: weighbridge quarantine { $dir }
cli-import-no-movement = {"  "}not a movement: { $what } ({ $n })
cli-import-ignored = {"  "}without movement by definition: { $what } ({ $n })
cli-import-note = {"  "}note: { $text } ({ $n })
cli-import-unread = {"  "}columns that are not read: { $columns }
cli-import-arcos = {"  "}ARCOS: { $rows } rows, { $equal } with the authority’s base weight, { $differ } with another, { $without } without a strength
cli-import-arcos-differ = {"    "}{ $reason }: { $n }
cli-row-both = {"  "}row { $row }, { $field }: { $reason }; found “{ $found }”, expected { $expected }. { $remedy }
cli-row-found = {"  "}row { $row }, { $field }: { $reason }; found “{ $found }”. { $remedy }
cli-row-expected = {"  "}row { $row }, { $field }: { $reason }; expected { $expected }. { $remedy }
cli-row-plain = {"  "}row { $row }, { $field }: { $reason }. { $remedy }
cli-check-more = {"  "}and { $n } more: run this again with --out result, or with --json
cli-check-far-date = note: the report is as of { $date }, the date in { $row }; nearly all others are up to { $usual }. If that is a slip, correct the row or ask for another day with --as-of
cli-check-same = { $file }: the same file as one before; it is not counted again
cli-check-out = Written to { $dir }: discrepancies.csv, discrepancies.xlsx, report.html
cli-withdraw-done = Submission { $submission } is withdrawn by entry { $seq }. What it brought no longer counts; the journal keeps both.
cli-withdraw-waiting = { $n ->
    [one] 1 correction waits now and counts nowhere, because the row that it corrects is gone:
   *[other] { $n } corrections wait now and count nowhere, because the rows that they correct are gone:
}
cli-withdraw-counting = { $n ->
    [one] 1 row counts again, because what stood in its place is gone:
   *[other] { $n } rows count again, because what stood in their place is gone:
}
cli-withdraw-holding = { $n ->
    [one] 1 correction that waited holds now, because only one row bears the document that it names:
   *[other] { $n } corrections that waited hold now, because only one row bears the document that each names:
}
cli-withdraw-replaced = { $n ->
    [one] 1 row no longer counts, because a correction of it holds now:
   *[other] { $n } rows no longer count, because corrections of them hold now:
}
cli-withdraw-row = {"  "}{ $reference } ({ $file }, row { $row }), before: { $was }
cli-withdraw-row_line = {"  "}{ $reference } ({ $file }, row { $row }, line { $line }), before: { $was }
cli-withdraw-more = {"  "}and { $n } more: weighbridge movements { $dir } --all
cli-review-done = The decision is entry { $seq }.
cli-holders-done = Entry { $seq }: in force from { $date }.
cli-receipt-shown =
    Receipt of entry { $seq } of { $origin }, within { $size } signed entries.
    recorded { $time }, { $rows ->
        [one] 1 row
       *[other] { $rows } rows
    }, submission key { $key }
cli-receipt-shown-more = { $kind }, sent on behalf of { $organisation }; SHA-256 of its content { $body }
entry_kind-registry = changes of the register
entry_kind-movements = movements
entry_kind-withdrawal = withdrawal
entry_kind-review = review
cli-receipt-holds =
    The receipt holds: entry { $seq } of { $origin }, within { $size } signed entries.
    recorded { $time }, { $rows ->
        [one] 1 row
       *[other] { $rows } rows
    }, submission key { $key }
cli-verify-read = { $entries } entries read, { $bytes } bytes hashed, { $tiles ->
    [one] 1 tile
   *[other] { $tiles } tiles
} compared
cli-verify-signed = { $signed } entries are under { $checkpoints ->
    [one] 1 signed checkpoint
   *[other] { $checkpoints } signed checkpoints
}
cli-verify-checkpoint = The last one is in { $path }: { $origin }, { $size } entries, signed by the key in { $key }
cli-verify-other-key = this key signed none of the { $n } checkpoints of this journal: { $key }; give the public key of this journal’s keeper
cli-verify-lines = { $lines } lines decoded and encoded again, { $recomputed } masses computed again
cli-verify-unnamed = note: { $n ->
    [one] 1 file
   *[other] { $n } files
} in blobs ({ $bytes } bytes) that no entry names: left by an import that was stopped, or written by one that is running; nobody can read them
cli-verify-copy_missing = note: { $path }, the copy of the last signed checkpoint beside the journal, is missing. The journal has its own, which was checked; the next import writes the copy again. If nobody here removed it, compare with a copy that somebody else keeps
cli-verify-good = Nothing is wrong. Root: { $root }
cli-verify-bad = Wrong: { $place }{ $n ->
    [one] {"."}
   *[other] {" "}is the first of { $n }.
}
cli-verify-fault = {"  "}{ $place }: { $fault }
cli-verify-fault_detail = {"  "}{ $place }: { $fault }: { $detail }
cli-export-done = { $rows ->
    [one] 1 row
   *[other] { $rows } rows
} written to { $file }
cli-export-kept = Written to { $file }
place-entry = entry { $seq }
place-checkpoint = the checkpoint of { $size } entries
place-tile = tile { $level }/{ $index }
place-store = the store
cli_arg-entry = Entry of a submission whose original or remarks are wanted
cli-demo-files = { $files } files with { $lines } lines in { $dir }; { $repeated } of them sent twice ({ $repeated_lines } lines, not counted again), { $refused } refused as a whole ({ $refused_lines } lines)
cli-demo-steps = How long it took
cli-demo-memory = {"  "}the books hold { $bytes } bytes a line in memory
cli-instruments-done = { $n ->
    [one] 1 calibration
   *[other] { $n } calibrations
  } in the register (entry { $seq })
cli-instruments-known = { $n ->
    [one] 1 calibration
   *[other] { $n } calibrations
  } already in the register as stated: nothing to take in
cli-instruments-wrong = Nothing was taken: { $n ->
    [one] 1 row is wrong
   *[other] { $n } rows are wrong
  }. Mend the file and send it again.
cli-demo-unexplained = Unexplained differences, judged over all months
cli-demo-found = {"  "}{ $found } of { $planted } planted losses are on the list; { $silent } of them went to firms that never report, which shows as overdue consignments and in no balance. { $false } of { $judged } series are on it without a planted loss: real mistakes of reporters that nobody has explained yet, and chance.
cli-demo-visits = {"  "}Planted kilograms at the places of the first { $visits } visits, of { $kg } kg:
way-weighbridge = weighbridge inspect (a tenth of the visits at random)
way-percentage = largest balance as a share of stock and receipts, as reported
way-z_test = plain z test of each balance, as reported
step-judge = judging the balances
cli-demo-next =
    What to try next
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

step-generate = making the province
step-write = writing its files
step-import = reading, checking, deciding
step-commit = hashing and making durable
step-sign = signing
step-match = matching both sides
step-summarise = balances and summary
step-total = all together

detected-encoding = { $value }
detected-delimiter = delimiter “{ $value }”
detected-sheet = sheet { $value }
detected-header_row = header in row { $value }
detected-decimal_mark = decimal mark: { $value }
detected-date_style = order of day and month: { $value }
detected-columns = columns: { $value }
detected-sheets_not_read = sheets with rows that were not read: { $value }
detected-columns_not_read = columns that are not read: { $value }
detected-same_as = the same as { $value }
detected_value-dot = point
detected_value-comma = comma
detected_value-per_cell = differs by cell
detected_value-tab = tab

# Troubles of the program itself
trouble-path_not_found = there is no file or folder { $path }
trouble_remedy-path_not_found = Check the name.
trouble-path_denied = you may not read or write { $path }
trouble_remedy-path_denied = Check the rights of the file and of its folder.
trouble-path_is_folder = { $path } is a folder
trouble_remedy-path_is_folder = Name the files in it, like { $path }/july.csv
trouble-disk_full = the disk is full: { $path } ({ $detail })
trouble_remedy-disk_full = Make room and run the command again; what has a receipt is kept.
trouble-path_failed = { $path }: { $detail }
trouble_remedy-path_failed = Check the disk and run the command again.
trouble-key_missing = the secret key is missing: { $path }
trouble_remedy-key_missing = Put the key that init made back in its place; without it the journal can be read but not written.
trouble-certificate_absent = there is no certificate in { $path }
trouble_remedy-certificate_absent = Name the file of the certificate first, then that of its key, both in PEM (-----BEGIN CERTIFICATE-----).
trouble-certificate_damaged = { $path } cannot be read as a certificate: { $detail }
trouble_remedy-certificate_damaged = Have it made again, as PEM, the server’s own certificate first and then what leads from it to the root.
trouble-certificate_key_absent = there is no private key in { $path } that can be read without a password
trouble_remedy-certificate_key_absent = Name the file of the key second, in PEM (-----BEGIN PRIVATE KEY-----); take a password off with: openssl pkey -in KEY -out KEY.pem
trouble-certificate_key_unusable = the key in { $path } cannot be used: { $detail }
trouble_remedy-certificate_key_unusable = Use a key of RSA (2,048 bits or more), ECDSA (P-256, P-384) or Ed25519.
trouble-certificate_key_unfit = the key in { $path } is not that of the certificate in { $detail }
trouble_remedy-certificate_key_unfit = Name the two files that were made together.
trouble-authority_key_absent = the authority { $path } is there, but its key is missing: { $detail }
trouble_remedy-authority_key_absent = Put the key back from a copy; or move the authority’s file away, so that a new one is made, and have every device trust the new one.
trouble-authority_damaged = the authority { $path } and the key beside it make no certificate that holds: { $detail }
trouble_remedy-authority_damaged = Put both files back from a copy; or move both away, so that new ones are made, and have every device trust the new authority.
trouble-authority_ended = the authority { $path } was good until { $detail }
trouble_remedy-authority_ended = Move it and its key away, so that a new one is made, and have every device trust the new one.
trouble-authority_name = the authority { $path } was not made for { $detail }
trouble_remedy-authority_name = Use a name that ends in .lan, .local, .internal or .home.arpa, or a private address. Or move the authority and its key away, so that one is made for this name too, and have every device trust the new one.
trouble-body_damaged = entry { $seq } is not understood: { $detail }
trouble_remedy-body_damaged = Run verify for the extent; if a newer version wrote it, use that one.
trouble-key_used = { $name }: the submission key was used before for another file, in entry { $seq }
trouble_remedy-key_used = Give another key, or none.
trouble-file_changed = { $name } changed while it was read; nothing of it was taken
trouble_remedy-file_changed = Send it again when it is finished.
trouble-unknown_name = there is no such { $what }: { $name }
trouble_remedy-unknown_name = Check the spelling.
trouble-option_invalid = { $option }: “{ $given }” is not possible here; expected { $expected }
trouble_remedy-option_invalid = See --help.
trouble-identity_argument = an argument holds a resident identity number; the account keeps no persons
trouble_remedy-identity_argument = Leave it out, and rename the file if it is in its name. Nothing was read or written.
trouble-not_a_file = { $path } is not a regular file
trouble_remedy-not_a_file = Name a file or a new name; a link, a pipe or a device would be replaced.
# Mergers and splits that contradict the register
cli-holders-merger = { $holder } merged into { $into } on { $date }
cli-holders-split = site { $site } of { $holder } given to { $into } on { $date }
trouble-successor_itself = { $holder } cannot take over from itself
trouble_remedy-successor_itself = Name two holders; a new name or licence of the same holder goes into a holders file.
trouble-succession_in_future = { $date } has not begun: a merger or a split is recorded when it is in force
trouble_remedy-succession_in_future = Record it on its day, or give a day up to { $latest }; what is recorded cannot be taken back, and what is agreed may still not happen.
trouble-holder_merged = { $holder } is gone by then: { $earlier }. A holder that was merged into another takes part in nothing from that day on
trouble_remedy-holder_merged = Name { $answers }, which answers for it on that day, or an earlier day. A firm that is founded anew gets a code of its own in a holders file.
trouble-holder_acts_later = { $holder } cannot be gone by then: { $earlier }. A holder that was merged into another takes part in nothing from that day on
trouble_remedy-holder_acts_later = Check the day and the holders; { $holder } can be merged only after everything else that is recorded of it.
trouble-site_not_held = { $holder } does not hold site { $site } on that day, { $holds } does{ $known ->
    [yes] : { $earlier }
   *[no] {""}
}
trouble_remedy-site_not_held = Name { $holds } as the holder that gives up, or another day.
trouble-site_given_later = site { $site } is given away later, which could not be then: { $earlier }
trouble_remedy-site_given_later = Check the day, the site and the holders; give a later day if the site changed hands after that.

trouble-not_a_folder = { $path } is a file, and the results are several files in a folder
trouble_remedy-not_a_folder = Name a folder or a new name.
trouble-folder_not_empty = { $path } is not empty
trouble_remedy-folder_not_empty = Name another folder, or remove this one.
trouble-file_there = there is a file { $path } already
trouble_remedy-file_there = A backup replaces nothing: name another file, or remove this one.
# Backups
backup-journal = the journal
backup-public_key = weighbridge.pub
backup-key = weighbridge.key
trouble-backup_not_one = { $path } is not a backup of an account
trouble_remedy-backup_not_one = Give a file that weighbridge backup has written, unpacked by nothing.
trouble-backup_truncated = { $path } ends too early: { $expected } bytes should follow after byte { $at }, { $found } do
trouble_remedy-backup_truncated = The copy was cut short. Copy it again, or use another backup. Nothing was restored.
trouble-backup_name = { $path }, byte { $at }: “{ $name }” is no file of an account
trouble_remedy-backup_name = The file was not written by weighbridge backup, or was changed. Use another one. Nothing was restored.
trouble-backup_header = { $path }, byte { $at }: the header of { $name } is not the one that it was written with
trouble_remedy-backup_header = The file was changed, on its medium or by somebody. Use another backup. Nothing was restored.
trouble-backup_order = { $path }, byte { $at }: { $name } is out of its place or there twice
trouble_remedy-backup_order = The file was not written by weighbridge backup, or was changed. Use another one. Nothing was restored.
trouble-backup_fill = { $path }, byte { $at }: there is something where nothing should be
trouble_remedy-backup_fill = The file was changed, or something was appended to it. Use another backup. Nothing was restored.
trouble-backup_changed = { $path }: { $name } is not what was put in: { $found }; expected { $expected }
trouble_remedy-backup_changed = The file was changed, on its medium or by somebody. Use another backup. Nothing was restored.
trouble-backup_missing = { $path }: { $name } is listed and not there
trouble_remedy-backup_missing = The file was changed. Use another backup. Nothing was restored.
trouble-backup_unlisted = { $path }: { $name } is there and not listed
trouble_remedy-backup_unlisted = The file was changed. Use another backup. Nothing was restored.
trouble-backup_manifest = { $path }: the list of what is in it is not the one that was written
trouble_remedy-backup_manifest = The file was changed, on its medium or by somebody. Use another backup. Nothing was restored.
trouble-backup_too_new = { $path } is a backup of version { $found }, this program knows { $expected }
trouble_remedy-backup_too_new = Use a newer weighbridge. Nothing was restored.
trouble-backup_contents = { $path }: { $name } is not the one that the list speaks of
trouble_remedy-backup_contents = The file was made up of parts of others. Use another backup. Nothing was restored.
trouble-no_random = the system gives no random bytes
trouble_remedy-no_random = Start the computer again.
trouble-nothing_read = there is no row of movements in what was given
trouble_remedy-nothing_read = Give at least one file of movements; a holders file goes with --holders.
trouble-row_shared = several lines came with row { $name }: { $lines }
trouble_remedy-row_shared = Add the place of the line that is meant, as listed.
trouble_remedy-unknown_line = Write a line as ENTRY:ROW, like 17:5; weighbridge movements { $dir } shows both in the column “Entry:row”.
trouble_remedy-unknown_submission = Give the number of an entry of it; weighbridge movements { $dir } shows it before the colon in the column “Entry:row”, and the receipt’s file is named by it. What is withdrawn cannot be withdrawn again. Only a file of movements is withdrawn: a register is corrected by importing the holders again, and mergers and splits stay.
trouble-beyond_64_bits = a figure of the column { $column } has more than 64 bits, which is all that a number of a Parquet file has
trouble_remedy-beyond_64_bits = Export it as .csv or .xlsx, where figures have as many digits as they need.
trouble-checkpoint_file = the copy of the last signed checkpoint beside the journal is damaged or empty: { $path }
trouble_remedy-checkpoint_file = Move the file away and run verify again: the journal has its own checkpoints, and the next import writes the copy again. If somebody else keeps a copy, compare the journal with it.
trouble-fault = a fault of this program: { $detail }
trouble_remedy-fault = Please report it with the command that led to it. The journal is as it was.

what-holder = holder
what-site = site
what-lot = lot
what-line = line
what-submission = submission that counts
what-substance = substance
what-original = original

fault-body_not_canonical = its content is not in the form that this program writes
fault-rows_root_wrong = its rows do not lead to the root in its header
fault-mass_wrong = a mass is not its amount times its factor; row
detected_value-unstated = none seen
detected_value-undecided = not shown (YYYY-MM-DD needs none)
detected_value-day_first = day first
detected_value-month_first = month first

# What verify finds beside the journal
place-private = private value { $name }
fault-private_changed = it is not what was stored
fault-key_other = the journal keeps another name or public key for its own than the one given
fault-original_changed = the original file that is kept is not the one that was sent
fault-remarks_changed = the remarks that are kept are not those that were sent
fault-words_changed = what was written with a query is not what is kept
fault-kept_unreadable = what is kept of it cannot be read
cli-verify-kept = { $private } private values have their checksums; originals and remarks: { $checked } checked, { $erased } erased, { $damaged } damaged

# Receipts of rows
cli-receipt-row-about = Proves one row of a file by itself, for somebody who is to see no other
cli-receipt-row-example = {"  "}weighbridge receipt row account 17 5 --out row-17-5.receipt
cli_arg-row = Row of the file, as movements shows it behind the colon in the column “Entry:row”; where several lines came with one row, ROW:NTH
cli_arg-show-out = File to write; without it the receipt is printed
cli_arg-row-out = File to write; without it the receipt is printed
cli-receipt-row-written = { $path }: row { $row } of entry { $seq }, with its proof; receipt verify checks it with the public key alone
cli-receipt-row-holds =
    The receipt holds: one row of entry { $seq } of { $origin }, within { $size } signed entries.
    recorded { $time }, submission key { $key }
    The row says:
cli-receipt-row-number = row
cli-receipt-row-field = {"  "}{ $field }: { $value }
cli-receipt-row-only = { $rows ->
    [one] The entry has this 1 row.
   *[other] The entry has { $rows } rows; this file shows this one and tells nothing of the others.
}
    It was recorded so. Whether it still counts, or was corrected or withdrawn since, only the account tells.
field-class = scale
field-base_ug = mass in µg
what-row = row with a proof
trouble_remedy-unknown_row = weighbridge movements { $dir } shows entry and row in the column “Entry:row”; a row that was set aside has no proof of its own, only its entry’s receipt.
trouble-row_erased = no row of entry { $seq } can be shown by itself any more: the secret behind its salts was destroyed
trouble_remedy-row_erased = Show the receipt of the whole entry instead: weighbridge receipt show { $dir } ENTRY
error-receipt_row = the row in the receipt is not one of the entry’s rows: the row, its salt or its proof was changed
error_remedy-receipt_row = Do not rely on this file; ask for the receipt again.
error-receipt_shown = the readable lines of the receipt do not say what the proved row says
error_remedy-receipt_shown = Do not rely on this file; ask for the receipt again.

# Where signing fails after the entries were kept
trouble-unsigned = the journal has kept everything, { $size } entries, but no checkpoint could be signed over them, so there is no receipt yet: { $detail }
trouble_remedy-unsigned = Mend that, then import the same file again: it is not taken twice, and its receipt is given. The next import signs everything else as well.
cause-disk_full = the disk is full

# Questions on accepted lines
cli-findings-about = Shows accepted lines that are questioned: licence or register did not cover them
cli-findings-example = {"  "}weighbridge findings account --code licence_not_in_force --from 2025-01-01
cli_arg-findings-code = Only this question, by its code
cli-findings-meaning = These lines count all the same. Compare the dates and classes of the licence with the register; a line that was reported wrongly is corrected with action adjust or delete.
cli-import-findings = {"  "}{ $n ->
    [one] 1 question on an accepted row: licence or register did not cover it; it counts all the same
   *[other] { $n } questions on accepted rows: licence or register did not cover them; they count all the same
}
cli-import-findings_listed = {"    "}→ weighbridge findings { $dir }
cli-dry-more = {"  "}and { $n } more: run this again with --json

# More mistakes in the arguments, and hints that can be run as they stand
usage-range = { $arg }: “{ $found }” is not possible; write a whole number, { $expected }
usage-number = { $arg }: “{ $found }” is not possible; write a whole number
usage-extra = one argument too many: { $found }
usage-no_command = the command is missing; possible are { $expected }
usage-twice = { $found } was given twice
usage-conflict = { $found } and { $expected } cannot be given together
usage-values = { $arg }: wrong number of values
usage-utf8 = an argument is not text in UTF-8
usage-other = the arguments are not understood
trouble_remedy-unknown_holder = Check the code; weighbridge holders { $dir } lists all of them.
trouble_remedy-unknown_site = Check the code; weighbridge holders { $dir } lists the sites of every holder.
trouble_remedy-unknown_substance = Use an id, a CAS number or a name; weighbridge balances { $dir } shows the substances of this account.
trouble_remedy-unknown_lot = Check the lot number; weighbridge movements { $dir } shows them in the column “Lot”.
trouble_remedy-unknown_original = Nothing is kept of this entry, or it is not an entry of a file; weighbridge movements { $dir } shows the numbers before the colon in the column “Entry:row”.

# Files and folders that do not do
cli-in_file = { $name }: { $text }
trouble-folder_missing = there is no folder { $path } to write into
trouble_remedy-folder_missing = Make the folder first, or name another one.
trouble-option_missing = { $option } is missing; possible are { $expected }
trouble-of_account = { $path } lies in the folder of an account
trouble_remedy-of_account = Name a file outside: a file written there could take the place of the journal or of its key.
what-half = row that can be paired
trouble_remedy-unknown_half = Only a dispatch or a receipt that counts can be reviewed; weighbridge movements { $dir } shows kind and state of every row.
cli-import-undone = { $n ->
    [one] 1 correction that held before waits now and counts nowhere, because several rows bear the document that it names; what it had replaced counts again. To correct one row, name its line_id:
   *[other] { $n } corrections that held before wait now and count nowhere, because several rows bear the document that they name; what they had replaced counts again. To correct one row, name its line_id:
}
cli-import-waiting = { $n ->
    [one] 1 correction names a row that is not there, or not once: it waits and counts nowhere
   *[other] { $n } corrections name a row that is not there, or not once: they wait and count nowhere
} → weighbridge movements { $dir } --all
cli-serve-about = Serves the account as pages for many people
cli-serve-example =
    {"  "}weighbridge serve account
    {"  "}weighbridge serve account --listen 0.0.0.0:8443 --tls-local
    {"  "}weighbridge serve account --listen 0.0.0.0:443 --tls fullchain.pem privkey.pem
    {"  "}weighbridge serve account --listen 10.0.0.5:8420 --behind-proxy
cli-users-about = Shows who may sign in to the pages, or makes a sign-in link
cli-users-example =
    {"  "}weighbridge users account --link wang --role officer --scope area:3301
    {"  "}weighbridge users account --link store1 --role custodian --scope holder:CY-0001
cli_arg-listen = Address and port of the pages; anything but this computer itself wants --tls, --tls-local or --behind-proxy
cli_arg-demo-listen = Address and port of the pages, on this computer
expected-one_of_three_ways = 127.0.0.1:PORT for this computer alone; or, for others, one of --tls CERT.pem KEY.pem (a certificate that you have), --tls-local (an authority of the account’s own), --behind-proxy (a proxy in front that speaks TLS)
cli_arg-tls = Speaks TLS with this certificate (its chain in PEM, the server’s own first) and this key; both are read again when they change
cli_arg-tls_local = Speaks TLS with certificates of the account’s own authority, made at the first start; devices have to be told to trust it
cli_arg-tls_name = With --tls-local: a further name or address under which this computer is reached; may be given several times
cli_arg-behind_proxy = A proxy in front speaks TLS with the browsers, and nobody else reaches this address
cli_arg-no_serve = End after the report, without pages
cli_arg-link = Name of somebody to make a sign-in link for; added where nobody has it
cli_arg-role = What somebody who is added is here for
cli_arg-scope = How far it reaches: all of the account, an area by the beginning of its code, or one holder
cli-serve-at = The pages are open at { $url }
cli-serve-authority =
    It is known by { $names }. The account’s own authority says so, until { $date }:
    {"  "}{ $path }
    {"  "}SHA-256 { $sha256 }
    Each device has to be told once to trust it: open { $url }/authority.crt there, go on past the warning, compare the fingerprint with this one, and install it as an authority.
    {"  "}Android: Settings → Security → Encryption & credentials → Install a certificate → CA certificate
    {"  "}iPhone: install the profile in Settings, then Settings → General → About → Certificate Trust Settings
    {"  "}Windows: open the file, install it under “Trusted Root Certification Authorities”
    {"  "}Linux: see docs/howto/trust-the-local-authority.md, which says all of this in full
cli-serve-certificate_from = The certificate is good only from { $date } on: until then browsers refuse it. Check the clock of this computer.
cli-serve-certificate_until = The certificate is good until { $date }.
cli-serve-certificate_ended = The certificate ended on { $date }: browsers refuse it. Put a new one in its place; it is read without a new start.
cli-serve-certificate_changed = Another certificate is used from now on, good until { $date }.
cli-serve-certificate_kept = The certificate from before is used further.
cli-serve-links = Sign in by one of these links; each holds once, for a day:
cli-serve-end = Ctrl-C ends the server.
cli-users-link = { $login } signs in by the address of the server and { $path } (once, within a day)
cli_arg-admin = Address and port for health and metrics, of the machine room alone
cli-serve-admin = Health and metrics are at { $url }/health/ready and { $url }/metrics
