# Sets up one fabric port from its file and proves it: `port apply|stop|serve FILE`, `port check WHAT FILE …`.
# The file holds one "key value …" a line. Devices are found when the script runs: the RDMA device from the network
# device, and that from the permanent address, since neither name is known before (mlx5_0 is often the control port).
set -u
LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/bin:/bin}:/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
SYS=${NETLOOM_SYS:-/sys}
PROC=${NETLOOM_PROC:-/proc}
RUN=${NETLOOM_RUN:-/run/netloom}/ports
CONFIGFS=${NETLOOM_CONFIGFS:-$SYS/kernel/config}

say() { printf '%s\n' "$*"; }
die() {
  printf 'netloom port %s: %s\n' "${port:-}" "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
fold() { tr -s ' \t\n' ' ' | sed 's/^ //; s/ $//'; }

# conf KEY: the value of KEY in the port's file, or nothing.
conf() {
  while read -r conf_key conf_value; do
    [ "$conf_key" != "$1" ] || { printf '%s\n' "$conf_value" && return 0; }
  done <"$file"
}
