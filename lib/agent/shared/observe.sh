# Reading the host. Shared by the agent and by the checks, so that what is set and what is checked mean the same.

# net.ipv4.conf.eth0/100.rp_filter -> net/ipv4/conf/eth0.100/rp_filter, as sysctl(8) reads it.
sysctl_path() {
  case ${1%%[./]*} in
  "$1") printf '%s/sys/%s\n' "${NETLOOM_PROC:-/proc}" "$1" ;;
  *)
    sysctl_rest=${1#"${1%%[./]*}"}
    case $sysctl_rest in
    /*) printf '%s/sys/%s\n' "${NETLOOM_PROC:-/proc}" "$1" ;;
    *)
      sysctl_rest=$1 sysctl_file=
      while :; do
        sysctl_part=${sysctl_rest%%[./]*}
        case ${sysctl_rest#"$sysctl_part"} in
        '') break ;;
        .*) sysctl_file=$sysctl_file$sysctl_part/ ;;
        *) sysctl_file=$sysctl_file$sysctl_part. ;;
        esac
        sysctl_rest=${sysctl_rest#"$sysctl_part"?}
      done
      printf '%s/sys/%s%s\n' "${NETLOOM_PROC:-/proc}" "$sysctl_file" "$sysctl_part"
      ;;
    esac
    ;;
  esac
}

# Folds white space: the kernel prints vectors with tabs. In the shell alone, since hundreds of values go through it, and
# a program costs milliseconds, on small machines many.
fold() {
  fold_text=
  while read -r fold_line || [ -n "$fold_line" ]; do fold_text="$fold_text $fold_line"; done
  set -f
  # shellcheck disable=SC2086 # words are what is wanted
  set -- $fold_text
  set +f
  printf '%s\n' "$*"
}

# A shell reads byte by byte, and of these files the kernel hands out one byte then: a program reads them at once.
sysctl_get() {
  sysctl_text=$(cat "$(sysctl_path "$1")" 2>/dev/null) || return 1
  printf '%s\n' "$sysctl_text" | fold
}

link_exists() { ip link show dev "$1" >/dev/null 2>&1; }

# link_of SEL: the link with that name or permanent address. VLANs, bridges and bonds inherit the address of
# what they stand on, so a link of such a kind never answers to mac=.
link_of() {
  case $1 in
  name=*)
    link_exists "${1#name=}" || return 1
    printf '%s\n' "${1#name=}"
    ;;
  mac=*)
    ip -o -d link show | awk -v mac="${1#mac=}" '
      BEGIN { mac = tolower(mac) }
      { name = $2; sub(/:$/, "", name); sub(/@.*/, "", name); current = ""; permanent = ""; upper = 0
        for (i = 3; i < NF; i++) {
          if ($i == "link/ether" || $i == "link/infiniband") current = $(i + 1)
          if ($i == "permaddr") permanent = $(i + 1)
          if ($i ~ /^(vlan|bridge|bond|macvlan|macvtap|ipvlan|team|vrf)$/ && $(i - 1) ~ /\\$/) upper = 1
        }
        if (permanent == mac) { exact = name }
        else if (permanent == "" && current == mac && !upper && like == "") like = name
      }
      END { name = exact != "" ? exact : like; if (name == "") exit 1; print name }'
    ;;
  *) return 1 ;;
  esac
}

mtu_get() { ip -o link show dev "$1" 2>/dev/null | awk '{ for (i = 1; i < NF; i++) if ($i == "mtu") print $(i + 1) }'; }

link_state() {
  ip -o link show dev "$1" 2>/dev/null | awk '{ print ($3 ~ /[<,]UP[,>]/) ? "up" : "down" }'
}

# Global addresses, one a line; those that a router advertisement made are the router's, not ours.
addresses_get() {
  ip -o addr show dev "$1" scope global 2>/dev/null | awk '
    $3 == "inet6" && / dynamic / { next }
    $3 == "inet" || $3 == "inet6" { print $4 }' | sort
}

# The root qdisc as "KIND HANDLE ARGS"; handle 0: means that the kernel made it.
qdisc_get() {
  tc qdisc show dev "$1" 2>/dev/null | awk '$4 == "root" || $6 == "root" || / root / {
    kind = $2; handle = $3; args = ""; skip = 0
    for (i = 4; i <= NF; i++) {
      if ($i == "root") continue
      if ($i == "refcnt") { i++; continue }
      args = args " " $i
    }
    print kind " " handle args; exit }'
}
# What filters hang on, say Cilium's, has a parent too, and queues nothing.
qdisc_children() { tc qdisc show dev "$1" 2>/dev/null | awk '/ parent / && $2 != "clsact" && $2 != "ingress" { print $2 }' | sort | uniq -c | fold; }

family_of() { case $1 in *:*) say_family=-6 ;; *) say_family=-4 ;; esac; printf '%s\n' "$say_family"; }

# routes_to DEST VIA: the routes of the main table to exactly DEST.
routes_to() {
  ip "$(family_of "$1$2")" route show exact "$1" 2>/dev/null | sed 's/ linkdown//; s/ dead//; s/ *$//'
}

# route_matches WORDS OPTIONS: whether a route on stdin goes "via A dev B" as WORDS say, with all pairs of OPTIONS. Some
# versions of ip print "congestion bbr" for what is set by "congctl bbr".
route_matches() {
  sed 's/ via inet6 / via /; s/ congestion / congctl /' | awk -v wanted="$1" -v options="$2" '
    { line = " " $0 " "; n = split(options, word, " "); good = index(line, " " wanted " ")
      for (i = 1; i < n; i += 2) if (!index(line, " " word[i] " " word[i + 1] " ")) good = 0
      if (good) found = 1 }
    END { exit !found }'
}
# route_taken ADDRESS: the route that a packet to ADDRESS takes, in one line.
route_taken() { ip "$(family_of "$1")" route get "$1" 2>&1 | fold; }

# ethtool_get DEV FLAG NAME: the current value, by the name that the setting command uses.
ethtool_get() {
  ethtool "-$2" "$1" 2>/dev/null | awk -v flag="$2" -v name="$3" '
    BEGIN {
      split("rx=rx-checksumming tx=tx-checksumming sg=scatter-gather tso=tcp-segmentation-offload gso=generic-segmentation-offload " \
        "gro=generic-receive-offload lro=large-receive-offload rxvlan=rx-vlan-offload txvlan=tx-vlan-offload " \
        "ntuple=ntuple-filters rxhash=receive-hashing", pairs, " ")
      for (i in pairs) { split(pairs[i], kv, "="); long[kv[1]] = kv[2] }
      want = name
      if (flag == "k" && (name in long)) want = long[name]
      if (flag == "a" && name == "autoneg") want = "autonegotiate"
      gsub(/-/, " ", want)
      current = (flag != "g" && flag != "l")
    }
    /^Current hardware settings/ { current = 1; next }
    !current { next }
    flag == "c" && /^Adaptive RX:/ {
      if (name == "adaptive-rx") print $3
      if (name == "adaptive-tx") print $5
      next
    }
    {
      split($0, part, ":"); key = tolower(part[1]); gsub(/^[ \t]+|[ \t]+$/, "", key); gsub(/-/, " ", key)
      if (key == want) { value = part[2]; gsub(/^[ \t]+/, "", value); sub(/[ \t].*/, "", value); print value; exit }
    }'
}

module_loaded() {
  module_name=$(printf %s "$1" | tr - _)
  [ -d "${NETLOOM_SYS:-/sys}/module/$module_name" ] && return 0
  grep -qs "/$module_name\.ko" "/lib/modules/$(uname -r)/modules.builtin" && return 0
  # Congestion controls that are built in show neither as a module nor, in a container, in modules.builtin.
  case $module_name in
  tcp_*) grep -qsw "${module_name#tcp_}" "${NETLOOM_PROC:-/proc}/sys/net/ipv4/tcp_available_congestion_control" ;;
  *) return 1 ;;
  esac
}

sha256_of() {
  [ -r "$1" ] && sha256_sum=$(if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi <"$1") && printf '%s\n' "${sha256_sum%% *}"
}
