# Other managers of interfaces. A port whose addresses are the plan's, and a WireGuard device, must have one owner, or the
# other one takes it over at the next boot. What is decided here is decided on the host and said as a warning. All that
# is written lies below /run, so that a reboot forgets what was not confirmed; `boot` writes it again for what was.

# owned ID: NAME TAB SELECTOR of the ports whose addresses are the plan's.
owned() {
  plan_lines "$1" addresses | cut -f 2 | sort -u | while read -r sel; do
    name=$(link_of "$sel") && printf '%s\t%s\n' "$name" "$sel"
  done
}

NM_FILE=$ROOT/run/NetworkManager/conf.d/90-netloom.conf

# nm_write ID: true when the file has changed. The list is added to those of other files.
nm_write() {
  nm_devices=$({
    plan_lines "$1" addresses | cut -f 2
    plan_lines "$1" wireguard | cut -f 2 | sed 's/^/name=/'
  } | sort -u | sed 's/^mac=/mac:/; s/^name=/interface-name:=/' | tr '\n' ';')
  if [ -z "$nm_devices" ] || [ ! -d "$ROOT/etc/NetworkManager" ]; then
    [ -e "$NM_FILE" ] || return 1
    rm -f "$NM_FILE"
    return 0
  fi
  nm_text="# Written by Netloom: these ports are set up by netloom.service.${NL}[keyfile]${NL}unmanaged-devices+=$nm_devices"
  [ "$(cat "$NM_FILE" 2>/dev/null)" != "$nm_text" ] || return 1
  (umask 022 && mkdir -p "${NM_FILE%/*}" && printf '%s\n' "$nm_text" >"$NM_FILE") || { problem "$NM_FILE: cannot be written"; return 1; }
}

# NetworkManager takes a device down when it lets go of it, so this comes before anything is set on links.
nm_hand_over() { # ID
  nm_write "$1" || return 0
  nm_runs || return 0
  owned "$1" | while IFS=$TAB read -r name _; do
    case $(nm_state "$name") in
    '' | 10\ *) ;;
    *) warning "$name: NetworkManager no longer manages it ($(nmcli -g GENERAL.CONNECTION device show "$name" 2>/dev/null)); Netloom does" ;;
    esac
  done
  nmcli general reload conf 2>"$RUN/error" || { problem "nmcli general reload: $(read_line "$RUN/error")"; return 0; }
  nm_wait=0
  while [ "$nm_wait" -lt 20 ] && owned "$1" | while IFS=$TAB read -r name _; do nm_state "$name"; done | grep -qv '^10 '; do
    nm_wait=$((nm_wait + 1))
    sleep 0.5
  done
}

# What NetworkManager and firewalld made of a port: MANAGED CONNECTION ZONE, each "-" where there is none.
claims_of() { # DEV
  claims_managed=- claims_connection=-
  if nm_runs; then
    case $(nm_state "$1") in
    '' | 10\ *) ;;
    *externally*) claims_managed=managed ;;
    100\ *) claims_managed=managed claims_connection=$(nmcli -g GENERAL.CON-UUID device show "$1" 2>/dev/null) ;;
    *) claims_managed=managed ;;
    esac
  fi
  claims_zone=$(has firewall-cmd && firewall-cmd --get-zone-of-interface="$1" 2>/dev/null)
  printf '%s %s %s\n' "$claims_managed" "${claims_connection:--}" "${claims_zone:--}"
}
zone_set() { # DEV ZONE
  case $2 in '' | -) return 0 ;; esac
  has firewall-cmd && firewall-cmd --state >/dev/null 2>&1 || return 0
  [ "$(firewall-cmd --get-zone-of-interface="$1" 2>/dev/null)" = "$2" ] || firewall-cmd -q --zone="$2" --change-interface="$1" ||
    warning "$1: cannot be put into firewalld's zone $2"
}
claims_restore() { # DEV "MANAGED CONNECTION ZONE"
  # shellcheck disable=SC2086
  set -- "$1" ${2:-- - -}
  if nm_runs && [ "$2" = managed ]; then
    case $(nm_state "$1") in 10\ *) nmcli device set "$1" managed yes >/dev/null 2>&1 || warning "$1: NetworkManager does not take it back: nmcli device set $1 managed yes" ;; esac
    if [ "$3" != - ] && [ "$(nmcli -g GENERAL.CON-UUID device show "$1" 2>/dev/null)" != "$3" ] && nmcli -g connection.uuid connection show "$3" >/dev/null 2>&1; then
      nmcli -w 20 connection up uuid "$3" ifname "$1" >/dev/null 2>&1 || warning "$1: NetworkManager does not bring its connection up again: nmcli connection up uuid $3"
    fi
  fi
  zone_set "$1" "$4"
}

# dhcpcd reads one file only. The lines between the marks are ours.
DHCPCD_FILE=$ROOT/etc/dhcpcd.conf
dhcpcd_write() { # NAMES: true when the file has changed
  [ -w "$DHCPCD_FILE" ] || return 1
  sed '/^# netloom begin$/,/^# netloom end$/d' "$DHCPCD_FILE" >"$RUN/dhcpcd.conf"
  [ -z "$1" ] || printf '# netloom begin\ndenyinterfaces %s\n# netloom end\n' "$1" >>"$RUN/dhcpcd.conf"
  if cmp -s "$RUN/dhcpcd.conf" "$DHCPCD_FILE"; then rm -f "$RUN/dhcpcd.conf"; return 1; fi
  cat "$RUN/dhcpcd.conf" >"$DHCPCD_FILE" || problem "$DHCPCD_FILE: cannot be written"
  rm -f "$RUN/dhcpcd.conf"
}
dhcpcd_names() { sed -n '/^# netloom begin$/,/^# netloom end$/s/^denyinterfaces //p' "$DHCPCD_FILE" 2>/dev/null; }
dhcpcd_hand_over() { # ID
  dhcpcd_before=$(dhcpcd_names)
  dhcpcd_now=$(owned "$1" | cut -f 1 | sort | tr '\n' ' ' | sed 's/ $//')
  has dhcpcd || [ -n "$dhcpcd_before" ] || return 0
  dhcpcd_write "$dhcpcd_now" && dhcpcd_runs || return 0
  for name in $dhcpcd_now; do
    case " $dhcpcd_before " in *" $name "*) continue ;; esac
    dhcpcd -x "$name" >/dev/null 2>&1
    warning "$name: dhcpcd no longer manages it (denyinterfaces in $DHCPCD_FILE); Netloom does"
  done
  # Only those: a rebind of all would touch the control interface.
  for name in $dhcpcd_before; do
    case " $dhcpcd_now " in *" $name "*) ;; *) dhcpcd -n "$name" >/dev/null 2>&1 ;; esac
  done
}

# ifupdown runs once at boot, before us, and is left as it is; a DHCP client that it starts goes on running.
ifupdown_tell() { # ID
  owned "$1" | while IFS=$TAB read -r name sel; do
    plan_lines "$previous" addresses | cut -f 2 | grep -Fqx -e "$sel" && continue
    case $(ifupdown_stanzas "$name") in
    '') ;;
    *dhcp*) warning "$name: ifupdown configures it by DHCP, and the leased address comes back with each lease: remove \"iface $name\" from /etc/network/interfaces, or make it \"manual\"" ;;
    *) warning "$name: ifupdown configures it too; at boot Netloom sets the plan's addresses after it" ;;
    esac
  done
}

# hand_over ID: the generation's ports and devices are ours, and those that it does not have are not.
hand_over() {
  nm_hand_over "$1"
  dhcpcd_hand_over "$1"
  ifupdown_tell "$1"
}
# keep_zones ID: out of NetworkManager's hands a port would fall into the default zone.
keep_zones() {
  has firewall-cmd || return 0
  owned "$1" | while IFS=$TAB read -r name _; do
    zone_set "$name" "$(original_value claims "$name" | awk '{ print $3 }')"
  done
}

# sets_default ID FAMILY: the plan has a default route of that family.
sets_default() {
  plan_lines "$1" route | while IFS=$TAB read -r _ _ to via options; do
    case $to in default | 0.0.0.0/0 | ::/0) family_of "$to$via$options" ;; esac
  done | grep -Fqx -e "$2"
}

# refuse_lost_defaults ID: ends here when the host would lose its gateway, with its DNS, to addresses of the plan.
refuse_lost_defaults() {
  lost_default=$(owned "$1" | while IFS=$TAB read -r name sel; do
    wanted=$(plan_lines "$1" addresses | awk -F "$TAB" -v sel="$sel" '$2 == sel { print $3 }' | tr ',' '\n')
    manager=$(port_manager "$name")
    for family in -4 -6; do
      sets_default "$1" "$family" && continue
      route=$(ip "$family" route show default dev "$name" 2>/dev/null | head -n 1)
      [ -n "$route" ] || continue
      case $manager:$route in
      NetworkManager:* | dhcpcd:*) why="$manager configures it and would have to let go of it" ;;
      *:*' proto dhcp'*)
        leased=$(ip -o "$family" addr show dev "$name" scope global | awk '{ print $4 }' | grep -Fvx -e "$wanted" | head -n 1)
        [ -n "$leased" ] || continue
        why="its leased address $leased is not among the plan's"
        ;;
      *) continue ;;
      esac
      gateway=$(printf '%s\n' "$route" | sed -n 's/.* via \([^ ]*\).*/\1/p')
      say "the default route of this host goes through $name ($sel), and would be lost with its name servers: $why${NL}do: state it, route(…, { to: \"default\", via: \"${gateway:-…}\" }), and the name servers too; or remove the addresses of this port from the stack, and let $name stay with ${manager:-whoever configures it}"
      break
    done
  done)
  [ -z "$lost_default" ] || die "$lost_default"
}

# What `check default-route` compares with: devices of the default routes that the plan does not set itself, and of name servers.
write_defaults() { # ID
  for family in -4 -6; do
    sets_default "$1" "$family" || default_devices "$family" | sed "s/^/default$TAB$family$TAB/"
  done >"$STATE/defaults.new"
  dns_devices | sed "s/^/dns$TAB-$TAB/" >>"$STATE/defaults.new"
  mv -f "$STATE/defaults.new" "$STATE/defaults"
}
