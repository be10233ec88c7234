#!/bin/sh
# Runs within debian-installer and Ubuntu's live installer.
#   seed.sh begin     posts what this machine is: imago counts it as installing; its cloud-config is the answer, and kept
#   seed.sh end       leaves the cloud-config to the installed system, and tells imago until it has recorded the installation
set -u

kernel_word() { tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | sed -n 1p; }
base=$(kernel_word mayu)
serial=$(kernel_word next-script)
serial=${serial##*/}
kept=/tmp/imago-cloud-config

fetch() { if command -v curl >/dev/null; then curl -sS -f -o "$2" "$1"; else wget -q -O "$2" "$1"; fi; }
put() { if command -v curl >/dev/null; then curl -sS -f -X PUT -H 'Content-Length: 0' "$1"; else wget -q -O /dev/null --method=PUT --body-data= "$1"; fi; }

begin() {
  until fetch "$base/hostinfo-helper" /tmp/hostinfo-helper; do sleep 5; done
  while :; do
    sh /tmp/hostinfo-helper -post-url="$base/final-cloud-config.yaml" -serial="$serial" >"$kept"
    case $? in
      0) return 0 ;;
      4) # imago does not want this machine installed: stop here rather than erase its disk.
        while :; do sleep 3600; done
        ;;
    esac
    sleep 10
  done
}

# The fixed address for netplan (Ubuntu); debian-installer has set it by itself.
write_netplan() {
  address=$(kernel_word imago.address)
  [ -n "$address" ] && [ -d /target/etc/netplan ] || return 0
  router=$(kernel_word imago.router)
  dns=$(kernel_word imago.dns)
  rm -f /target/etc/netplan/*
  {
    printf 'network:\n  version: 2\n  ethernets:\n    imago:\n      match: { macaddress: "%s" }\n' "$(kernel_word imago.mac)"
    printf '      addresses: ["%s"]\n' "$address"
    [ "$router" = none ] || printf '      routes: [{ to: default, via: "%s" }]\n' "$router"
    [ "$dns" = none ] || printf '      nameservers: { addresses: [%s] }\n' "$dns"
  } >/target/etc/netplan/50-imago.yaml
  chmod 600 /target/etc/netplan/50-imago.yaml
}

end() {
  seed=/target/var/lib/cloud/seed/nocloud
  mkdir -p "$seed" /target/etc/cloud/cloud.cfg.d
  cp "$kept" "$seed/user-data"
  echo "instance-id: imago-$serial" >"$seed/meta-data"
  rm -f /target/etc/cloud/cloud.cfg.d/99-installer.cfg
  printf 'datasource_list: [NoCloud, None]\nnetwork: { config: disabled }\n' >/target/etc/cloud/cloud.cfg.d/99-imago.cfg
  write_netplan
  until put "$base/admin/host/$serial/set_installed"; do sleep 5; done
}

case ${1:-} in
  begin) begin ;;
  end) end ;;
  *)
    echo 'usage: seed.sh begin|end' >&2
    exit 2
    ;;
esac
