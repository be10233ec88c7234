# For the scripts that prepare a machine.
say() { echo "set-up: $*"; }
die() {
  echo "set-up: $*" >&2
  exit 1
}
