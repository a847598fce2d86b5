#!/usr/bin/env bash
# Opens report.html in a real browser at desktop and phone width: e2e/report.sh FOLDER, where FOLDER is what e2e/run.sh
# left. Fails on anything the console says and on pages wider than their window. Keeps screenshots beside the report.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="$(realpath "$1")"
for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && { chrome="$name"; break; }; done
[ -n "${chrome:-}" ] || { echo "no Chromium here" >&2; exit 1; }
profile="$(mktemp -d)"; trap 'rm -rf "$profile"' EXIT

run() { # files may read files only here: the frame looks into the page
  timeout 90 "$chrome" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
    --allow-file-access-from-files --user-data-dir="$profile" --enable-logging=stderr --log-level=0 "$@"
}

# look PAGE WIDTH: prints what is wrong with the page at that width.
look() {
  local dom log="$profile/log"
  dom="$(run --virtual-time-budget=4000 --dump-dom "file://$here/frame.html?width=$2&page=file://$1" 2>"$log")"
  grep 'CONSOLE' "$log" | sed 's/^.*CONSOLE/console/'
  local verdict; verdict="$(grep -o '<title>[^<]*</title>' <<<"$dom" | head -1)"
  [ "$verdict" = "<title>fits</title>" ] || echo "$verdict at width $2"
}

# First that the look can see: a page that is too wide and one that complains.
printf '<!doctype html><body><div style="width:3000px">wide</div>' >"$profile/wide.html"
printf '<!doctype html><body><script>console.error("broken")</script>' >"$profile/broken.html"
printf '<!doctype html><body>fine' >"$profile/fine.html"
[ -n "$(look "$profile/wide.html" 1280)" ] && [ -n "$(look "$profile/broken.html" 1280)" ] && [ -z "$(look "$profile/fine.html" 390)" ] \
  || { echo "the browser does not look: $(look "$profile/fine.html" 390)" >&2; exit 1; }

status=0
for page in "$folder"/result/report.html "$folder"/result-zh/report.html; do
  [ -s "$page" ] || { echo "no $page" >&2; exit 1; }
  if grep -nE '(src|href)="(https?:)?//' "$page"; then echo "$page: names another host" >&2; status=1; fi
  for width in 1280 390; do
    wrong="$(look "$page" "$width")"
    if [ -n "$wrong" ]; then printf '%s at %s px: %s\n' "$page" "$width" "$wrong" >&2; status=1; fi
    run --screenshot="${page%.html}-$width.png" --window-size="$width,1600" "file://$page" >/dev/null 2>&1 || true
  done
done
[ "$status" = 0 ] && echo "report.html: desktop and phone width, both languages, nothing on the console, nothing too wide"
exit "$status"
