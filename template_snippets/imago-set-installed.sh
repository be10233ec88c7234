#!/bin/sh
# Tells imago that the disk is written. Tries until it is heard: without it the machine would be installed again.
set -u
url={{ urls.setInstalled | shell }}

pause=1
while :; do
  code=$(curl -sS --connect-timeout 10 --max-time 60 -o /dev/null -w '%{http_code}' -X PUT "$url")
  case $code in
    2??)
      echo 'imago knows that this machine is installed'
      exit 0
      ;;
    409)
      echo 'imago does not expect this machine to be installed (HTTP 409): see imagoctl status' >&2
      exit 4
      ;;
  esac
  echo "imago answers HTTP $code, trying again in $pause s" >&2
  sleep "$pause"
  [ "$pause" -ge 60 ] || pause=$((pause * 2))
done
