#!/usr/bin/env bash
# The built program, used as a person would use it: e2e/run.sh PROGRAM FOLDER. Leaves FOLDER/result/report.html for the
# look in a browser.
set -euo pipefail
program="$(realpath "$1")"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
rm -rf "$2"; mkdir -p "$2"; cd "$2"
export LC_ALL=C.UTF-8

fail() { printf 'end to end: %s\n' "$*" >&2; exit 1; }
# said TEXT COMMAND…: the command succeeds and says the text.
said() {
  local text="$1"; shift
  "$@" >out.txt 2>err.txt || { cat out.txt err.txt >&2; fail "exit $? of: $*"; }
  grep -qF -- "$text" out.txt err.txt || { cat out.txt err.txt >&2; fail "not said: $text by: $*"; }
}
# refused CODE COMMAND…: the command ends with the exit code.
refused() {
  local code="$1" is=0; shift
  "$@" >out.txt 2>err.txt || is=$?
  [ "$is" = "$code" ] || { cat out.txt err.txt >&2; fail "exit $is, expected $code, of: $*"; }
}

bash "$here/cli.sh" "$program" | diff "$here/../docs/reference/cli.md" - >cli.diff \
  || { head -40 cli.diff; fail "docs/reference/cli.md is stale: bash e2e/cli.sh PROGRAM >docs/reference/cli.md"; }

# A demo of forty holders: the files are a user's files from here on.
"$program" demo demo --seed 7 --holders 40 --months 6 --no-serve --lang en >demo.txt
grep -q . demo.txt || fail "the demo says nothing"
"$program" verify demo --lang en >verify.txt || { cat verify.txt; fail "the demo's journal does not verify"; }

# What was planted in it is on the list, or at the head of the visits; each list says what it rests on.
grep -q 'planted losses are on the list' demo.txt || fail "the demo does not say what was found"
said 'about 10 are expected on such lists' "$program" unexplained demo --limit 3 --periods --lang en
said 'on average at most 5 %' "$program" unexplained demo --wrong-share 5 --lang en
said 'Drawn at random' "$program" inspect demo --visits 5 --lang en
said '仅按自有单位' "$program" calibrate demo --lang zh
"$program" unexplained demo --json | grep -q '"schema": "weighbridge-unexplained/1"' || fail "no JSON of what is unexplained"
refused 1 "$program" inspect demo

# Two firms that disagree by 60 kg.
cat >a.csv <<'CSV'
reporter,kind,date,substance,amount,unit,counterparty,document
A,stocktake,2025-07-01,acetone,5000,kg,,
A,dispatch,2025-07-03,acetone,1000,kg,B,D-7
A,dispatch,2025-07-05,acetone,200,kg,B,D-8
CSV
cat >b.csv <<'CSV'
填报单位,业务类型,日期,品种,数量,计量单位,对方单位,单据号,备注
B,入库,2025年7月4日,丙酮,940,公斤,A,d-7,
B,入库,2025年7月6日,丙酮,200,公斤,A,D-8,=HYPERLINK("x")
B,入库,2025年7月6日,丙酮,二百,公斤,A,D-9,
CSV
"$program" check a.csv b.csv --json --as-of 2025-07-31 >check.json
grep -q '"difference_ug": *60000000000' check.json || { cat check.json; fail "60 kg are not found"; }
grep -q '"code": *"amount_invalid"' check.json || fail "the row that needs a hand is not named"
"$program" check a.csv b.csv --out result --lang en >check.txt
"$program" check a.csv b.csv --out result-zh --lang zh >check-zh.txt
for f in discrepancies.csv discrepancies.xlsx report.html; do [ -s "result/$f" ] || fail "no result/$f"; done

# An account of its own, with receipts.
"$program" init account --origin example.org/e2e --lang en >/dev/null
"$program" import account a.csv b.csv --learn --lang en >/dev/null
"$program" import account a.csv --learn --lang en >again.txt
receipts=(account/receipts/*)
[ -s "${receipts[0]}" ] || fail "no receipt"
for receipt in "${receipts[@]}"; do
  "$program" receipt verify "$receipt" --key account/weighbridge.pub >/dev/null || fail "$receipt does not verify"
done
sed 's/^index 0$/index 9/' "${receipts[0]}" >changed.txt
cmp -s changed.txt "${receipts[0]}" && sed -i 's/^index 1$/index 9/' changed.txt
refused 1 "$program" receipt verify changed.txt --key account/weighbridge.pub
"$program" verify account >/dev/null || fail "the account does not verify"
said 940 "$program" consignments account --state short --lang en
said A "$program" balances account --as-of 2025-07-31 --lang en
"$program" export account --what movements --format csv --out movements.csv >/dev/null
[ -s movements.csv ] || fail "nothing was exported"
refused 1 "$program" balances nowhere
refused 1 "$program" check nothing-here.csv

# The first file of an account has a row that is refused, and nothing is kept of it; withdrawn, it may come again.
printf 'reporter,kind,date,substance,amount,unit,remark\nA,use,2025-07-01,acetone,1,kg,fine\nA,use,2025-07-02,acetone,1,kg,11010519491231002X\n' >first.csv
"$program" init first --origin example.org/first >/dev/null
said '1 accepted, 1 set aside' "$program" import first first.csv --learn --lang en
said 'nothing changed' "$program" import first first.csv --learn --lang en
"$program" withdraw first 1 --reason mistake >/dev/null
said 'taken again' "$program" import first first.csv --learn --lang en
said 'first/checkpoint' "$program" verify first --lang en

# A changed byte is found.
cp -r account damaged
python=$(command -v python3 || true)
if [ -n "$python" ]; then
  "$python" - <<'PY'
import pathlib, sqlite3
base = sqlite3.connect("damaged/journal.sqlite")
seq, body = base.execute("select seq, body from entries order by length(body) desc limit 1").fetchone()
middle = len(body) // 2
base.execute("update entries set body = ? where seq = ?", (body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1:], seq))
base.commit()
PY
  refused 1 "$program" verify damaged
fi

# Killed while importing, started again: every receipt that was given verifies, and the job can be finished.
mkdir kill-files
for n in $(seq 1 60); do
  { echo 'reporter,kind,date,substance,amount,unit,counterparty,document'
    for row in $(seq 1 60); do echo "K$n,dispatch,2025-07-$(printf %02d $((row % 28 + 1))),toluene,$row,kg,M,K$n-$row"; done; } >"kill-files/$n.csv"
done
"$program" init killed --origin example.org/killed >/dev/null
for after in 0.03 0.08 0.15 0.25 0.4 0.1; do
  "$program" import killed kill-files/*.csv --learn >/dev/null 2>&1 & pid=$!
  sleep "$after"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  for receipt in killed/receipts/*; do
    [ -e "$receipt" ] || continue
    case "$receipt" in *.new|*.tmp) continue ;; esac
    "$program" receipt verify "$receipt" --key killed/weighbridge.pub >/dev/null || fail "after a kill $receipt does not verify"
  done
done
"$program" import killed kill-files/*.csv --learn >/dev/null
"$program" verify killed >/dev/null || fail "after kills the journal does not verify"
"$program" movements killed --json >movements.json
[ "$(grep -o '"document"' movements.json | wc -l)" = 3600 ] || fail "after kills there are $(grep -o '"document"' movements.json | wc -l) lines, not 3600"
echo "end to end: demo, check, init, import, receipts, verify, kills: all as expected"
