#!/bin/sh
# Tells imago what this machine is made of, since its profile hangs on that; then runs the answer, which is its first stage.
#
# Runs under busybox ash, dash and bash; needs curl.
set -u
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin

serial={{ host.serial | shell }}
profile={{ profile.name | shell }}
helper_url={{ urls.hostinfoHelper | shell }}
script_url={{ urls.firstStage | shell }}

work=$(mktemp -d) || exit 1

say() { echo "imago: $*"; }

first_line() { head -n 1 "$1" 2>/dev/null | tr -cd '\040-\176' | cut -c 1-300; }

# Seconds to wait after so many failures: 2, 4, 8, … 60, and up to half as much again.
pause_for() {
  pause=60
  [ "$1" -lt 6 ] && pause=$((1 << $1))
  random=$(od -An -N2 -tu2 /dev/urandom 2>/dev/null | tr -d ' ')
  echo $((pause + ${random:-0} % (pause / 2 + 1)))
}

fetch_script() {
  curl -sS -f --connect-timeout 10 --max-time 60 -o "$work/hostinfo-helper" "$helper_url" 2>"$work/error" || return 1
  sh "$work/hostinfo-helper" -post-url="$script_url?booted=$profile" -serial="$serial" >"$work/first-stage" 2>"$work/error"
}

say 'the profile of this machine hangs on what it is made of: telling imago'
failures=0
while :; do
  fetch_script
  case $? in
    0) break ;;
    4)
      say "STOPPED: $(first_line "$work/error")"
      exit 4
      ;;
  esac
  failures=$((failures + 1))
  seconds=$(pause_for "$failures")
  say "no first stage: $(first_line "$work/error"); asking again in $seconds s"
  sleep "$seconds"
done
exec sh "$work/first-stage"
