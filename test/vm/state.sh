#!/bin/sh
# What a machine is, as text by which two moments are compared: `== section` lines, then one fact a line.
# What moves by itself (counters, lifetimes, process ids, order of events) is left out here and nowhere else.
export LC_ALL=C PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
# An emulated machine may need longer than the usual 25 s to list its units.
export SYSTEMD_BUS_TIMEOUT=10min
section() { printf '== %s\n' "$1"; }
has() { command -v "$1" >/dev/null; }

# The kernel probes a new IPv6 address for a second or two before it routes it.
for _ in 1 2 3 4 5 6 7 8 9 10; do ip -6 addr show tentative | grep -q . || break; sleep 1; done

kept='/etc /usr/local /root /home /boot /opt /srv'
section files
# shellcheck disable=SC2086 # a list of directories
find $kept -xdev ! -path /etc/ld.so.cache -printf '%y %m %u:%g %p %l\n' | sed 's/ $//' | sort
section contents
# shellcheck disable=SC2086
find $kept -xdev -type f ! -path /etc/ld.so.cache -print0 | sort -z | xargs -0 sha256sum
section run
find /run/systemd/system /run/systemd/network /run/udev/rules.d /run/sysctl.d /run/modules-load.d /run/NetworkManager/conf.d /run/netplan -printf '%y %p %l\n' 2>/dev/null | sort
section netloom
find /var/lib/netloom* /run/netloom* /etc/netloom* /tmp /var/tmp ! -path '*systemd-private-*' ! -path /tmp ! -path /var/tmp 2>/dev/null | sort
section managers
find /var/lib/NetworkManager /var/lib/dhcp /var/lib/dhcpcd /etc/NetworkManager /var/lib/systemd/network -type f 2>/dev/null | grep -vE 'timestamps|\.lease|seen-bssids' | sort
section packages
dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' | sort
section sysctl
sysctl -a 2>/dev/null | grep -vE '^(fs\.(dentry-state|inode-(nr|state)|file-nr|quota)|kernel\.(random|ns_last_pid|pty\.nr|perf_event_max_sample|perf_cpu|sched_domain|core_modes)|net\.netfilter\.nf_conntrack_count|vm\.stat)|stable_secret|tcp_fastopen_key|kernel\.hostname' | sort
section link
ip -d -o link show | sed -E 's/^[0-9]+: //; s/ state [A-Z]+//; s/ (numtxqueues|gso_|tso_|gro_|addrgenmode none).*//; s/ qlen [0-9]+//'
section address
ip -o addr show | sed -E 's/^[0-9]+: //; s/ *valid_lft.*//' | sort
section route
{ ip route show table all; ip -6 route show table all; } | sed -E 's/ expires -?[0-9]+sec//; s/ pref medium//; s/ *$//' | grep -v '^multicast' | sort
section rule
ip rule show; ip -6 rule show
section qdisc
tc qdisc show | sed -E 's/^qdisc ([a-z_]+) [0-9a-f]+:/qdisc \1/; s/ refcnt [0-9]+//' | sort
section nft
nft -s list ruleset 2>/dev/null
section units
# Units that run or failed. Sessions, scopes, devices and one-off jobs come and go.
systemctl list-units --all --plain --no-legend --no-pager | awk '{ print $1, $2, $3, $4 }' | grep -E '\.(service|socket|timer|target|mount|path) ' |
  grep -vE '^(session-|user|run-user|run-credentials|systemd-(hostnamed|timedated|localed|tmpfiles-clean|user-sessions|rfkill|fsck|initctl|network-generator|quotacheck|pcrphase|update-done|firstboot|hwdb)|modprobe@|getty|serial-getty|ssh@|sshd@|NetworkManager-dispatcher|polkit|networkd-dispatcher|e2scrub|man-db|logrotate|dpkg-db|apt-|phpsessionclean|emergency|rescue|initrd|umount|shutdown|reboot|final|soft-reboot|systemd-(reboot|poweroff|halt|kexec|ask-password)|plymouth|first-boot|remote-fs|nss-|rpcbind|time-set|time-sync|veritysetup|cryptsetup|integritysetup|blockdev|boot-complete|auditd|syslog|rc-local|display-manager|connman|kbd|console-screen|keyboard)' | sort
section unit-files
systemctl list-unit-files --no-legend --no-pager | awk '{ print $1, $2 }' | sort
section modules
lsmod | awk 'NR > 1 { print $1 }' | sort
section ethtool
for device in ens3 ens4; do ethtool -k $device; ethtool -g $device; ethtool -l $device; done 2>/dev/null | sed "s/^/$device /"
section resolver
cat /etc/resolv.conf
has ufw && { section ufw; ufw status verbose; }
has firewall-cmd && { section firewalld; for permanent in '' --permanent; do firewall-cmd $permanent --list-all-zones; done; firewall-cmd --get-active-zones; }
has nmcli && { section networkmanager; nmcli -t -f DEVICE,STATE,CONNECTION device | sort; nmcli -t -f NAME,DEVICE,AUTOCONNECT connection | sort; }
systemctl -q is-active systemd-networkd && { section networkd; networkctl --no-legend --no-pager list | awk '{ print $2, $3, $4, $5 }'; }
section processes
ps -eo args --no-headers | grep -vE '^(\[|ps |sh -s|sh /|sort|grep|awk|sed|sshd: |/lib/systemd/systemd-(hostnamed|timedated)|\(sd-pam\)|/lib/systemd/systemd --user|-bash|bash|/sbin/agetty|/usr/libexec/nm-dispatcher|sleep|/usr/lib/polkit)' | sed -E 's/  +/ /g; s/(dhclient .*)/dhclient/' | sort | uniq
section end
