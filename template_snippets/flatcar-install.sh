#!/bin/sh
# Installs Flatcar to the disk of this machine, with the configuration that imago has for it, and starts it again.
set -eu
report() {
  curl -sS --max-time 10 -o /dev/null -H 'Content-Type: text/plain' --data-binary "$2" {{ urls.report | shell }}/"$1" || true
}
trap '[ $? -eq 0 ] || report failed "flatcar-install did not succeed: see the journal of imago-install.service"' EXIT

report started 'flatcar-install'
code=$(curl -sS --retry 10 --retry-connrefused --connect-timeout 10 -o /run/imago.ign -w '%{http_code}' {{ urls.ignition | shell }})
if [ "$code" != 200 ]; then
  head -n 1 /run/imago.ign >&2
  # This boot of the machine was handed its secrets, and gets them no more: the next one does.
  if grep -q SECRETS_SERVED /run/imago.ign; then systemctl reboot; fi
  exit 22
fi
{% if image %}
image=/tmp/{{ image.name | uri }}
report download 'the image'
curl -sS -f --retry 10 --retry-connrefused --connect-timeout 10 -C - -o "$image" {{ image.url | shell }}
echo {{ image.sha256 | shell }}"  $image" | sha256sum -c -
{% endif %}
report write 'the disk'
flatcar-install{% if image %} -f "$image"{% endif %} -i /run/imago.ign {% if vars.installDevice is defined %}-d {{ vars.installDevice | shell }}{% else %}-s -e 7,11{% endif %}

/opt/bin/imago-set-installed
report 'done' 'it reboots'
systemctl reboot
