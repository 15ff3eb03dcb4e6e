#!/bin/sh
# effects.sh NUMBER MTU TRANSPORT PEER…: what a deployed machine must do, asked of the kernel and not of Netloom.
# PEER is the last octet of another machine's addresses. Prints one line for each effect; ends with 1 if one is missing.
export PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
number=$1 mtu=$2 transport=$3
shift 3
failed=0
expect() { # TEXT COMMAND…
  text=$1
  shift
  if found=$("$@" 2>&1); then echo "ok     $text"; else
    failed=1
    echo "not ok $text: $(echo "$found" | tr '\n' ' ' | cut -c1-300)"
  fi
}
shows() { # EXTENDED-REGEX COMMAND…
  pattern=$1
  shift
  shown=$("$@" 2>&1)
  echo "$shown"
  echo "$shown" | grep -qE -- "$pattern"
}
greets() { # ADDRESS: the archive's port is open to that neighbour
  timeout 60 bash -c 'exec 3<>/dev/tcp/$0/873; head -c 8 <&3' "$1" | grep -q '@RSYNCD:'
}

expect "ens4 has 10.10.1.$number/24" shows "inet 10\.10\.1\.$number/24 " ip -4 addr show dev ens4
expect "ens4 has fd00:10::$number/64" shows "inet6 fd00:10::$number/64 " ip -6 addr show dev ens4
expect "ens4 carries $mtu bytes" shows "mtu $mtu " ip link show dev ens4
expect "10.99.0.0/16 goes through 10.10.1.250" shows 'via 10\.10\.1\.250 dev ens4' ip route get 10.99.1.1
expect "the archive runs" systemctl is-active netloom-vm-archive.service
expect "no unit failed" sh -c 'failed=$(systemctl --failed --plain --no-legend); echo "$failed"; test -z "$failed"'
expect "ens3 has its lease" shows 'inet 10\.0\.2\.15/24 ' ip -4 addr show dev ens3
expect "the default route is ens3's" shows 'dev ens3' ip route get 192.0.2.1
if [ "$transport" = bbr ]; then
  expect "BBR is the congestion control" shows '= bbr$' sysctl net.ipv4.tcp_congestion_control
  expect "fq is on ens4" shows 'qdisc (fq|mq) ' tc qdisc show dev ens4
fi
for peer; do
  expect "packets of $mtu bytes reach 10.10.1.$peer" ping -c 1 -W 30 -M 'do' -s $((mtu - 28)) "10.10.1.$peer"
  expect "fd00:10::$peer answers" ping -c 1 -W 30 "fd00:10::$peer"
  expect "port 873 of 10.10.1.$peer is open" greets "10.10.1.$peer"
  if [ "$transport" = dctcp ]; then
    expect "DCTCP to 10.10.1.$peer" shows 'congctl dctcp' ip route get "10.10.1.$peer"
    expect "DCTCP to fd00:10::$peer" shows 'congctl dctcp' ip -6 route get "fd00:10::$peer"
  fi
done
count=$#
expect "$count machines answer through the tunnel" sh -c '
  count=0
  for address in $(wg show wg0 allowed-ips | cut -f 2 | tr " " "\n" | grep -F . | cut -d / -f 1); do
    if ping -c 1 -W 30 "$address"; then count=$((count + 1)); fi
  done
  echo "$count"; test "$count" = "$1"' sh "$count"
exit $failed
