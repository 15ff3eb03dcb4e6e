#!/usr/bin/env bash
# kernel.sh DIR: builds User Mode Linux, the kernel as a process, from Debian's source of the kernel of Debian 12.
# DIR gets `linux`, which is the kernel, and lib/modules. Takes 10 minutes on 2 cores, and 3 GiB while it builds.
# Debian's own user-mode-linux does not do: it lacks WireGuard, and the inet family of nftables.
set -euo pipefail
export LC_ALL=C
mkdir -p "$1"
dir=$(cd "$1" && pwd)
exec 9>"$dir/lock"
flock 9
[ ! -x "$dir/linux" ] || exit 0
source=/usr/src/linux-source-6.1.tar.xz
debian=/usr/src/linux-config-6.1/config.amd64_none_cloud-amd64.xz
build=$dir/build

say() { printf 'kernel: %s (%s s)\n' "$*" "$SECONDS"; }

# The whole network stack as Debian configures it, as modules where Debian has modules; and what systemd needs.
from_debian() {
  xz -dc "$debian" | grep -E '^CONFIG_(NF_|NFT_|NETFILTER|IP_NF|IP6_NF|BRIDGE|IP_SET|NET_SCH|NET_CLS|NET_ACT|NET_EMATCH|TCP_|DEFAULT_(CUBIC|TCP|FQ|NET)|WIREGUARD|DUMMY=|VETH|VLAN_8021Q|BONDING|TUN=|MACVLAN|IPVLAN|VXLAN|IFB|NET_VRF|NET_L3|IPV6|IP_|INET|PACKET|UNIX|XFRM|NET_IP|NET_FOU|NETLINK_DIAG|MPTCP|RPS|XPS|BQL|CGROUP_|CGROUPS|MEMCG|BLK_CGROUP|[A-Z]*_NS=|SECCOMP|AUTOFS|FHANDLE|INOTIFY|FANOTIFY|TMPFS|EXT4|POSIX_MQ|AUDIT|KEYS=|BPF=|BPF_SYSCALL|CRYPTO_(USER|SHA|HMAC|LIB|CHACHA|POLY|CURVE))' |
    grep -vE '^CONFIG_(IP_VS|IP_DCCP|IP_SCTP|INET_DCCP|INET_SCTP|NETFILTER_XT_MATCH_IPVS|NETFILTER_XT_TARGET_LED|NF_CONNTRACK_(H323|SIP)|CGROUP_HUGETLB|CGROUP_PERF|CGROUP_RDMA)|_X86|_SSSE3'
}

of_user_mode() {
  printf 'CONFIG_%s=y\n' NET UML_NET_VECTOR NO_HZ_IDLE HIGH_RES_TIMERS IKCONFIG IKCONFIG_PROC MODULE_UNLOAD \
    DEVTMPFS DEVTMPFS_MOUNT BLK_DEV_UBD HOSTFS CC_OPTIMIZE_FOR_PERFORMANCE UML_RANDOM PROC_SYSCTL \
    SYSFS KALLSYMS TASKSTATS NETDEVICES NET_CORE LWTUNNEL
  printf '# CONFIG_%s is not set\n' SYSFS_DEPRECATED SOUND REISERFS_FS PPP SLIP CC_OPTIMIZE_FOR_SIZE DEBUG_KERNEL \
    UML_NET_ETHERTAP UML_NET_SLIP UML_NET_SLIRP UML_NET_DAEMON UML_NET_MCAST
}

# The driver has no frames above 1500 bytes but for devices that start with more; with this, a device starts with 1500 and
# takes as much as its mtu= on the command line, as the ports of other virtual machines do. `ethtool -g` of a device that is
# down would crash the kernel; with this, the driver has no rings to ask for.
patch_driver() {
  local driver=$build/arch/um/drivers/vector_kern.c
  sed -i 's/^\tdev->mtu = get_mtu(def);$/\tdev->mtu = ETH_DATA_LEN;\n\tdev->max_mtu = get_mtu(def);/' "$driver"
  sed -i '/^\t\.get_ringparam\t= vector_get_ringparam,$/d; s/^static void vector_get_ringparam/static void __maybe_unused vector_get_ringparam/' "$driver"
  grep -q 'max_mtu = get_mtu' "$driver" && ! grep -q '\.get_ringparam' "$driver"
}

compile() {
  rm -rf "$build"
  mkdir "$build"
  tar -xf "$source" -C "$build" --strip-components 1
  say unpacked
  patch_driver
  local make=(nice make -s -C "$build" ARCH=um)
  "${make[@]}" x86_64_defconfig
  { from_debian; of_user_mode; } >"$build/wanted.config"
  (cd "$build" && ARCH=um scripts/kconfig/merge_config.sh -m .config wanted.config >/dev/null)
  "${make[@]}" olddefconfig
  "${make[@]}" -j "$(nproc)"
  rm -rf "${dir:?}/lib"
  "${make[@]}" modules_install INSTALL_MOD_PATH="$dir"
  find "$dir/lib/modules" -type l \( -name build -o -name source \) -delete
  cp "$build/.config" "$dir/config"
  strip -o "$dir/linux.tmp" "$build/linux"
}

compile >"$dir/log" 2>&1 || { tail -20 "$dir/log" >&2; exit 1; }
rm -rf "$build"
mv "$dir/linux.tmp" "$dir/linux"
say "built $("$dir/linux" --version)"
