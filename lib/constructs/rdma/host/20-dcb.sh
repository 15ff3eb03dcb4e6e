# Data centre bridging: what the port has, as the words that dcb takes, and how to make it what the file says.

pfc_get() { dcb -j pfc show dev "$1" 2>/dev/null | json_array prio_pfc; }
ets_get() { dcb -j ets show dev "$1" 2>/dev/null | json_array "$2"; } # prio_tc, tc_tsa or tc_bw
app_get() { dcb -j -N app show dev "$1" 2>/dev/null | json_pairs dscp_prio | tr ' ' '\n' | sort -t : -k 1n | fold; }

# Only what differs is written: mlx5 takes the link down and up whenever the PFC map changes.
dcb_apply() { # PFC PRIO_TC TSA BW APP WILLING
  [ -z "$5" ] || {
    for app_have in $(app_get "$netdev"); do
      case " $5 " in *" $app_have "*) ;; *) dcb app del dev "$netdev" dscp-prio "$app_have" || return 1 ;; esac
    done
    # shellcheck disable=SC2086
    [ "$(app_get "$netdev")" = "$5" ] || dcb app replace dev "$netdev" dscp-prio $5 || return 1
  }
  # shellcheck disable=SC2086
  [ -z "$2" ] || [ "$(ets_get "$netdev" prio_tc)/$(ets_get "$netdev" tc_tsa)/$(ets_get "$netdev" tc_bw)" = "$2/$3/$4" ] ||
    dcb ets set dev "$netdev" willing "$6" prio-tc $2 tc-tsa $3 tc-bw $4 || return 1
  # shellcheck disable=SC2086
  [ -z "$1" ] || [ "$(pfc_get "$netdev")" = "$1" ] || dcb pfc set dev "$netdev" prio-pfc $1 || return 1
}

dcb_save() {
  printf 'pfc %s\nprio-tc %s\ntc-tsa %s\ntc-bw %s\napp %s\nwilling %s\n' "$(pfc_get "$netdev")" \
    "$(ets_get "$netdev" prio_tc)" "$(ets_get "$netdev" tc_tsa)" "$(ets_get "$netdev" tc_bw)" "$(app_get "$netdev")" \
    "$(if dcb -j ets show dev "$netdev" willing 2>/dev/null | grep -q true; then say on; else say off; fi)"
}

dcb_restore() { # FILE
  file=$1
  for app_have in $(app_get "$netdev"); do
    case " $(conf app) " in *" $app_have "*) ;; *) dcb app del dev "$netdev" dscp-prio "$app_have" ;; esac
  done
  dcb_apply "$(conf pfc)" "$(conf prio-tc)" "$(conf tc-tsa)" "$(conf tc-bw)" "$(conf app)" "$(conf willing)"
}

# values "0:a 1:b": a,b as NVIDIA's tools want lists.
values() { printf '%s' "$1" | tr ' ' '\n' | sed 's/^[^:]*://; s/^on$/1/; s/^off$/0/' | tr '\n' ',' | sed 's/,$//'; }

mlnx_apply() {
  mlnx_qos -i "$netdev" --trust dscp >/dev/null || return 1
  for mlnx_pair in $(conf app); do
    mlnx_qos -i "$netdev" --dscp2prio "set,${mlnx_pair%%:*},${mlnx_pair#*:}" >/dev/null || return 1
  done
  mlnx_qos -i "$netdev" --pfc "$(values "$(conf pfc)")" >/dev/null || return 1
  mlnx_qos -i "$netdev" -p "$(values "$(conf prio-tc)")" -s "$(values "$(conf tc-tsa)")" -t "$(values "$(conf tc-bw)")" >/dev/null || return 1
  [ -z "$(conf maxrate-gbit)" ] || mlnx_qos -i "$netdev" -r "$(values "$(conf maxrate-gbit)")" >/dev/null
}
