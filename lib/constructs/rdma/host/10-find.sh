# Finding devices, and reading what the tools of several versions print.

# json_fields: reads JSON objects without nesting and prints one a line, as KEY=VALUE words parted by tabs.
json_fields() {
  tr -d '\n' | awk 'BEGIN { RS = "}" } /[:]/ {
    sub(/^[^{]*[{]/, ""); line = ""
    while (match($0, /"[^"]*"[ ]*:[ ]*("[^"]*"|[^,]*)/)) {
      pair = substr($0, RSTART, RLENGTH); $0 = substr($0, RSTART + RLENGTH)
      key = pair; sub(/^"/, "", key); sub(/".*/, "", key)
      value = pair; sub(/^"[^"]*"[ ]*:[ ]*/, "", value); gsub(/"/, "", value); sub(/[ ]+$/, "", value)
      line = line (line == "" ? "" : "\t") key "=" value
    }
    print line
  }'
}

# json_array KEY: the flat array of that name as "0:first 1:second …"; true and false become on and off.
json_array() {
  tr -d ' \n' | awk -v key="\"$1\":[" '{
    at = index($0, key); if (!at) exit 1
    $0 = substr($0, at + length(key)); sub(/\].*/, ""); n = split($0, item, ",")
    for (i = 1; i <= n; i++) {
      gsub(/"/, "", item[i]); if (item[i] == "true") item[i] = "on"; if (item[i] == "false") item[i] = "off"
      printf "%s%d:%s", (i > 1 ? " " : ""), i - 1, item[i]
    }
    print ""
  }'
}

# json_pairs KEY: an array of two-element arrays as "26:3 48:6".
json_pairs() {
  tr -d ' \n' | awk -v key="\"$1\":[" '{
    at = index($0, key); if (!at) { print ""; exit }
    $0 = substr($0, at + length(key)); sub(/\]\].*/, "]"); gsub(/\],\[/, " "); gsub(/[][]/, ""); gsub(/,/, ":"); print
  }'
}

# netdev_of SELECTOR: the network device with that permanent address or name. Devices that stand on others inherit
# the address of these, so only those with hardware behind them count.
netdev_of() {
  case $1 in
  name=*) [ -e "$SYS/class/net/${1#name=}" ] && say "${1#name=}" ;;
  mac=*)
    ip -j -d link show 2>/dev/null | json_fields_of_links | awk -F '\t' -v mac="${1#mac=}" '
      { name = ""; now = ""; permanent = ""
        for (i = 1; i <= NF; i++) {
          if ($i ~ /^ifname=/ && name == "") name = substr($i, 8)
          if ($i ~ /^address=/ && now == "") now = tolower(substr($i, 9))
          if ($i ~ /^permaddr=/) permanent = tolower(substr($i, 10))
        } }
      permanent == mac { exact = name }
      permanent == "" && now == mac && !/info_kind=(vlan|bridge|bond|macvlan|macvtap|ipvlan|team|vrf|rxe)/ && like == "" { like = name }
      END { if (exact != "") print exact; else if (like != "") print like; else exit 1 }'
    ;;
  *) return 1 ;;
  esac
}
# Links have nested objects (linkinfo), so each is cut out by its ifindex first.
json_fields_of_links() {
  { tr -d '\n' && echo; } | sed 's/[{]"ifindex"/\n{"ifindex"/g' | while IFS= read -r link_text; do
    [ -n "$link_text" ] && printf '%s' "$link_text" | json_fields | tr '\n' '\t' && echo
  done
}

# rdma_of NETDEV: "DEVICE PORT STATE". Older versions of rdma print ifname as "mlx5_0/1" and know no netdev, then sysfs says it.
rdma_of() {
  rdma_line=$(have rdma && rdma -j link 2>/dev/null | json_fields | awk -F '\t' -v dev="$1" '
    { name = ""; port = ""; state = ""; netdev = ""
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^ifname=/) name = substr($i, 8)
        if ($i ~ /^port=/) port = substr($i, 6)
        if ($i ~ /^state=/) state = substr($i, 7)
        if ($i ~ /^netdev=/) netdev = substr($i, 8)
      }
      sub(/\/.*/, "", name) }
    netdev == dev { print name, port, state; exit }')
  [ -n "$rdma_line" ] || for rdma_attr in "$SYS"/class/infiniband/*/ports/*/gid_attrs/ndevs/0; do
    [ "$(cat "$rdma_attr" 2>/dev/null)" = "$1" ] || continue
    rdma_port=${rdma_attr%/gid_attrs/*}
    rdma_device=${rdma_port%/ports/*}
    rdma_line="${rdma_device##*/} ${rdma_port##*/} $(sed 's/.*: //' "$rdma_port/state" 2>/dev/null)"
    break
  done
  [ -n "$rdma_line" ] && say "$rdma_line"
}

# gid_of DEVICE PORT GID TYPE: the index of that GID with that type. The order of the table is the kernel's affair, and
# it has up to 1,024 rows, too many to start a program for each.
gid_of() {
  for gid_file in "$SYS/class/infiniband/$1/ports/$2/gids"/*; do
    gid_index=${gid_file##*/} gid_text='' gid_type=''
    { IFS= read -r gid_text <"$gid_file"; } 2>/dev/null
    [ "$gid_text" = "$3" ] || continue
    { IFS= read -r gid_type <"$SYS/class/infiniband/$1/ports/$2/gid_attrs/types/$gid_index"; } 2>/dev/null
    [ "$gid_type" = "$4" ] || continue
    say "$gid_index"
    return 0
  done
  return 1
}

# control_devices: what the machine is managed over; Emulab images say it, elsewhere it has the default route.
control_devices() {
  if [ -r "${NETLOOM_CONTROLIF:-/var/emulab/boot/controlif}" ]; then
    cat "${NETLOOM_CONTROLIF:-/var/emulab/boot/controlif}"
  else
    { ip -4 route show default; ip -6 route show default; } 2>/dev/null |
      awk '{ for (i = 1; i < NF; i++) if ($i == "dev") print $(i + 1) }' | sort -u
  fi
}

# find_netdev: sets netdev; missing says what is not there yet.
find_netdev() {
  netdev=$(netdev_of "$(conf selector)") || { missing="no network device answers to $(conf selector)" && return 1; }
  if [ "$(conf guard)" = yes ] && control_devices | grep -Fqx -e "$netdev"; then
    die "$netdev is the control interface: refusing to touch it"
  fi
}

# find_port: the same, and for RDMA ports sets device and rdma_number.
find_port() {
  find_netdev || return 1
  device='' rdma_number=''
  [ "$(conf rdma)" = none ] || [ -z "$(conf rdma)" ] || {
    found_rdma=$(rdma_of "$netdev") || { missing="$netdev has no RDMA device: is the RDMA module of its driver loaded?" && return 1; }
    device=${found_rdma%% *}
    rdma_number=${found_rdma#* }
    rdma_state=${rdma_number#* }
    rdma_number=${rdma_number%% *}
  }
}

roce_type() { if [ "$(conf rdma)" = v1 ]; then say 'IB/RoCE v1'; else say 'RoCE v2'; fi; }
