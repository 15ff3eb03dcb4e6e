# Who else may look after a port. Shared by the agent, which takes ports over, and by the checks.

nm_runs() { command -v nmcli >/dev/null 2>&1 && [ "$(nmcli -t -f RUNNING general 2>/dev/null)" = running ]; }
nm_state() { nmcli -g GENERAL.STATE device show "$1" 2>/dev/null; }

dhcpcd_runs() { command -v dhcpcd >/dev/null 2>&1 && pidof dhcpcd >/dev/null 2>&1; }

networkd_runs() { command -v networkctl >/dev/null 2>&1 && systemctl -q is-active systemd-networkd 2>/dev/null; }
# networkd_file DEV: the file that networkd uses for a port, unless it is ours.
networkd_file() {
  networkd_runs || return 0
  networkctl --no-pager status "$1" 2>/dev/null | sed -n 's/^ *Network File: //p' | grep -v '^n/a$\|/[0-9]*-netloom-[^/]*$'
}

ifupdown_stanzas() { grep -hEs "^[[:space:]]*iface[[:space:]]+$1[[:space:]]" "${NETLOOM_ROOT:-}/etc/network/interfaces" "${NETLOOM_ROOT:-}/etc/network/interfaces.d"/*; }

# port_manager DEV: who has the port beside us, if anybody. What NetworkManager calls external it only watches.
port_manager() {
  if nm_runs; then case $(nm_state "$1") in '' | 10\ * | *externally*) ;; *) echo NetworkManager && return ;; esac; fi
  if dhcpcd_runs && dhcpcd -U "$1" 2>/dev/null | grep -q .; then echo dhcpcd && return; fi
  [ -z "$(networkd_file "$1")" ] || { echo systemd-networkd && return; }
  [ -z "$(ifupdown_stanzas "$1")" ] || echo ifupdown
}

default_devices() { ip "$1" route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | sort -u; }
# Links that systemd-resolved knows name servers of.
dns_devices() { resolvectl --no-pager dns 2>/dev/null | sed -n 's/^Link [0-9]* (\([^)]*\)): ..*/\1/p' | sort -u; }
