# Data centre bridging: what the port has, as the words that dcb takes, and how to make it what the file says.

with_mlnx() { [ "$(conf tools)" = nvidia ]; }

pfc_get() { if with_mlnx; then mlnx_get "$1" pfc; else dcb -j pfc show dev "$1" 2>/dev/null | json_array prio_pfc; fi; }
# ets_get NETDEV prio_tc|tc_tsa|tc_bw. Only weighted classes have a weight: for all others mlx5 shows 100, which dcb would
# not take back, since the weights would sum to more than that.
ets_get() {
  if with_mlnx; then mlnx_get "$1" "$2"; return; fi
  ets_text=$(dcb -j ets show dev "$1" 2>/dev/null)
  if [ "$2" != tc_bw ]; then say "$ets_text" | json_array "$2"; return; fi
  { say "$ets_text" | json_array tc_tsa && say "$ets_text" | json_array tc_bw; } | awk '
    NR == 1 { split($0, tsa) }
    NR == 2 { for (i = 1; i <= NF; i++) if (tsa[i] !~ /:ets$/) sub(/:.*/, ":0", $i); print }'
}
app_get() {
  if with_mlnx; then mlnx_get "$1" app; else
    dcb -j -N app show dev "$1" 2>/dev/null | json_pairs dscp_prio | tr ' ' '\n' | sort -t : -k 1n | fold
  fi
}

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
  if with_mlnx; then
    for save_key in pfc prio-tc tc-tsa tc-bw maxrate-gbit app trust; do say "$save_key $(mlnx_get "$netdev" "$(say "$save_key" | tr - _)")"; done
    return
  fi
  printf 'pfc %s\nprio-tc %s\ntc-tsa %s\ntc-bw %s\napp %s\nmaxrate %s\nwilling %s\n' "$(pfc_get "$netdev")" \
    "$(ets_get "$netdev" prio_tc)" "$(ets_get "$netdev" tc_tsa)" "$(ets_get "$netdev" tc_bw)" "$(app_get "$netdev")" \
    "$(dcb maxrate show dev "$netdev" 2>/dev/null | sed -n 's/^tc-maxrate //p')" \
    "$(if dcb -j ets show dev "$netdev" willing 2>/dev/null | grep -q true; then say on; else say off; fi)"
}

dcb_restore() { # FILE
  restore_limits=$(conf maxrate)
  if with_mlnx; then
    file=$1
    mlnx_apply && mlnx_qos -i "$netdev" --trust "$(conf trust)" >/dev/null
    return
  fi
  file=$1
  for app_have in $(app_get "$netdev"); do
    case " $(conf app) " in *" $app_have "*) ;; *) dcb app del dev "$netdev" dscp-prio "$app_have" ;; esac
  done
  # shellcheck disable=SC2046
  [ -z "$restore_limits" ] || dcb maxrate set dev "$netdev" tc-maxrate $(conf maxrate) 2>/dev/null || :
  dcb_apply "$(conf pfc)" "$(conf prio-tc)" "$(conf tc-tsa)" "$(conf tc-bw)" "$(conf app)" "$(conf willing)"
}

# values "0:a 1:b": a,b as NVIDIA's tools want lists.
values() { printf '%s' "$1" | tr ' ' '\n' | sed 's/^[^:]*://; s/^on$/1/; s/^off$/0/' | tr '\n' ',' | sed 's/,$//'; }

# mlnx_get NETDEV pfc|prio_tc|tc_tsa|tc_bw|maxrate_gbit|app|trust: what mlnx_qos shows (with -a also classes that no priority
# uses), in dcb's words. Once it trusts DSCPs it shows all 64, so of these only those that the file names count.
mlnx_get() {
  mlnx_qos -i "$1" -a 2>/dev/null | awk -v key="$2" -v plan="$(conf app)" '
    /^Priority trust state:/ { trust = $4 }
    $1 == "enabled" { for (i = 0; i < 8; i++) word["pfc", i] = $(i + 2) == 1 ? "on" : "off" }
    $1 ~ /^prio:/ && $2 ~ /^dscp:/ {
      n = split(substr($2, 6), dscp, ",")
      for (i = 1; i <= n; i++) if (dscp[i] != "") prio[dscp[i] + 0] = substr($1, 6)
    }
    $1 == "tc:" {
      tc = $2; word["maxrate_gbit", tc] = $4 + 0; word["tc_bw", tc] = 0
      if (match($0, /tsa: [a-z]+/)) word["tc_tsa", tc] = substr($0, RSTART + 5, RLENGTH - 5)
      if (match($0, /bw: [0-9]+/)) word["tc_bw", tc] = substr($0, RSTART + 4, RLENGTH - 4)
    }
    $1 == "priority:" { word["prio_tc", $2] = tc }
    END {
      if (key == "trust") text = trust
      else if (key == "app") {
        n = split(plan, pair, " ")
        for (i = 1; i <= n; i++) { split(pair[i], part, ":"); if (part[1] in prio) text = text " " part[1] ":" prio[part[1]] }
      } else for (i = 0; i < 8; i++) if ((key, i) in word) text = text " " i ":" word[key, i]
      sub(/^ /, "", text); print text
    }'
}

mlnx_apply() {
  mlnx_qos -i "$netdev" --trust dscp >/dev/null || return 1
  for mlnx_pair in $(conf app); do
    mlnx_qos -i "$netdev" --dscp2prio "set,${mlnx_pair%%:*},${mlnx_pair#*:}" >/dev/null || return 1
  done
  mlnx_qos -i "$netdev" --pfc "$(values "$(conf pfc)")" >/dev/null || return 1
  mlnx_qos -i "$netdev" -p "$(values "$(conf prio-tc)")" -s "$(values "$(conf tc-tsa)")" -t "$(values "$(conf tc-bw)")" >/dev/null || return 1
  [ -z "$(conf maxrate-gbit)" ] || mlnx_qos -i "$netdev" -r "$(values "$(conf maxrate-gbit)")" >/dev/null
}
