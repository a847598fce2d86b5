#!/usr/bin/env bash
# Draws docs/images/demo*.svg from what the demo really prints: e2e/picture.sh PROGRAM. Long lists are cut, with an
# ellipsis where.
set -euo pipefail
program="$(realpath "$1")"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work="$(mktemp -d)"; trap 'rm -rf "$work"' EXIT
export LC_ALL=C.UTF-8

# A heading begins after an empty line; of what follows as many lines are kept as its place among the sections allows.
short() {
  awk -v keep='2 2 6 7 9 9 13 5 8 12' '
    BEGIN { n = split(keep, most, " "); section = 1 }
    /^$/ { section++; line = 0; cut = 0; if (section <= n) print; next }
    section > n { next }
    { line++ }
    line <= most[section] { print; next }
    !cut { print "  …"; cut = 1 }'
}

for lang in en zh; do
  (cd "$work" && "$program" demo "demo-$lang" --no-serve --lang "$lang" 2>/dev/null) >"$work/$lang.txt"
done
mkdir -p docs/images
short <"$work/en.txt" | sed 's/demo-en/weighbridge-demo/g' | cargo xtask picture '$ weighbridge demo' >docs/images/demo.svg
short <"$work/zh.txt" | sed 's/demo-zh/weighbridge-demo/g' | cargo xtask picture '$ weighbridge demo --lang zh' >docs/images/demo.zh-CN.svg
