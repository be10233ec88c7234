#!/bin/sh
# Installs this machine: chooses a disk, fetches its final configuration, writes the system image to the disk and the
# configuration into it, tells imago, and reboots. Nothing boots from the disk before all of it is there and verified.
#
# Runs under busybox ash, dash and bash; needs curl, and of busybox or coreutils and util-linux the usual.
set -u
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin

serial={{ host.serial | shell }}
helper_url={{ urls.hostinfoHelper | shell }}
config_url={{ urls.finalConfig | shell }}
report_url={{ urls.report | shell }}
installed_url={{ urls.setInstalled | shell }}

image_name={{ image.name | shell }}
image_url={{ image.url | shell }}
image_sha256={{ image.sha256 | shell }}

# The profile's rule for the disk; sizes in bytes, empty: no limit.
disk_choice={{ profile.install.disk.choose | shell }}
disk_min={{ profile.install.disk.minBytes | number }}
disk_max={{ profile.install.disk.maxBytes | default('', true) | shell }}
disk_name={{ profile.install.disk.name | shell }}
disk_model={{ profile.install.disk.model | default('', true) | shell }}

{% set asMayu = profile.install.layout == 'mayu' %}
{% set asUserData = asMayu and profile.install.configFormat == 'cloud-config' %}
config_label={{ ('ROOT' if asUserData else profile.install.configLabel) | shell }}
config_file={{ ('var/lib/coreos-install/user_data' if asUserData else profile.install.configFile) | shell }}

MEBIBYTE=1048576
# Exit status of an attempt that must not be repeated.
REFUSED=4
# Exit status of an attempt that only a new boot of the machine can repeat.
NEEDS_BOOT=5

work=$(mktemp -d) || exit 1
mount_point=$work/mnt
answer=$work/answer
mkdir -p "$mount_point"

say() { echo "imago: $*"; }

# report PHASE MESSAGE: for the operator's table. The installation does not depend on it.
report() {
  printf '%s' "$2" | head -c 4096 >"$work/message"
  curl -sS --connect-timeout 5 --max-time 10 -o /dev/null -X POST -H 'Content-Type: text/plain' \
    --data-binary "@$work/message" "$report_url/$1" 2>/dev/null || :
}

# pause_for TRIES: seconds to wait after so many failures: 2, 4, 8, … 60, and up to half as much again, so that a rack does not return at once.
pause_for() {
  pause=60
  [ "$1" -lt 6 ] && pause=$((1 << $1))
  random=$(od -An -N2 -tu2 /dev/urandom 2>/dev/null | tr -d ' ')
  echo $((pause + ${random:-0} % (pause / 2 + 1)))
}

# One line of an answer or a log, fit for the console.
first_line() { head -n 1 "$1" 2>/dev/null | tr -cd '\040-\176' | cut -c 1-300; }

# --- An attempt runs in a subshell; `fail` ends it. ---

fail() {
  say "FAILED: $*"
  umount "$mount_point" 2>/dev/null
  if [ -e "$work/bootable" ]; then
    wipe_start && rm -f "$work/bootable"
    say "the start of $disk was wiped: it does not boot half a system"
  fi
  report failed "$*"
  exit 1
}

refuse() {
  say "STOPPED: $*"
  report failed "$*"
  exit "$REFUSED"
}

# This boot of the machine was handed its secrets, and gets them no more: the next one does.
boot_again() {
  say "$*"
  report failed "$*"
  exit "$NEEDS_BOOT"
}

# Why a disk is left alone, or nothing. Its name is $name, its size in bytes $size.
objection_to() {
  case $name in
    loop* | ram* | zram* | sr* | fd* | md* | dm-* | mtd* | nbd* | mmcblk*boot[0-9] | mmcblk*rpmb) echo 'not a disk' && return ;;
  esac
  # shellcheck disable=SC2254 # it is a pattern
  case $name in
    $disk_name) ;;
    *) echo "its name is not $disk_name" && return ;;
  esac
  [ "$(cat "$1/removable" 2>/dev/null)" != 1 ] || { echo removable && return; }
  [ "$(cat "$1/ro" 2>/dev/null)" != 1 ] || { echo read-only && return; }
  [ "$(cat "$1/hidden" 2>/dev/null)" != 1 ] || { echo 'a path of another disk' && return; }
  [ "$size" -gt 0 ] || { echo 'no medium' && return; }
  [ "$size" -ge "$disk_min" ] || { echo "smaller than $disk_min bytes" && return; }
  [ -z "$disk_max" ] || [ "$size" -le "$disk_max" ] || { echo "larger than $disk_max bytes" && return; }
  case $model in
    *"$disk_model"*) ;;
    *) echo "its model is not $disk_model" && return ;;
  esac
  if is_mounted "/dev/$node"; then echo mounted; fi
}

# Whether the disk or a partition of it is: sda is not sdaa, and nvme0n1p1 is not nvme0n10.
is_mounted() {
  case $1 in
    *[0-9]) partitions='^p[0-9]+$' ;;
    *) partitions='^[0-9]+$' ;;
  esac
  awk -v disk="$1" -v partitions="$partitions" '
    substr($1, 1, length(disk)) == disk { rest = substr($1, length(disk) + 1); if (rest == "" || rest ~ partitions) used = 1 }
    END { exit !used }' /proc/mounts
}

# Sets disk (as in /dev/sda) and disk_size.
choose_disk() {
  disk='' disk_size=0 seen=''
  for path in /sys/block/*; do
    [ -e "$path/size" ] || continue
    name=${path##*/}
    node=$(echo "$name" | tr '!' /)
    model=$(tr -cd '\040-\176' 2>/dev/null <"$path/device/model" | sed -e 's/^ *//' -e 's/ *$//')
    size=$(($(cat "$path/size") * 512))
    objection=$(objection_to "$path")
    [ "$objection" = 'not a disk' ] && continue
    seen="$seen; $name, $size bytes${model:+, $model}: ${objection:-fits}"
    say "disk $name, $size bytes${model:+, $model}: ${objection:-fits}"
    [ -z "$objection" ] || continue
    case $disk_choice in
      smallest) [ -z "$disk" ] || [ "$size" -lt "$disk_size" ] || continue ;;
      largest) [ -z "$disk" ] || [ "$size" -gt "$disk_size" ] || continue ;;
      *) [ -z "$disk" ] || continue ;;
    esac
    disk=/dev/$node disk_size=$size sysfs=$path
  done
  [ -n "$disk" ] || fail "no disk fits the rule ($disk_choice, name $disk_name, from $disk_min${disk_max:+ to $disk_max} bytes${disk_model:+, model $disk_model})${seen:-: there is none at all}"
  say "installing to $disk: the $disk_choice that fits"
}

{% if profile.install.sealed %}
# The key that the configuration is sealed to; one for this boot, in memory.
make_key() {
  if ! { command -v age && command -v age-keygen; } >/dev/null; then
    refuse 'this profile has its configuration sealed (install.sealed), and there is no age and age-keygen on this system'
  fi
  [ -s "$work/age-key" ] || age-keygen -o "$work/age-key" 2>"$work/error" || fail "no key: $(first_line "$work/error")"
}

recipient() { age-keygen -y "$work/age-key"; }

{% endif %}
fetch_config() {
  code=$(curl -sS --connect-timeout 10 --max-time 60 -o "$work/hostinfo-helper" -w '%{http_code}' "$helper_url" 2>"$work/error") ||
    fail "$helper_url: $(first_line "$work/error")"
  [ "$code" = 200 ] || fail "$helper_url answers HTTP $code"
{% if profile.install.sealed %}
  sh "$work/hostinfo-helper" -post-url="$config_url" -serial="$serial" -recipient="$(recipient)" >"$work/sealed" 2>"$work/error"
{% else %}
  sh "$work/hostinfo-helper" -post-url="$config_url" -serial="$serial" >"$work/config" 2>"$work/error"
{% endif %}
  case $? in
    0) ;;
    5) boot_again "the configuration was fetched by this boot already: $(first_line "$work/error")" ;;
    4) refuse "imago does not allow the installation: $(first_line "$work/error")" ;;
    *) fail "no final configuration: $(first_line "$work/error")" ;;
  esac
{% if profile.install.sealed %}
  age --decrypt -i "$work/age-key" -o "$work/config" "$work/sealed" 2>"$work/error" ||
    fail "the sealed configuration cannot be opened: $(first_line "$work/error")"
{% endif %}
  [ -s "$work/config" ] || fail "the final configuration is empty"
  say "final configuration: $(wc -c <"$work/config" | tr -d ' ') bytes"
}

# The image on standard output, in one piece however often the connection breaks.
stream_image() {
  offset=0 tries=0
  while :; do
    curl -sS -f -C "$offset" --connect-timeout 10 --speed-limit 1000 --speed-time 60 \
      -w '%{stderr}\n%{http_code} %{size_download}\n' "$image_url" 2>"$work/curl"
    result=$?
    [ "$result" -ne 0 ] || break
    read -r code received <<ANSWER
$(tail -n 1 "$work/curl")
ANSWER
    reason=$(first_line "$work/curl")
    [ "$result" -ne 23 ] || return # nobody reads on: the disk or the unpacker is at fault, not the network
    case $code in
      200 | 206) [ "${received:-0}" -eq 0 ] || { offset=$((offset + received)) tries=0; } ;;
    esac
    tries=$((tries + 1))
    case $code:$tries in
      4??:* | *:9)
        echo "$image_url: ${reason:-it broke off}" >"$work/download-failed"
        return
        ;;
    esac
    seconds=$(pause_for "$tries")
    say "download at $offset bytes: ${reason:-it broke off}; going on in $seconds s" >&2
    sleep "$seconds"
  done
  : >"$work/download-complete"
}

decompress() {
  case $image_name in
    *.bz2) bunzip2 -c ;;
    *.gz) gunzip -c ;;
    *.xz) xz -d -c ;;
    *.zst) zstd -d -c ;;
    *) cat ;;
  esac
}

wipe_start() { dd if=/dev/zero of="$disk" bs=$MEBIBYTE count=1 conv=notrunc,fsync 2>/dev/null; }
# Backup partition tables and RAID metadata live at the end.
wipe_end() { dd if=/dev/zero of="$disk" bs=$MEBIBYTE seek=$((disk_size / MEBIBYTE - 1)) count=1 conv=notrunc,fsync 2>/dev/null; }

sectors_written() { awk '{ print $7 }' "$sysfs/stat" 2>/dev/null || echo 0; }

# Every now and then, how far it is: an image takes minutes.
show_progress() {
  before=$(sectors_written)
  while sleep 15; do
    progress="$((($(sectors_written) - before) / 2048)) MiB are on $disk"
    say "$progress"
    report download "$progress"
  done
}

write_stream() {
  dd of="$work/head" bs=$MEBIBYTE count=1 iflag=fullblock status=none &&
    dd of="$disk" bs=$MEBIBYTE seek=1 iflag=fullblock conv=notrunc,fsync status=none
}

# The image's first mebibyte, which makes the disk bootable, is kept back until the checksum of the whole is known to be right.
write_image() {
  [ "$disk_size" -ge $((2 * MEBIBYTE)) ] || fail "$disk is smaller than 2 MiB"
  { wipe_start && wipe_end; } || fail "$disk cannot be written to"
  rm -f "$work"/*-failed "$work/download-complete" "$work/head"
  say "writing $image_name to $disk"
  show_progress &
  watcher=$!
  sum=$({
    stream_image |
      tee /proc/self/fd/3 2>/dev/null |
      { decompress 2>"$work/decompress.log" || first_line "$work/decompress.log" >"$work/decompress-failed"; } |
      { write_stream 2>"$work/dd.log" || first_line "$work/dd.log" >"$work/write-failed"; } >/dev/null
  } 3>&1 | sha256sum | cut -d ' ' -f 1)
  kill "$watcher" 2>/dev/null
  wait "$watcher" 2>/dev/null
  [ ! -e "$work/write-failed" ] || fail "writing to $disk: $(first_line "$work/write-failed")"
  [ ! -e "$work/download-failed" ] || fail "download: $(first_line "$work/download-failed")"
  if [ -e "$work/download-complete" ] && [ "$sum" != "$image_sha256" ]; then
    fail "the image's SHA-256 is $sum, it should be $image_sha256"
  fi
  [ ! -e "$work/decompress-failed" ] || fail "$image_name does not unpack: $(first_line "$work/decompress-failed")"
  [ "$sum" = "$image_sha256" ] || fail "$image_name was not read to its end"
  [ -s "$work/head" ] || fail "$image_name holds nothing"
  say "SHA-256 verified"
  : >"$work/bootable"
  dd if="$work/head" of="$disk" bs=$MEBIBYTE conv=notrunc,fsync 2>/dev/null || fail "the partition table cannot be written to $disk"
  sync
}

# The label of the file system on a partition. A busybox without blkid: the label that is looked for, if it stands where FAT, ext, XFS
# or Btrfs keep theirs. (Its findfs would not do: it may name another disk.)
# label_of PARTITION LABEL
label_of() {
  if command -v blkid >/dev/null; then
    blkid -c /dev/null "$1" 2>/dev/null | sed -n 's/.*[: ]LABEL="\([^"]*\)".*/\1/p' | sed -n 1p
    return
  fi
  for place in 43:11 71:11 1144:16 108:12 65835:36; do
    text=$(dd if="$1" bs=1 skip="${place%:*}" count="${place#*:}" 2>/dev/null | tr -d '\000' | sed 's/ *$//')
    if [ "$text" = "$2" ]; then
      echo "$text"
      return
    fi
  done
}

# find_partition LABEL: sets partition: the one of the chosen disk, and of no other, whose file system has the label.
find_partition() {
  tries=0
  while :; do
    blockdev --rereadpt "$disk" 2>/dev/null || partprobe "$disk" 2>/dev/null || partx -u "$disk" 2>/dev/null
    command -v udevadm >/dev/null && udevadm settle --timeout=10 2>/dev/null
    labels=''
    for path in "$sysfs"/*/partition; do
      [ -e "$path" ] || continue
      path=${path%/partition}
      partition=/dev/$(echo "${path##*/}" | tr '!' /)
      label=$(label_of "$partition" "$1")
      [ "$label" = "$1" ] && return
      labels="$labels ${partition}=${label:-none}"
    done
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || fail "no file system on $disk is labelled $1:${labels:- there are no partitions}"
    sleep 1
  done
}

# mount_labelled LABEL. The root of old Container Linux is a subvolume.
mount_labelled() {
  find_partition "$1"
  mount -t btrfs -o subvol=root "$partition" "$mount_point" 2>/dev/null ||
    mount "$partition" "$mount_point" 2>"$work/error" || fail "$partition cannot be mounted: $(first_line "$work/error")"
}

unmount() {
  umount "$mount_point" || fail "$partition cannot be unmounted"
  sync
}

# put_file SOURCE PATH: on what is mounted, whole or not at all, whenever the power goes.
put_file() {
  target=$mount_point/$2
  if ! { mkdir -p "${target%/*}" && cp "$1" "$target.new" && sync && mv -f "$target.new" "$target" && sync &&
    cmp -s "$1" "$target"; }; then
    fail "$2 cannot be written to $partition"
  fi
}

write_config() {
  mount_labelled "$config_label"
  put_file "$work/config" "$config_file"
  unmount
  say "wrote $config_file to $partition, labelled $config_label"
}
{% if asMayu %}

# What units of machines that Mayu installed read. Ignition enables units at a first boot only, which one with a machine id is not.
write_mayu_files() {
  printf 'SERIAL=%s\nMAYU_VERSION=imago\n' "$serial" >"$work/mayu-env"
  mount_labelled ROOT
  put_file "$work/mayu-env" etc/mayu-env
{% if asUserData %}
  echo {{ host.machineId | shell }} >"$work/machine-id"
  put_file "$work/machine-id" etc/machine-id
{% endif %}
  unmount
  say "wrote Mayu's files to $partition, labelled ROOT"
}
{% endif %}

# Until the server has recorded it: a machine that reboots before would be installed again.
tell_installed() {
  tries=0
  while :; do
    code=$(curl -sS --connect-timeout 10 --max-time 60 -o "$answer" -w '%{http_code}' -X PUT -H 'Content-Length: 0' "$installed_url" 2>"$work/error") || code="no answer, $(first_line "$work/error")"
    case $code in
      2??) break ;;
      409) refuse "imago does not take the installation as done: $(first_line "$answer")" ;;
    esac
    tries=$((tries + 1))
    seconds=$(pause_for "$tries")
    say "imago did not record the installation (${code}); telling it again in $seconds s"
    sleep "$seconds"
  done
  say 'imago has recorded the installation'
}

attempt() {
  umount "$mount_point" 2>/dev/null
  report started "installing $image_name"
  choose_disk
  report disk "$disk, $disk_size bytes"
{% if profile.install.sealed %}
  make_key
{% endif %}
  fetch_config
  report download "$image_name to $disk"
  write_image
  report write "$image_name is on $disk, its SHA-256 is right"
{% if asMayu %}
  write_mayu_files
{% endif %}
  write_config
  report config "$config_file is on $partition"
  tell_installed
  rm -f "$work/bootable"
  report 'done' "installed on $disk, rebooting"
}

failures=0
while :; do
  (attempt)
  case $? in
    0) break ;;
    "$REFUSED")
      say 'set this machine to configured to install it: imagoctl set '"$serial"' state configured'
      exit "$REFUSED"
      ;;
    "$NEEDS_BOOT") break ;;
  esac
  failures=$((failures + 1))
  seconds=$(pause_for "$failures")
  say "attempt $failures failed; starting over in $seconds s"
  sleep "$seconds"
done

say 'rebooting'
sync
if [ -d /run/systemd/system ]; then systemctl reboot && sleep 120; fi
reboot -f
sleep 30
# A kernel that does not obey.
echo b >/proc/sysrq-trigger
