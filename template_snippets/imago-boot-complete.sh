#!/bin/sh
# Tells imago that this machine runs its own system, and in which version. Tries until it is heard.
set -u
url={{ urls.bootComplete | shell }}

# One setting of /etc/os-release, as JSON.
json_of() {
  # shellcheck disable=SC1091
  text=$(. /etc/os-release 2>/dev/null && eval "printf '%s' \"\${$1:-}\"")
  printf '%s' "$text" | tr -cd '\040-\176' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'
}

version=$(json_of VERSION_ID)
body="{${version:+\"CoreOSVersion\":\"$version\"}}"

tries=0
while :; do
  code=$(printf '%s' "$body" | curl -sS --connect-timeout 10 --max-time 60 -o /dev/null -w '%{http_code}' -X PUT \
    -H 'Content-Type: application/json' --data-binary @- "$url")
  case $code in
    2??)
      echo "imago knows that this machine is up${version:+, version $version}"
      exit 0
      ;;
    409)
      echo 'imago does not expect this machine to be up (HTTP 409): see imagoctl status' >&2
      exit 0
      ;;
  esac
  tries=$((tries + 1))
  pause=60
  [ "$tries" -lt 6 ] && pause=$((1 << tries))
  echo "imago answers HTTP $code, trying again in $pause s" >&2
  sleep "$pause"
done
