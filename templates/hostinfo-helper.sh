#!/bin/sh
# Gathers what this machine is and posts it to imago; prints the answer, which is the machine's final configuration.
#
#   hostinfo-helper -post-url=URL [-serial=SERIAL] [-recipient=AGE1…]
#
# With a recipient of age the answer is encrypted to it.
# Exit status: 0 answered · 1 no answer, or one that says to try again · 2 wrong usage · 4 refused (HTTP 409) · 5 refused until the
# machine boots again, since this boot of it was handed its secrets already.
# Runs under busybox ash, dash and bash; needs curl, or a wget that knows --post-file.
set -u
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin

die() {
  status=$1
  shift
  echo "hostinfo-helper: $*" >&2
  exit "$status"
}

post_url=
serial=
recipient=
usage='usage: hostinfo-helper -post-url=URL [-serial=SERIAL] [-recipient=AGE1…]'
for argument; do
  case $argument in
    -post-url=* | --post-url=*) post_url=${argument#*=} ;;
    -serial=* | --serial=*) serial=${argument#*=} ;;
    -recipient=* | --recipient=*) recipient=${argument#*=} ;;
    *) die 2 "what is '$argument'? $usage" ;;
  esac
done
[ -n "$post_url" ] || die 2 "$usage"

work=$(mktemp -d) || die 1 'there is no room for temporary files'
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A text as JSON. Firmware writes what it likes: only printable ASCII is passed on.
json() {
  printf '%s' "$1" | tr -cd '\040-\176' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/"/' >"$work/json"
  if [ -s "$work/json" ]; then cat "$work/json"; else printf '""'; fi
}

# The first of the serials of system, chassis and board that is not blank; blanks in it become hyphens.
own_serial() {
  for name in product_serial chassis_serial board_serial; do
    text=$(tr -d '\000\n' 2>/dev/null <"/sys/class/dmi/id/$name" | sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e 's/[[:space:]]/-/g')
    if [ -n "$text" ]; then
      printf '%s' "$text"
      return
    fi
  done
}

# The Ethernet interfaces that are hardware: names, one per line.
physical_interfaces() {
  for path in /sys/class/net/*; do
    [ -e "$path/device" ] || continue
    [ "$(cat "$path/type" 2>/dev/null)" = 1 ] || continue
    case $(cat "$path/address" 2>/dev/null) in '' | 00:00:00:00:00:00) continue ;; esac
    printf '%s\n' "${path##*/}"
  done
}

network_devices() {
  separator=
  physical_interfaces >"$work/interfaces"
  while read -r name; do
    printf '%s{"Name":%s,"MacAddress":%s}' "$separator" "$(json "$name")" "$(json "$(cat "/sys/class/net/$name/address")")"
    separator=,
  done <"$work/interfaces"
}

# What the firmware says, in one line.
dmi() { tr -d '\000\n' 2>/dev/null <"/sys/class/dmi/id/$1" | sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//'; }

memory_bytes() {
  kilobytes=$(sed -n 's/^MemTotal: *\([0-9]*\) kB$/\1/p' /proc/meminfo 2>/dev/null)
  echo $((${kilobytes:-0} * 1024))
}

# The disks that a system can be written to: names and sizes in bytes. Removable and read-only ones are left out, and what is no disk.
disks() {
  separator=
  for path in /sys/block/*; do
    name=${path##*/}
    case $name in
      loop* | ram* | zram* | sr* | fd* | md* | dm-* | mtd* | nbd* | mmcblk*boot[0-9] | mmcblk*rpmb) continue ;;
    esac
    sectors=$(cat "$path/size" 2>/dev/null)
    case $sectors in '' | 0 | *[!0-9]*) continue ;; esac
    [ "$(cat "$path/removable" 2>/dev/null)" != 1 ] || continue
    [ "$(cat "$path/ro" 2>/dev/null)" != 1 ] || continue
    [ "$(cat "$path/hidden" 2>/dev/null)" != 1 ] || continue
    printf '%s{"Name":%s,"Bytes":%s}' "$separator" "$(json "$name")" "$((sectors * 512))"
    separator=,
  done
}

# The interface that leads to the server; else that of the default route; else the first with a carrier.
connected_interface() {
  server=${post_url#*://}
  server=${server%%/*}
  server=${server%:*}
  name=$(ip -4 route get "$server" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | sed -n 1p)
  [ -n "$name" ] && [ "$name" != lo ] || name=$(awk '$2 == "00000000" && $8 == "00000000" { print $1; exit }' /proc/net/route 2>/dev/null)
  if [ -z "$name" ]; then
    for name in $(physical_interfaces) ''; do
      [ -n "$name" ] && [ "$(cat "/sys/class/net/$name/carrier" 2>/dev/null)" = 1 ] && break
    done
  fi
  printf '%s' "$name"
}

# The address of the management controller, where there is one and ipmitool to ask it: of the first of its LAN channels that has
# one. A channel that is not for a LAN is an error; a controller that hangs is not asked again.
ipmi_address() {
  command -v ipmitool >/dev/null || return 0
  if [ ! -e /dev/ipmi0 ]; then
    modprobe ipmi_si 2>/dev/null
    modprobe ipmi_devintf 2>/dev/null
  fi
  if command -v timeout >/dev/null; then set -- timeout 20 ipmitool; else set -- ipmitool; fi
  for channel in 1 2 3 4 5 6 7 8 9 10 11; do
    "$@" lan print "$channel" >"$work/lan" 2>/dev/null
    [ $? -lt 124 ] || return 0
    address=$(sed -n 's/^IP Address  *: *\([0-9.]*\).*/\1/p' "$work/lan" | sed -n 1p)
    case $address in '' | 0.* | 127.* | 169.254.*) continue ;; esac
    printf '%s' "$address"
    return 0
  done
}

[ -n "$serial" ] || serial=$(own_serial)
{
  printf '{"Serial":%s,"NetDevs":[%s],"IPMIAddress":%s,"ConnectedNIC":%s,' \
    "$(json "$serial")" "$(network_devices)" "$(json "$(ipmi_address)")" "$(json "$(connected_interface)")"
  printf '"Manufacturer":%s,"Product":%s,"MemoryBytes":%s,"Disks":[%s]}\n' \
    "$(json "$(dmi sys_vendor)")" "$(json "$(dmi product_name)")" "$(memory_bytes)" "$(disks)"
} >"$work/body"

# What the server said when it refused: the first line, cleaned.
said() {
  head -n 1 "$work/answer" 2>/dev/null | tr -cd '\040-\176' | cut -c 1-300
}

: >"$work/answer"
if command -v curl >/dev/null; then
  code=$(curl -sS --connect-timeout 10 --max-time 120 -o "$work/answer" -w '%{http_code}' \
    -H 'Content-Type: application/json' -H "X-Imago-Recipient: $recipient" --data-binary "@$work/body" "$post_url" 2>"$work/error") ||
    die 1 "$post_url: $(cat "$work/error")"
elif command -v wget >/dev/null; then
  if command -v timeout >/dev/null; then set -- timeout 120 wget; else set -- wget; fi
  if "$@" -O "$work/answer" --header 'Content-Type: application/json' --header "X-Imago-Recipient: $recipient" --post-file "$work/body" "$post_url" 2>"$work/error"; then
    code=200
  else
    code=$(grep -Eo '(HTTP/1.[01]|ERROR) [0-9][0-9][0-9]' "$work/error" | sed -n 's/.* //p' | sed -n '$p')
    [ -n "$code" ] || die 1 "$post_url: $(tail -n 1 "$work/error")"
  fi
else
  die 1 'there is neither curl nor wget on this system'
fi

case $code in
  200) ;;
  409)
    ! grep -q SECRETS_SERVED "$work/answer" 2>/dev/null || die 5 "$post_url refuses (HTTP 409): $(said)"
    die 4 "$post_url refuses (HTTP 409): $(said)"
    ;;
  *) die 1 "$post_url answers HTTP $code: $(said)" ;;
esac
[ -s "$work/answer" ] || die 1 "$post_url answers nothing"
cat "$work/answer"
