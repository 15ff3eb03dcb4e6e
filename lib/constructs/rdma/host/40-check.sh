# Proofs. Each prints what it found; the exit status says whether that is what was wanted.

# verdict WANTED FOUND
verdict() {
  say "${2:-nothing}"
  [ "$1" = "$2" ]
}

check_device() {
  find_port || { say "$missing"; return 1; }
  say "$device port $rdma_number on $netdev is $rdma_state"
  [ "$rdma_state" = ACTIVE ]
}
check_mtu() {
  have ibv_devinfo || { say 'ibv_devinfo is not installed'; return 1; }
  verdict "$(conf roce-mtu)" "$(ibv_devinfo -d "$device" -i "$rdma_number" 2>/dev/null | awk '$1 == "active_mtu:" { print $2; exit }')"
}
check_gid() {
  found_gid=$(gid_of "$device" "$rdma_number" "$(conf gid)" "$(roce_type)") || { say "no $(roce_type) GID $(conf gid) on $device"; return 1; }
  say "$(roce_type) GID $found_gid of $device"
}
check_tos() { verdict "$(conf tos)" "$(cat "$CONFIGFS/rdma_cm/$device/ports/$rdma_number/default_roce_tos" 2>/dev/null)"; }
check_pfc() { verdict "$(conf pfc)" "$(pfc_get "$netdev")"; }
check_ets() {
  verdict "$(conf prio-tc) / $(conf tc-tsa) / $(conf tc-bw)" \
    "$(ets_get "$netdev" prio_tc) / $(ets_get "$netdev" tc_tsa) / $(ets_get "$netdev" tc_bw)"
}
check_app() { verdict "$(conf app)" "$(app_get "$netdev")"; }
check_qdisc() {
  found_qdisc=$(tc qdisc show dev "$netdev" 2>/dev/null | awk '/ root( |$)/ { print $2; exit }')
  wanted_qdisc=$(conf qdisc)
  wanted_qdisc=${wanted_qdisc#root handle 1: }
  verdict "${wanted_qdisc%% *}" "$found_qdisc"
}
# Packets with the DSCP of each class go to a peer, and its queue has to count them: that takes the mark, the table that
# makes a priority of it, and the queues together.
check_classes() { # PEER
  case " ${NETLOOM_LATER:-} " in *" $1 "*) say 'this host comes in a later wave' && return 77 ;; esac
  have ping || { say 'ping is not installed' && return 77; }
  classes_list=$(awk '$1 == "enters" { print $2 " " $3 }' "$file")
  [ -n "$classes_list" ] || { say "no class is named in $file"; return 1; }
  classes_good='' classes_bad=''
  while read -r class_dscp class_id; do
    class_before=$(class_packets "$class_id")
    ping -n -q -c 2 -i 0.3 -W 1 -Q $((class_dscp * 4)) "$1" >/dev/null 2>&1
    if [ $(($(class_packets "$class_id") - class_before)) -ge 2 ]; then
      classes_good="$classes_good DSCP $class_dscp enters $class_id,"
    else
      classes_bad="$classes_bad DSCP $class_dscp does not enter $class_id,"
    fi
  done <<END
$classes_list
END
  classes_said=$classes_bad$classes_good
  classes_said=${classes_said# }
  say "${classes_said%,}"
  [ -z "$classes_bad" ]
}
class_packets() {
  tc -s class show dev "$netdev" 2>/dev/null | awk -v id="$1" '$1 == "class" { counts = $3 == id } counts && $1 == "Sent" { sum += $4 } END { print sum + 0 }'
}
# Rings, channels, pauses and coalescing as the .link file wants them, which has the values that won at synthesis.
check_link() {
  link_file=${NETLOOM_ETC:-/etc}/systemd/network/90-netloom-$port.link
  [ -r "$link_file" ] || { say "there is no $link_file"; return 1; }
  { ethtool -g "$netdev"; ethtool -l "$netdev"; ethtool -a "$netdev"; ethtool -c "$netdev"; } 2>/dev/null | awk -v wants="$link_file" '
    function judge(what, key, have, most) {
      if (!(key in want)) return
      wanted = want[key] == "max" ? most : want[key]
      text = text (text == "" ? "" : ", ") what " " (have == "" ? "n/a" : have)
      if (have != "" && have != "n/a" && have != wanted) { bad = 1; text = text " instead of " wanted }
    }
    BEGIN {
      while ((getline line < wants) > 0) {
        at = index(line, "="); value = substr(line, at + 1)
        want[substr(line, 1, at - 1)] = value ~ /^(yes|true)$/ ? "on" : (value ~ /^(no|false)$/ ? "off" : value)
      }
    }
    / parameters for / { part = $1; current = 0 }
    /^Current hardware settings/ { current = 1 }
    part == "Ring" && ($1 == "RX:" || $1 == "TX:") { if (current) now[$1] = $2; else most[$1] = $2 }
    part == "Channel" && $1 == "Combined:" && current { channels = $2 }
    part == "Pause" { pause[$1] = $2 }
    part == "Coalesce" && $1 == "Adaptive" { adaptive = $3 }
    part == "Coalesce" && $1 == "rx-usecs:" { micros = $2 "us" }
    END {
      judge("receive ring", "RxBufferSize", now["RX:"], most["RX:"]); judge("send ring", "TxBufferSize", now["TX:"], most["TX:"])
      judge("channels", "CombinedChannels", channels); judge("receive pause", "RxFlowControl", pause["RX:"])
      judge("send pause", "TxFlowControl", pause["TX:"]); judge("pause negotiation", "AutoNegotiationFlowControl", pause["Autonegotiate:"])
      judge("adaptive waiting", "UseAdaptiveRxCoalesce", adaptive); judge("waiting", "RxCoalesceSec", micros)
      print text == "" ? "nothing is asked for" : text; exit bad
    }'
}
# Any thread of the node will do: where irqbalance runs, it may choose another one than we did.
check_numa() {
  numa_list=$(node_cpus "$netdev") || { say "the NUMA node of $netdev is not known"; return 1; }
  numa_cpus=" $(expand_list "$numa_list" | fold) "
  numa_bad=''
  for numa_irq in $(irqs_of "$netdev"); do
    for numa_cpu in $(expand_list "$(cat "$PROC/irq/$numa_irq/smp_affinity_list" 2>/dev/null)"); do
      case $numa_cpus in *" $numa_cpu "*) ;; *) numa_bad="$numa_bad $numa_irq:$numa_cpu" ;; esac
    done
  done
  [ -z "$numa_bad" ] || { say "interrupt:CPU off the card's node ($numa_list):$numa_bad"; return 1; }
  say "$(irqs_of "$netdev" | wc -l) interrupts on CPUs $numa_list"
}
# What is lost now, with peers up. What was lost before, say when a job was killed, is shown but not held against a deploy.
# Where nothing is paused switches may drop: lost packets are nobody's fault, and only operations that failed count.
check_errors() {
  [ -r "$RUN/$port.counters" ] || { say 'no counters were kept when the port was set up'; return 1; }
  case $(conf pfc) in *:on*) errors_fatal=. ;; *) errors_fatal=cqe_error ;; esac
  errors_before=$(counters_get | fold)
  sleep 2
  counters_get | awk -v kept="$(fold <"$RUN/$port.counters")" -v before="$errors_before" -v fatal="$errors_fatal" '
    function read(text, into,   word, n, i) { n = split(text, word, " "); for (i = 1; i < n; i += 2) into[word[i]] = word[i + 1] }
    BEGIN { read(kept, old); read(before, at) }
    { now = $2 - at[$1]; recent = recent " " $1 "+" now; all = all " " $1 "+" $2 - old[$1]; if (now > 0 && $1 ~ fatal) bad = 1 }
    END { print recent == "" ? "the device has no error counters" : "in 2 s:" recent "; since the port was set up:" all; exit bad }'
}

# ib_write_bw as client of PEER, or as the server for one client. Both sides have to meet in the same way: one that
# listens through rdma_cm (-R) does not hear one that calls over TCP, and without a word they talk of it over IPv4 only.
perftest() { # [PEER]
  perftest_gid=$(gid_of "$device" "$rdma_number" "$(conf gid)" "$(roce_type)") || { say "no $(roce_type) GID on $device"; return 1; }
  perftest_tos=$(conf tos)
  case $(conf gid) in
  0000:0000:0000:0000:0000:ffff:*) ;;
  *)
    ib_write_bw -h 2>&1 | grep -q -e --ipv6-addr || { say 'perftest here is older than 23.07 and meets over IPv4 only'; return 1; }
    set -- --ipv6-addr "$@"
    ;;
  esac
  ib_write_bw -d "$device" -i "$rdma_number" -x "$perftest_gid" ${perftest_tos:+"--tclass=$perftest_tos"} -F --report_gbits "$@" 2>&1
}
# Bandwidth to a peer, and that none of it went over the control interface (RDMA is invisible to tcpdump).
check_bandwidth() { # PEER GBITS
  bandwidth_control=$(control_devices | grep -Fvx -e "$netdev")
  bandwidth_before=$(control_bytes)
  bandwidth=$(perftest "$1") || {
    say "ib_write_bw: $(say "$bandwidth" | tail -n 1)"
    return 1
  }
  bandwidth_leak=$(($(control_bytes) - bandwidth_before))
  say "$bandwidth" | awk -v wanted="$2" -v leak="$bandwidth_leak" '
    /#bytes/ { header = 1; next } header && NF >= 4 { average = $4; bytes = $1 * $2; exit }
    END { good = average >= wanted && leak < bytes / 100 + 1048576
      printf "%s Gbit/s of %s wanted; control interface sent %d bytes meanwhile\n", average == "" ? "no" : average, wanted, leak; exit !good }'
}
control_bytes() {
  control_sum=0
  for control_dev in $bandwidth_control; do
    control_sum=$((control_sum + $(cat "$SYS/class/net/$control_dev/statistics/tx_bytes" 2>/dev/null || echo 0)))
  done
  say "$control_sum"
}

action=${1:-}
what=''
[ "$action" != check ] || { what=${2:-} && shift; }
file=${2:-}
port=${file##*/}
port=${port%.conf}
if [ "$action" = stop ]; then
  [ -e "$RUN/$port.applied" ] || exit 0
  file=$RUN/$port.applied
fi
[ -r "$file" ] || die "cannot read '$file'; usage: port apply|stop|serve FILE, port check WHAT FILE …"
[ $# -lt 2 ] || shift 2
case $action in
apply) port_apply ;;
stop) port_stop ;;
serve)
  find_port || die "$missing"
  perftest
  ;;
check)
  [ "$what" = device ] || find_port || die "$missing"
  case $what in
  device | mtu | gid | tos | pfc | ets | app | qdisc | classes | link | numa | errors | bandwidth) "check_$what" "$@" ;;
  *) die "there is no check '$what'" ;;
  esac
  ;;
*) die "usage: port apply|stop|serve FILE, port check WHAT FILE …" ;;
esac
