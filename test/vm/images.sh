#!/usr/bin/env bash
# images.sh DIR KERNEL: builds Debian 12 disk images, one for each manager of interfaces and firewalls that hosts commonly have:
#   networkd          systemd-networkd; no firewall
#   ifupdown          ifupdown with isc-dhcp-client; ufw is active
#   networkmanager    NetworkManager; firewalld is active
#   netplan           netplan with the networkd renderer, configured the way cloud-init does it
# They differ in nothing else: ens3 is the control port and gets its address by DHCP, ens4 is not configured.
# They boot with Debian's kernel, for which DIR gets vmlinuz and initrd, and with User Mode Linux, whose modules are below KERNEL.
# DIR also gets key, the SSH key that root accepts. Needs root, debootstrap, and e2fsprogs; takes 3 minutes and 6 GiB.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
mkdir -p "$1"
dir=$(cd "$1" && pwd)
kernel=$2
exec 9>"$dir/lock"
flock 9
base=$dir/base

say() { printf 'images: %s (%s s)\n' "$*" "$SECONDS"; }

# Packages must not start services in the chroot; the file must not stay in the image.
in_chroot() {
  local root=$1
  shift
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  rm -f "$root/etc/resolv.conf"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
  local status=0
  chroot "$root" "$@" >>"$dir/log" 2>&1 </dev/null || status=$?
  umount "$root/proc"
  rm -f "$root/usr/sbin/policy-rc.d" "$root/etc/resolv.conf"
  printf 'nameserver 10.0.2.3\n' >"$root/etc/resolv.conf" # the resolver of the control port
  [ $status = 0 ] || { tail -20 "$dir/log" >&2; return $status; }
}

build_base() {
  rm -rf --one-file-system "$base"
  [ -s "$dir/key" ] || ssh-keygen -q -t ed25519 -N '' -C netloom-vm -f "$dir/key"
  debootstrap --variant=minbase --include=systemd,systemd-sysv,udev,dbus,openssh-server,iproute2,iputils-ping,ethtool,nftables,kmod,procps,iperf3,tcpdump,sudo,ca-certificates,initramfs-tools,zstd,jq,less,netbase \
    bookworm "$base" http://deb.debian.org/debian >"$dir/log" 2>&1 || { tail -20 "$dir/log" >&2; exit 1; }
  say debootstrap
  printf '%s\n' 'deb http://deb.debian.org/debian bookworm main' 'deb http://deb.debian.org/debian bookworm-updates main' \
    'deb http://deb.debian.org/debian-security bookworm-security main' >"$base/etc/apt/sources.list"
  printf 'force-unsafe-io\n' >"$base/etc/dpkg/dpkg.cfg.d/vm"
  mkdir -p "$base/etc/initramfs-tools/conf.d"
  printf 'MODULES=list\nCOMPRESS=zstd\n' >"$base/etc/initramfs-tools/conf.d/vm"
  printf 'virtio_pci\nvirtio_blk\next4\n' >>"$base/etc/initramfs-tools/modules"
  in_chroot "$base" apt-get -q update
  in_chroot "$base" apt-get -q install -y --no-install-recommends linux-image-amd64
  in_chroot "$base" apt-get clean
  cp "$base"/boot/vmlinuz-* "$dir/vmlinuz"
  cp "$base"/boot/initrd.img-* "$dir/initrd"
  install -d -m 700 "$base/root/.ssh"
  install -m 600 "$dir/key.pub" "$base/root/.ssh/authorized_keys"
  cp -a "$kernel/lib/modules/." "$base/lib/modules/"
  # User Mode Linux has no buses from which udev could make the names that the same ports have in qemu.
  printf 'SUBSYSTEM=="net", ACTION=="add", DRIVERS=="uml-vector", ATTR{address}=="02:00:00:00:0%s:*", NAME="%s"\n' 2 ens3 1 ens4 \
    >"$base/usr/lib/udev/rules.d/70-ports.rules"
  echo 'LABEL=root / ext4 errors=remount-ro 0 1' >"$base/etc/fstab"
  rm -f "$base"/etc/ssh/ssh_host_*
  # The state of a machine must not change while it is compared.
  for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim; do
    ln -sf /dev/null "$base/etc/systemd/system/$timer.timer"
  done
  touch "$base/.done"
  say "base system"
}

packages() {
  case $1 in
    networkd) ;;
    ifupdown) echo ifupdown isc-dhcp-client ufw ;;
    networkmanager) echo network-manager firewalld ;;
    netplan) echo netplan.io ;;
  esac
}

configure() {
  local name=$1 root=$2
  case $name in
    networkd)
      printf '[Match]\nName=ens3\n\n[Network]\nDHCP=ipv4\n\n[DHCPv4]\nUseDNS=no\n' >"$root/etc/systemd/network/20-control.network"
      chroot "$root" systemctl -q enable systemd-networkd ssh
      ;;
    ifupdown)
      printf 'auto lo\niface lo inet loopback\n\nauto ens3\niface ens3 inet dhcp\n' >"$root/etc/network/interfaces"
      # dhclient would write the resolver anew at each boot.
      printf 'make_resolv_conf() { :; }\n' >"$root/etc/dhcp/dhclient-enter-hooks.d/keep-resolver"
      chroot "$root" systemctl -q enable networking ssh ufw
      # By ufw itself: what others write it rewrites, with rules for logging, when it is first used.
      chroot "$root" ufw allow 22/tcp
      sed -i 's/^ENABLED=.*/ENABLED=yes/' "$root/etc/ufw/ufw.conf"
      ;;
    networkmanager)
      printf '[main]\ndns=none\n' >"$root/etc/NetworkManager/conf.d/keep-resolver.conf"
      chroot "$root" systemctl -q enable NetworkManager firewalld ssh
      chroot "$root" systemctl -q disable NetworkManager-wait-online || :
      ;;
    netplan)
      install -m 600 /dev/stdin "$root/etc/netplan/50-cloud-init.yaml" <<'YAML'
network:
    ethernets:
        ens3:
            dhcp4: true
            dhcp4-overrides:
                use-dns: false
            match:
                macaddress: 02:00:00:00:02:04
            set-name: ens3
    version: 2
YAML
      chroot "$root" systemctl -q enable systemd-networkd ssh
      ;;
  esac
}

[ -e "$base/.done" ] || build_base
for name in networkd ifupdown networkmanager netplan; do
  [ ! -s "$dir/$name.raw" ] || continue
  root=$dir/root-$name
  rm -rf --one-file-system "$root"
  cp -a "$base" "$root"
  rm "$root/.done"
  echo "$name" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$root/etc/hosts"
  read -ra wanted <<<"$(packages "$name")"
  if [ ${#wanted[@]} -gt 0 ]; then in_chroot "$root" apt-get -q install -y --no-install-recommends "${wanted[@]}"; fi
  in_chroot "$root" apt-get clean
  configure "$name" "$root" >>"$dir/log" 2>&1
  chroot "$root" ssh-keygen -A >/dev/null
  rm -f "$root/etc/machine-id"
  chroot "$root" systemd-machine-id-setup >/dev/null 2>&1
  cut -d ' ' -f 1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub" >"$dir/$name.hostkey"
  truncate -s 1800M "$dir/$name.raw.tmp"
  mkfs.ext4 -q -F -L root -d "$root" "$dir/$name.raw.tmp"
  mv "$dir/$name.raw.tmp" "$dir/$name.raw"
  rm -rf --one-file-system "$root"
  say "$name"
done
