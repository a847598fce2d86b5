#!/usr/bin/env bash
# Prints docs/reference/cli.md from the program's own help: e2e/cli.sh PROGRAM >docs/reference/cli.md
set -euo pipefail
program="$1"
export COLUMNS=100 LC_ALL=C.UTF-8 NO_COLOR=1

cat <<'MD'
# Commands

Written by `e2e/cli.sh` from the program's own help; `./check` compares the two. The same in Chinese: `--lang zh`.

Data goes to standard output, everything else to standard error. Exit code 0: done, also with discrepancies, which are the
result and not a fault; 1: something that you can mend, and what; 2: a fault of ours.
MD
help() {
  printf '\n## `weighbridge%s`\n\n```\n' "${*:+ $*}"
  "$program" "$@" --lang en --help | sed 's/[[:space:]]*$//'
  printf '```\n'
}
help
for verb in demo serve users check init import balances consignments movements unexplained inspect calibrate findings quarantine queries trace holders 'holders merge' 'holders split' instruments \
  withdraw review verify backup restore 'receipt show' 'receipt row' 'receipt verify' export 'bench detection'; do
  # shellcheck disable=SC2086
  help $verb
done
