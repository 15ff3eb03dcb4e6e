#!/bin/bash
# lab.sh N COMMAND…: runs COMMAND in a throw-away network of N hosts that are reached by ssh.
#
# A host is a network, process and mount namespace of its own: / is an overlay over this machine's / (upper layer on
# a tmpfs), with its own /run, /dev, /proc, and an sshd as process 1. All hosts sit on a bridge with MTU 9000, which is
# isolated from everything else. All of it lives below one `unshare --kill-child`: when COMMAND ends or is killed, the
# kernel takes every process, mount, link and namespace away. Needs root.
#
# COMMAND finds in its environment:
#   LAB         scratch directory         LAB_KEY    private key for root on every host
#   LAB_HOSTS   "h1 h2 …"; $LAB/h1/ip and $LAB/h1/hostkey.pub belong to h1
# and on its PATH `lab_exec h1 CMD…`, which enters a host without ssh, `lab_crash h1`, which cuts its power (every
# process, its links, /run and all live values are gone, its disk stays), and `lab_boot h1`.
# Hosts begin with MTU 1500 and reno, so that a test which finds 9000 and bbr has seen a change.
set -euo pipefail
if [ "${LAB_INNER:-}" != 1 ]; then
  exec env LAB_INNER=1 unshare --mount --net --pid --ipc --uts --cgroup --fork --kill-child --mount-proc bash "$0" "$@" </dev/null
fi
count=$1
shift
mount -t tmpfs -o mode=755 run /run
mkdir /run/netns
export LAB=/run/lab LAB_KEY=/run/lab/id_ed25519 LAB_HOSTS=
mkdir -p "$LAB"
mount -t tmpfs -o size=512m,mode=755 lab "$LAB"
mkdir "$LAB/bin"
export PATH="$LAB/bin:/usr/local/sbin:/usr/sbin:/sbin:$PATH"
cat >"$LAB/bin/lab_exec" <<'X'
#!/bin/sh
host=$1
shift
# The scratch directory of a test is not there on a host.
unset TMPDIR
cd / && exec nsenter -t "$(cat "$LAB/$host/pid")" --mount --net --pid --uts --root --wd=/ -- "$@"
X
cat >"$LAB/bin/lab_crash" <<'X'
#!/bin/sh
host=$1
kill -KILL "$(cat "$LAB/$host/pid")"
while [ -e "/proc/$(cat "$LAB/$host/unshare.pid")/ns" ] && kill -0 "$(cat "$LAB/$host/unshare.pid")" 2>/dev/null; do sleep 0.02; done
ip link del "$host"
ip netns del "$host"
X
cat >"$LAB/bin/lab_boot" <<'X'
#!/bin/sh
# The process id of its sshd, seen from here, ends up in $LAB/NAME/pid.
set -e
name=$1 dir=$LAB/$1
ip netns add "$name"
# The switch port carries 9000 from the start; the host's side is what a deploy has to change.
address=$(cat "$dir/ip")
ip link add "$name" mtu 9000 type veth peer name eth0 address "02:00:00:00:00:$(printf %02x "${address##*.}")" netns "$name" mtu 1500
ip link set "$name" master br0 up
ip -n "$name" addr add "$address/24" brd + dev eth0
ip -n "$name" link set eth0 up
ip -n "$name" link set lo up
: >"$dir/log"
nsenter --net="/run/netns/$name" unshare --mount --uts --pid --fork --kill-child sh "$dir/init" >"$dir/log" 2>&1 </dev/null &
echo $! >"$dir/unshare.pid"
tries=0
until [ $tries -gt 1500 ]; do
  child=$(cat "/proc/$(cat "$dir/unshare.pid")/task/"*/children 2>/dev/null | tr -d ' ' || true)
  if [ -n "$child" ] && grep -q 'Server listening' "$dir/log"; then
    echo "$child" >"$dir/pid"
    exit
  fi
  tries=$((tries + 1))
  sleep 0.02
done
echo "lab: $name did not start:" >&2
cat "$dir/log" >&2
exit 1
X
chmod +x "$LAB/bin"/*

ip link set lo up
ip link add br0 type bridge
ip link set br0 mtu 9000 up
ip addr add 10.77.0.1/24 dev br0
ssh-keygen -q -t ed25519 -N '' -C lab -f "$LAB_KEY"

make_host() { # NAME ADDRESS
  local name=$1 address=$2 dir=$LAB/$1 root=$LAB/$1/root
  mkdir -p "$dir/up" "$dir/work" "$root"
  echo "$address" >"$dir/ip"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/up,workdir=$dir/work" "$root"
  # Not the machine's: host keys, logins, host name, and what an earlier use of this machine may have left.
  rm -rf "$root/var/lib/netloom"
  mkdir -p "$root/etc/ssh/lab"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/etc/ssh/lab/key"
  cut -d' ' -f1,2 "$root/etc/ssh/lab/key.pub" >"$dir/hostkey.pub"
  cp "$LAB_KEY.pub" "$root/etc/ssh/lab/authorized"
  echo "$name" >"$root/etc/hostname"
  sed -i 's/^root:[^:]*:/root:*:/' "$root/etc/shadow" # "!" would refuse logins with a key too
  cat >"$root/etc/ssh/lab/config" <<X
HostKey /etc/ssh/lab/key
AuthorizedKeysFile /etc/ssh/lab/authorized
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
StrictModes no
UseDNS no
PrintMotd no
PrintLastLog no
PidFile none
MaxStartups 100:30:200
MaxSessions 100
X
  cat >"$dir/init" <<X
set -e
hostname $name
mount -t proc proc $root/proc
mount -t sysfs sysfs $root/sys
mount --bind $root/sys/devices/virtual/net $root/sys/devices/virtual/net
mount -o remount,bind,ro $root/sys
# One devtmpfs serves the whole machine, so the host gets nodes of its own.
mount -t tmpfs -o mode=755 dev $root/dev
mkdir -p $root/dev/net $root/dev/pts $root/dev/shm
chmod 1777 $root/dev/shm
for file in null zero full random urandom tty net/tun; do
  [ -e /dev/\$file ] || continue
  : >$root/dev/\$file
  mount --bind /dev/\$file $root/dev/\$file
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts $root/dev/pts
ln -s pts/ptmx $root/dev/ptmx
ln -s /proc/self/fd $root/dev/fd
# These keys are the machine's own even in a namespace, and writable: the host gets copies.
for file in vm kernel fs; do
  mount -t tmpfs tmpfs $root/proc/sys/\$file
  (cd /proc/sys/\$file && find . -maxdepth 1 -type f -readable -exec cp --no-preserve=mode {} $root/proc/sys/\$file/ \; 2>/dev/null) || true
done
# net.core keys that a namespace lacks or may only read become plain files too, so that a whole configuration can be
# applied and read back. The kernel checks nothing there.
core=$root/proc/sys/net/core
mkdir -p $dir/core
mount --bind \$core $dir/core
mount -t tmpfs tmpfs \$core
for file in $dir/core/*; do
  key=\${file##*/}
  : >\$core/\$key
  if [ -w \$file ] && [ "\$(stat -c %a \$file)" != 444 ]; then mount --bind \$file \$core/\$key; else cat \$file >\$core/\$key; fi
done
for file in default_qdisc=pfifo_fast netdev_max_backlog=1000 netdev_budget=300 netdev_budget_usecs=8000 busy_poll=0 busy_read=0 rps_sock_flow_entries=0; do
  [ -e \$core/\${file%%=*} ] || echo "\${file#*=}" >\$core/\${file%%=*}
done
for file in run tmp root; do mount -t tmpfs -o size=64m tmpfs $root/\$file; done
chmod 755 $root/run
chmod 1777 $root/tmp
chmod 700 $root/root
mkdir -p $root/run/sshd $root/run/lock
sysctl -qw net.ipv4.tcp_congestion_control=reno || true
exec chroot $root /usr/sbin/sshd -D -e -f /etc/ssh/lab/config
X
  LAB_HOSTS="$LAB_HOSTS${LAB_HOSTS:+ }$name"
}

for i in $(seq "$count"); do make_host "h$i" "10.77.0.$((10 + i))"; done
booting=
for name in $LAB_HOSTS; do
  lab_boot "$name" &
  booting="$booting $!"
done
for pid in $booting; do wait "$pid"; done
export LAB_HOSTS
"$@"
