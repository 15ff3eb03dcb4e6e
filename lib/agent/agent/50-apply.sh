# From a generation to a live host. Errors are collected, never fatal: a host that is half way is for the guard to judge.

# missing_links ID: selectors of the plan that no link of this host answers to.
missing_links() {
  [ -f "$STATE/gen/$1/plan" ] || return 0
  made_here=$(plan_lines "$1" wireguard | cut -f 2)
  awk -F "$TAB" '$1 ~ /^(link|ethtool|addresses|route|qdisc)$/ { print $2 }' "$STATE/gen/$1/plan" | sort -u | while read -r sel; do
    printf '%s\n' "$made_here" | grep -Fqx -e "${sel#name=}" && continue
    link_of "$sel" >/dev/null || printf '%s ' "$sel"
  done
}

# each_line ID KIND FUNCTION: calls FUNCTION with the first fields of every line of KIND.
each_line() {
  [ -f "$STATE/gen/$1/plan" ] || return 0
  while IFS=$TAB read -r f0 f1 f2 f3 f4 f5 f6 f7 f8; do
    [ "$f0" != "$2" ] || "$3" "$1" "$f1" "$f2" "$f3" "$f4" "$f5" "$f6" "$f7" "$f8" </dev/null
  done <"$STATE/gen/$1/plan"
}

apply_module() { module_loaded "$2" || modprobe "$2" 2>/dev/null || problem "module $2: cannot be loaded"; }
apply_sysctl() {
  sysctl_set "$2" "$3"
  case $? in
  0) ;;
  2) printf '%s\t%s\n' "$2" "$3" >>"$RUN/sysctl.later" ;;
  *) problem "sysctl $2: the kernel refused '$3'" ;;
  esac
}
# Keys of devices that only now exist (net.ipv4.conf.wg0.…).
apply_sysctl_later() {
  [ -f "$RUN/sysctl.later" ] || return 0
  while IFS=$TAB read -r key value; do
    sysctl_set "$key" "$value" || problem "sysctl $key: this kernel does not have it or refused '$value'"
  done <"$RUN/sysctl.later"
  rm -f "$RUN/sysctl.later"
}
# Files of others that systemd-sysctl reads after ours: they win there, and until netloom.service sets our value again.
tell_overridden_sysctls() { # ID
  for file in "$ROOT"/etc/sysctl.d/*.conf "$ROOT"/run/sysctl.d/*.conf "$ROOT"/usr/lib/sysctl.d/*.conf; do
    case $(printf '%s\n' "${file##*/}" 60-netloom.conf | sort | head -n 1) in 60-netloom.conf) [ "${file##*/}" = 60-netloom.conf ] || [ ! -r "$file" ] || say "${file##*/}$TAB$file" ;; esac
  done | sort -s -k 1,1 | cut -f 2 >"$RUN/sysctl.files"
  while read -r file; do sed "s|^|$file$TAB|" "$file"; printf '\n'; done <"$RUN/sysctl.files" | awk -F "$TAB" -v tab="$TAB" '
    FILENAME == ARGV[1] { if ($1 == "sysctl") wanted[$2] = $3; next }
    { line = $2; if (line !~ /^[ ]*-?[A-Za-z0-9_.\/*-]+[ ]*=/) next
      key = line; sub(/[ ]*=.*/, "", key); sub(/^[ ]*-?/, "", key); if (index(key, "/") && !index(key, ".")) gsub("/", ".", key)
      value = line; sub(/^[^=]*=[ ]*/, "", value); sub(/[ ]*$/, "", value); gsub(/[ ]+/, " ", value)
      if (key in wanted) { found[key] = value; where[key] = $1 } }
    END { for (key in found) if (found[key] != wanted[key]) print where[key] ": " key " = " found[key] " is read after Netloom" "\047" "s file and wins whenever sysctl.d is read again; netloom.service sets " wanted[key] " at boot: remove that line" }' "$STATE/gen/$1/plan" - | sort >>"$RUN/warnings"
  rm -f "$RUN/sysctl.files"
}
resolve() { link_of "$1" || { problem "link $1: not on this host"; return 1; }; }
apply_link() {
  name=$(resolve "$2") || return 0
  case $3 in
  mtu) mtu_set "$name" "$4" 2>"$RUN/error" || problem "$name: MTU $4 was refused: $(read_line "$RUN/error")" ;;
  up) link_set "$name" up || problem "$name: cannot be set up" ;;
  esac
}
apply_ethtool() {
  name=$(resolve "$2") || return 0
  flag=$(printf %s "$3" | tr GLCKA glcka)
  value=$5
  [ "$value" != max ] || value=$(ethtool_most "$name" "$flag" "$4")
  # One value a call: drivers refuse a whole call for one field they do not know.
  [ "$(ethtool_get "$name" "$flag" "$4")" = "$value" ] || ethtool "-$3" "$name" "$4" "$value" >/dev/null 2>"$RUN/error" ||
    warning "$name: ethtool -$3 $4 $value: $(read_line "$RUN/error")"
}
apply_addresses() { name=$(resolve "$2") || return 0; addresses_set "$name" "$3" 2>"$RUN/error" || problem "$name: addresses $3: $(read_line "$RUN/error")"; }
apply_route() {
  name=$(resolve "$2") || return 0
  route_set "$name" "$3" "$4" "$5" 2>"$RUN/error" || problem "route $3 on $name: $(read_line "$RUN/error")"
}
apply_qdisc() {
  name=$(resolve "$2") || return 0
  case $(qdisc_get "$name") in
  *' 0:'* | *' 7e10:'* | '') ;;
  *) plan_lines "$previous" qdisc | cut -f 2 | grep -Fqx -e "$2" || warning "$name: its qdisc $(qdisc_get "$name" | cut -d ' ' -f 1-2) was not the kernel's default and is replaced; destroy restores it" ;;
  esac
  qdisc_set "$name" "$3" "$4" 2>"$RUN/error" || problem "qdisc $3 on $name: $(read_line "$RUN/error")"
}
# shellcheck disable=SC2086 # family and name are two words
nft_delete() { nft list table $1 >/dev/null 2>&1 || return 0; nft delete table $1; }
nft_replace() { { printf 'table %s\ndelete table %s\n' "$1" "$1"; cat "$2"; } | nft -f - 2>"$RUN/error"; }
apply_nft() { nft_replace "$2" "$STATE/gen/$1/root/${3#root/}" || problem "nft table $2: $(read_line "$RUN/error")"; }
apply_unit() {
  systemd || { warning "unit $2: there is no systemd on this host"; return 0; }
  old=$STATE/gen/$previous/root/etc/systemd/system/$2
  if systemctl -q is-active "$2" && cmp -s "$old" "$STATE/gen/$1/root/etc/systemd/system/$2"; then return 0; fi
  # --no-block: ordering and patience are systemd's; whether the unit came up is a check's business.
  systemctl restart --no-block "$2" 2>"$RUN/error" || problem "unit $2: $(read_line "$RUN/error")"
}

# Stopped before their files go, and for good: one that is still stopping then would stay in systemd's lists as failed.
stop_gone_units() { # ID
  gone_units=
  systemd || return 0
  gone_units=$(plan_lines "$previous" unit | cut -f 2 | while read -r unit; do
    plan_lines "$1" unit | cut -f 2 | grep -Fqx -e "$unit" || say "$unit"
  done)
  for unit in $gone_units; do
    # What undoes its work when it stops, such as the rules of a firewall, must not be killed half way: systemd's own limit ends it.
    patience=20
    ! grep -q '^ExecStop=' "$STATE/gen/$previous/root/etc/systemd/system/$unit" 2>/dev/null || patience=120
    timeout "$patience" systemctl stop "$unit" 2>/dev/null || { systemctl kill --signal=KILL "$unit" && timeout 10 systemctl stop "$unit"; } 2>/dev/null || :
  done
}
forget_units() { # NAMES, in one word
  for unit in $1; do systemctl reset-failed "$unit" 2>/dev/null || :; done
}

# networkd takes its files again; it works on after the command returned, so wait until no link is being configured.
reload_managers() {
  systemd || return 0
  systemctl daemon-reload || warning "systemctl daemon-reload failed"
  systemctl -q is-active systemd-networkd 2>/dev/null || return 0
  installable "$1" | cut -f 3 >"$RUN/network.files"
  installable "$previous" | cut -f 3 >>"$RUN/network.files"
  if [ "$carried_over" = 1 ] || grep -q '^/etc/systemd/network/' "$RUN/network.files"; then
    networkctl reload 2>"$RUN/error" || problem "networkctl reload: $(read_line "$RUN/error")"
    reload_wait=0
    while [ "$reload_wait" -lt 10 ] && networkctl list --no-legend 2>/dev/null | grep -Eq ' (configuring|pending|initialized) *$'; do
      reload_wait=$((reload_wait + 1))
      sleep 0.5
    done
  fi
  rm -f "$RUN/network.files"
}

# bring_live ID: everything the generation says, and nothing of what another one said.
bring_live() {
  previous=$(active_id)
  live && stop_gone_units "$1"
  put link "$RUN/active" "$STATE/gen/$1" || problem "$RUN/active cannot be replaced"
  install_files "$1"
  live || return 0
  # A revert goes back to the system that ran, which need not be the one that was committed. Without a change under way
  # it is the boot entry, or a rebuild by hand, that has chosen the system.
  live_system=$STATE/gen/$1/system
  [ ! -e "$live_system" ] || case $(read_line "$RUN/phase") in
  '') ;;
  reverting) [ -f "$RUN/snapshot/system" ] || nixos_switch "$live_system" ;;
  *) nixos_switch "$live_system" ;;
  esac
  hand_over "$1"
  carried_over=0
  ! carry_over "$1" || carried_over=1
  reload_managers "$1"
  ! systemd || forget_units "$gone_units"
  restore_unnamed "$1"
  each_line "$1" module apply_module
  each_line "$1" sysctl apply_sysctl
  tell_overridden_sysctls "$1"
  each_line "$1" link apply_link
  each_line "$1" ethtool apply_ethtool
  each_line "$1" addresses apply_addresses
  each_line "$1" adopt apply_adopt
  each_line "$1" wireguard wireguard_apply
  [ -e "$STATE/routes-116" ] || say >"$STATE/routes-116"
  each_line "$1" route apply_route
  each_line "$1" qdisc apply_qdisc
  apply_sysctl_later
  keep_zones "$1"
  each_line "$1" nft apply_nft
  each_line "$1" unit apply_unit
  # Last: names may need the routes and units above.
  settle_endpoints "$1"
  rm -f "$RUN/error"
}
