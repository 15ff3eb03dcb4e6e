# Making the port what its file says, and putting it back.

write() { # FILE VALUE: only where the kernel has the file; what it held first is kept
  [ -w "$1" ] || return 1
  write_old=$(cat "$1" 2>/dev/null)
  [ "$write_old" != "$2" ] || return 0
  grep -Fqs -e "$1 " "$RUN/$port.files" || say "$1 $write_old" >>"$RUN/$port.files"
  printf '%s\n' "$2" >"$1"
}

# wait_for FUNCTION: until it succeeds; drivers, links and addresses come late.
wait_for() {
  wait_tries=0
  until "$1"; do
    wait_tries=$((wait_tries + 1))
    [ "$wait_tries" -lt "${NETLOOM_PATIENCE:-30}" ] || die "$missing"
    sleep 1
  done
}

# expand_list 0-3,8: 0 1 2 3 8
expand_list() {
  printf '%s' "$1" | tr ',' '\n' | awk -F - 'NF { for (i = $1; i <= $NF; i++) print i }'
}

# node_cpus NETDEV: the CPUs of the card's NUMA node, as a list like 0-3,8.
node_cpus() {
  cpu_node=$(cat "$SYS/class/net/$1/device/numa_node" 2>/dev/null) || return 1
  [ "$cpu_node" -ge 0 ] 2>/dev/null || cpu_node=0
  cat "$SYS/devices/system/node/node$cpu_node/cpulist" 2>/dev/null
}

# node_cores NETDEV: one CPU of each physical core there; hyper-threads bring nothing.
node_cores() {
  for core_cpu in $(expand_list "$(node_cpus "$1")"); do
    core_siblings=$(cat "$SYS/devices/system/cpu/cpu$core_cpu/topology/thread_siblings_list" 2>/dev/null)
    [ -z "$core_siblings" ] || [ "$(expand_list "$core_siblings" | sort -n | head -n 1)" = "$core_cpu" ] && say "$core_cpu"
  done
  return 0
}

irqs_of() { for irq_file in "$SYS/class/net/$1/device/msi_irqs"/*; do [ -e "$irq_file" ] && say "${irq_file##*/}"; done | sort -n; }

affinity_apply() {
  affinity_cores=$(node_cores "$netdev") && [ -n "$affinity_cores" ] || return 0
  if have systemctl && systemctl is-active --quiet irqbalance 2>/dev/null; then
    say "warning: irqbalance is running and may move the interrupts of $netdev again; ban them there (IRQBALANCE_ARGS=--banirq=…)"
  fi
  # shellcheck disable=SC2086
  set -- $affinity_cores
  affinity_count=$# affinity_at=0
  for affinity_irq in $(irqs_of "$netdev"); do
    eval "affinity_cpu=\${$((affinity_at % affinity_count + 1))}"
    affinity_file=$PROC/irq/$affinity_irq/smp_affinity_list
    [ -w "$affinity_file" ] || continue
    say "$affinity_irq $(cat "$affinity_file")" >>"$RUN/$port.irqs.new"
    # The kernel refuses to move interrupts that it manages itself; those are spread already.
    # shellcheck disable=SC2154 # set by eval
    printf '%s\n' "$affinity_cpu" >"$affinity_file" 2>/dev/null || :
    affinity_at=$((affinity_at + 1))
  done
  [ -e "$RUN/$port.irqs" ] || mv "$RUN/$port.irqs.new" "$RUN/$port.irqs" 2>/dev/null
  rm -f "$RUN/$port.irqs.new"
}

# The type of service of connections that rdma_cm makes; others set it themselves (NCCL_IB_TC and the like).
roce_apply() {
  modprobe -q rdma_cm 2>/dev/null
  [ -d "$CONFIGFS/rdma_cm" ] || mount -t configfs none "$CONFIGFS" 2>/dev/null
  [ -d "$CONFIGFS/rdma_cm" ] || die 'the kernel has no rdma_cm configuration directory: configfs is not mounted or rdma_cm not loaded'
  [ -d "$CONFIGFS/rdma_cm/$device" ] || mkdir "$CONFIGFS/rdma_cm/$device" || die "rdma_cm does not know $device"
  write "$CONFIGFS/rdma_cm/$device/ports/$rdma_number/default_roce_mode" "$(roce_type)" || die "$device refuses $(roce_type)"
  [ -z "$(conf tos)" ] || write "$CONFIGFS/rdma_cm/$device/ports/$rdma_number/default_roce_tos" "$(conf tos)" || die "$device refuses ToS $(conf tos)"
  [ -z "$(conf ecn)" ] || ecn_apply
}

# ConnectX firmware reacts to marks by default; these switches exist with NVIDIA's driver only.
ecn_apply() {
  for ecn_side in roce_np roce_rp; do
    [ ! -e "$SYS/class/net/$netdev/ecn/$ecn_side/enable/$(conf ecn)" ] || write "$SYS/class/net/$netdev/ecn/$ecn_side/enable/$(conf ecn)" 1
  done
  [ -z "$(conf cnp-dscp)" ] || [ ! -e "$SYS/class/net/$netdev/ecn/roce_np/cnp_dscp" ] || write "$SYS/class/net/$netdev/ecn/roce_np/cnp_dscp" "$(conf cnp-dscp)"
}

find_gid() {
  collective_gid=$(gid_of "$device" "$rdma_number" "$(conf gid)" "$(roce_type)") || { missing="no $(roce_type) GID $(conf gid) on $device" && return 1; }
}

# The file for collective libraries, with the names that are known only here.
collective_apply() {
  [ -r "$(conf collective)" ] || return 0
  # At boot the address, and with it the GID, may come a moment later than the port.
  wait_for find_gid
  sed "s/@netdev@/$netdev/g; s/@rdma@/$device:$rdma_number/g; s/@gid@/$collective_gid/g" "$(conf collective)" >"$RUN/collective.env.new" &&
    mv "$RUN/collective.env.new" "$RUN/collective.env"
}

ERROR_COUNTERS='packet_seq_err out_of_sequence local_ack_timeout_err rnr_nak_retry_err req_cqe_error resp_cqe_error'
counters_get() {
  for counter in $ERROR_COUNTERS; do
    counter_value=$(cat "$SYS/class/infiniband/$device/ports/$rdma_number/hw_counters/$counter" 2>/dev/null) && say "$counter $counter_value"
  done
  return 0
}

storm_apply() {
  storm_old=$(ethtool --get-tunable "$netdev" pfc-prevention-tout 2>/dev/null | sed -n 's/^pfc-prevention-tout: \([0-9][0-9]*\)$/\1/p')
  [ -z "$storm_old" ] || [ -e "$RUN/$port.storm" ] || say "$storm_old" >"$RUN/$port.storm"
  ethtool --set-tunable "$netdev" pfc-prevention-tout "$(conf storm)" || say 'warning: the driver has no PFC storm prevention'
}

# A root that cannot be changed (mqprio) and one of another kind with our handle have to go first.
qdisc_apply() {
  # shellcheck disable=SC2046
  tc qdisc replace dev "$netdev" $(conf qdisc) 2>/dev/null || {
    tc qdisc del dev "$netdev" root 2>/dev/null
    tc qdisc replace dev "$netdev" $(conf qdisc)
  }
}

port_apply() {
  mkdir -p "$RUN"
  apply_find=find_port
  [ "$(conf rdma)" != soft ] || apply_find=find_netdev
  wait_for "$apply_find"
  # A card that just came has the kernel's name for a moment, and gets its rings and channels with its own.
  ! have udevadm || udevadm settle --timeout=30 2>/dev/null || :
  wait_for "$apply_find"
  # By the time of the stop the file may say something else. Without this copy there is nothing to take back.
  cat "$file" >"$RUN/$port.applied"
  if [ "$(conf rdma)" = soft ]; then
    rdma_of "$netdev" >/dev/null || rdma link add "rxe-$port" type rxe netdev "$netdev" || die 'soft-RoCE needs the modules rdma_rxe and crc32_generic'
    wait_for find_port
  fi
  if [ -n "$(conf app)$(conf prio-tc)$(conf pfc)" ]; then
    [ -e "$RUN/$port.dcb" ] || { dcb_save >"$RUN/$port.dcb.new" && mv "$RUN/$port.dcb.new" "$RUN/$port.dcb"; }
    if [ "$(conf tools)" = nvidia ]; then
      mlnx_apply || die 'mlnx_qos refused'
    else
      dcb_apply "$(conf pfc)" "$(conf prio-tc)" "$(conf tc-tsa)" "$(conf tc-bw)" "$(conf app)" off || die 'dcb refused'
      # shellcheck disable=SC2046
      [ -z "$(conf maxrate)" ] || dcb maxrate set dev "$netdev" tc-maxrate $(conf maxrate) || say 'warning: the driver has no limits for strict classes'
    fi
  fi
  [ -z "$(conf qdisc)" ] || qdisc_apply || die "tc refused: $(conf qdisc)"
  apply_children || exit 1
  [ -z "$(conf storm)" ] || storm_apply
  [ "$(conf affinity)" != numa ] || affinity_apply
  [ -z "$device" ] || {
    [ "$(conf rdma)" = soft ] || roce_apply
    [ -z "$(conf collective)" ] || collective_apply
    counters_get >"$RUN/$port.counters"
  }
}

apply_children() {
  awk '$1 == "band" { print $2 }' "$file" | while read -r band_class; do
    # shellcheck disable=SC2046
    tc qdisc replace dev "$netdev" parent "$band_class" $(awk -v class="$band_class" '$1 == "band" && $2 == class { $1 = $2 = ""; print }' "$file") ||
      die "tc refused the queue of $band_class"
  done
}

port_stop() {
  netdev=$(netdev_of "$(conf selector)") || exit 0
  if [ -e "$RUN/$port.irqs" ]; then
    while read -r stop_irq stop_list; do
      printf '%s\n' "$stop_list" >"$PROC/irq/$stop_irq/smp_affinity_list" 2>/dev/null || :
    done <"$RUN/$port.irqs"
  fi
  if [ -e "$RUN/$port.files" ]; then
    while read -r stop_file stop_value; do
      [ ! -w "$stop_file" ] || printf '%s\n' "$stop_value" >"$stop_file" || :
    done <"$RUN/$port.files"
  fi
  [ -z "$(conf qdisc)" ] || tc qdisc del dev "$netdev" root 2>/dev/null || :
  [ "$(conf rdma)" != soft ] || rdma link delete "rxe-$port" 2>/dev/null || :
  [ -z "$(conf collective)" ] || rm -f "$RUN/collective.env"
  [ ! -e "$RUN/$port.dcb" ] || (dcb_restore "$RUN/$port.dcb") || say 'warning: not all of the former DCB state came back'
  [ ! -e "$RUN/$port.storm" ] || ethtool --set-tunable "$netdev" pfc-prevention-tout "$(cat "$RUN/$port.storm")" || :
  rm -f "$RUN/$port.irqs" "$RUN/$port.files" "$RUN/$port.dcb" "$RUN/$port.storm" "$RUN/$port.counters" "$RUN/$port.applied"
}
