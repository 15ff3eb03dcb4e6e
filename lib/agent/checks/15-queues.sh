# Which queue a packet enters. The right text in `tc qdisc show` is no proof of that, so a packet is sent and looked for.

check_qdisc() { # SEL KIND REACHED
  check_what="qdisc of $1" check_wanted=$2 queue_kind=$2
  with_link "$1" || return 0
  check_what="qdisc of $link"
  [ "$2" != mq-fq ] || check_wanted='mq with fq on every queue' queue_kind=fq
  queue_found=$(queues_found "$link")
  queues_are "$2" "$queue_found" || { record fail "${queue_found:-nothing}" && return; }
  case $2:${3:--} in noqueue:* | *:-) record ok "$queue_found" && return ;; esac
  if queue_unsent=$(why_unsent "$link" "$3"); then record ok "$queue_found; no packet was sent: $queue_unsent" && return; fi
  queue_before=$(queue_packets "$link" "$queue_kind")
  queue_said=$(ping -n -c 1 -W 1 "$3" 2>&1)
  queue_count=$(($(queue_packets "$link" "$queue_kind") - queue_before))
  case $queue_count:$queue_said in 0:*'not permitted'*) record ok "$queue_found; no packet was sent: a firewall of this host forbids it" && return ;; esac
  [ "$queue_count" -gt 0 ]
  verdict $? "$check_what" "$check_wanted, which a packet to $3 enters" "$queue_found; packets that entered $queue_kind: $queue_count"
}

# queues_found DEVICE: the root qdisc, and how many of which kind are below it: "mq with 8 fq".
queues_found() {
  queues_root=$(qdisc_get "$1")
  queues_below=$(qdisc_children "$1")
  printf '%s\n' "${queues_root%% *}${queues_below:+ with $queues_below}"
}

queues_are() { # KIND FOUND
  case $1:$2 in
  mq-fq:fq | mq-fq:'fq with '*) return 0 ;;
  mq-fq:'mq with '*' '*' '*) return 1 ;;
  mq-fq:'mq with '*' fq') return 0 ;;
  *) [ "${2%% *}" = "$1" ] ;;
  esac
}

# why_unsent DEVICE ADDRESS: why no packet to ADDRESS can go through DEVICE; fails when one can.
why_unsent() {
  [ "$(cat "${NETLOOM_SYS:-/sys}/class/net/$1/carrier" 2>/dev/null)" = 1 ] || { echo 'the link has no carrier' && return; }
  command -v ping >/dev/null 2>&1 || { echo 'ping is not installed' && return; }
  unsent_taken=$(route_taken "$2")
  case " $unsent_taken " in *" dev $1 "*) return 1 ;; *) printf 'one to %s takes: %s\n' "$2" "$unsent_taken" ;; esac
}

# queue_packets DEVICE KIND: how many packets its queues of this kind have sent.
queue_packets() {
  tc -s qdisc show dev "$1" 2>/dev/null | awk -v kind="$2" '
    $1 == "qdisc" { counts = $2 == kind }
    counts && $1 == "Sent" { sum += $4 }
    END { print sum + 0 }'
}
