/**
 * Runs on the node, as root, and changes nothing: prints the facts that NixOS needs, or says why this node cannot be
 * turned into NixOS. `NETLOOM_ROOT` moves everything below a directory, for tests.
 */
export const PROBE = String.raw`set -eu
root=${"${NETLOOM_ROOT:-}"}
refuse() {
  printf 'netloom: %s\n' "$1" >&2
  exit 1
}
[ "$(id -u)" = 0 ] || refuse 'not root on the node'
[ "$(uname -m)" = x86_64 ] || refuse "the node is $(uname -m); only x86_64 was thought through"
[ ! -e "$root/sys/firmware/efi" ] || refuse 'the node boots by UEFI; only the boot sector of the first partition is known to be started'
[ ! -e "$root/etc/NIXOS" ] || refuse 'the node runs NixOS already, or is about to'
device=$(findmnt -n -o SOURCE -T "$root/")
case $device in
/dev/sd[a-z]1 | /dev/nvme[0-9]n[0-9]p1 | /dev/vd[a-z]1) ;;
*) refuse "the root file system is on $device; the boot server starts the first partition only" ;;
esac
! findmnt -n "$root/boot" >/dev/null || refuse '/boot is a file system of its own'
uuid=$(blkid -s UUID -o value "$device")
type=$(blkid -s TYPE -o value "$device")
case $uuid in '' | *[!0-9A-Fa-f-]*) refuse "the root file system has no usable UUID: $uuid" ;; esac
case $type in ext4 | xfs) ;; *) refuse "the root file system is $type; ext4 and xfs are known to work" ;; esac
free=$(df -P -k "$root/" | awk 'NR == 2 { print $4 }')
[ "$free" -ge 6291456 ] || refuse "only $free KiB are free; NixOS and the old system need 6 GiB beside each other"
if [ -s "$root/var/emulab/boot/controlif" ]; then
  control=$(cat "$root/var/emulab/boot/controlif")
else
  control=$(ip -4 route show default | awk '{ for (i = 1; i < NF; i++) if ($i == "dev") { print $(i + 1); exit } }')
fi
case $control in '' | *[!A-Za-z0-9_.-]*) refuse "no control interface: $control" ;; esac
mac=$(ip -o link show dev "$control" | awk '
  { for (i = 1; i < NF; i++) { if ($i == "permaddr") p = $(i + 1); if ($i == "link/ether") c = $(i + 1) } }
  END { print p != "" ? p : c }')
case $mac in ??:??:??:??:??:??) ;; *) refuse "no MAC address of $control: $mac" ;; esac
case $mac in *[!0-9a-f:]*) refuse "no MAC address of $control: $mac" ;; esac
user=${"${SUDO_USER:-root}"}
home=$(getent passwd "$user" | cut -d: -f6)
keys=$(cat "$root/root/.ssh/authorized_keys" "$root$home/.ssh/authorized_keys" 2>/dev/null |
  grep -oE '(ssh-(rsa|ed25519)|ecdsa-sha2-nistp[0-9]+|sk-[a-z0-9@.-]+) [A-Za-z0-9+/]{40,}={0,2}' | sort -u || true)
[ -n "$keys" ] || refuse "neither root nor $user has an authorized key; the node would be out of reach"
list=$(printf '%s\n' "$keys" | sed 's/.*/"&"/' | paste -s -d ,)
printf '{"rootUuid":"%s","rootFsType":"%s","bootPartition":"%s","controlMac":"%s","authorizedKeys":[%s]' \
  "$uuid" "$type" "$device" "$mac" "$list"
`;

/**
 * Runs on the node, as root, after the closure was unpacked: registers it and makes it what boots next. The running
 * system is not touched; the old root moves to `/old-root` at the next boot. Needs `toplevel` and `registration`.
 */
export const INSTALL = String.raw`set -eu
root=${"${NETLOOM_ROOT:-}"}
undo() {
  rm -f "$root/etc/NIXOS" "$root/etc/NIXOS_LUSTRATE"
  if [ -d "$root/boot.ubuntu" ]; then
    [ ! -d "$root/boot" ] || mv "$root/boot" "$root/boot.failed.$$"
    mv "$root/boot.ubuntu" "$root/boot"
  fi
  printf 'netloom: the installation failed and was taken back; if it failed in the boot loader, reload the image on the portal before any reboot\n' >&2
}
"$root$toplevel/sw/bin/nix-store" --load-db <"$root$registration"
"$root$toplevel/sw/bin/nix-env" -p "$root/nix/var/nix/profiles/system" --set "$toplevel"
trap undo EXIT
touch "$root/etc/NIXOS"
# What NixOS keeps of the old system; all else is in /old-root after the next boot.
printf '%s\n' etc/nixos etc/ssh/ssh_host_ed25519_key etc/ssh/ssh_host_ed25519_key.pub \
  etc/ssh/ssh_host_rsa_key etc/ssh/ssh_host_rsa_key.pub var/lib/netloom home root/.ssh >"$root/etc/NIXOS_LUSTRATE"
mv "$root/boot" "$root/boot.ubuntu"
mkdir "$root/boot"
NIXOS_INSTALL_BOOTLOADER=1 "$root$toplevel/bin/switch-to-configuration" boot
trap - EXIT
printf 'netloom: NixOS is installed; it starts with the next boot\n'
`;
