# Checks that need the other side. Each waits a little, none forever: the runner repeats them while the window lasts.

ping_df() { # ADDRESS PAYLOAD: output on stdout
  case $1 in
  *:*) ping -6 -n -M 'do' -c 2 -i 0.3 -W 1 -s "$2" "$1" 2>&1 ;;
  *) ping -4 -n -M 'do' -c 2 -i 0.3 -W 1 -s "$2" "$1" 2>&1 ;;
  esac
}
# "2 packets transmitted, 0 received …" or "message too long, mtu=9000": the line that says why.
ping_summary() { printf '%s\n' "$1" | awk '/too long|Frag needed|too big|unreachable|unknown host|not known|not permitted/ { why = $0 } / received/ { sum = $0 } END { print (why != "" ? why : sum) }'; }

# Hosts of later waves are not there yet; the runner names their addresses and keys in NETLOOM_LATER.
comes_later() { case " ${NETLOOM_LATER:-} " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

check_ping() { # ADDRESS PAYLOAD pass|fail
  check_what="ping $1"
  if comes_later "$1"; then record skip 'not run: this host comes in a later wave' && return; fi
  found_ping=$(ping_df "$1" "$2")
  found_status=$?
  # Nothing may come back of what was sent: a ping that sent nothing proves nothing.
  [ "$3" = pass ] || case $found_status:$found_ping in 1:*' transmitted, 0 received'*) found_status=0 ;; *) found_status=1 ;; esac
  verdict "$found_status" "ping $1 with $2 bytes of payload, unfragmented" "$3" "$(ping_summary "$found_ping")"
}

# Headers: 20 (IPv4) or 40 (IPv6) and 8 of ICMP. A path that carries more than it should is wrong as well: some
# segment has another MTU than the others believe.
check_path_mtu() { # ADDRESS MTU
  check_what="path to $1"
  if comes_later "$1"; then record skip 'not run: this host comes in a later wave' && return; fi
  case $1 in *:*) path_headers=48 ;; *) path_headers=28 ;; esac
  path_output=$(ping_df "$1" $(($2 - path_headers)))
  path_status=$?
  path_found="$2 bytes: $(ping_summary "$path_output")"
  if [ "$path_status" -eq 0 ]; then
    if path_output=$(ping_df "$1" $(($2 - path_headers + 1))); then path_status=1; fi
    path_found="$path_found; $(($2 + 1)) bytes: $(ping_summary "$path_output")"
  fi
  verdict "$path_status" "path to $1" "$2 bytes pass, $(($2 + 1)) do not" "$path_found"
}
