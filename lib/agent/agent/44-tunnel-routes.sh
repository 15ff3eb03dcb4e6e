# Routes for AllowedIPs carry a protocol number of their own, so that none but ours is ever removed. 116 is in nobody's
# rt_protos. Earlier versions used 186, which is BGP's: those routes become ours once, by the table that made them.
WIREGUARD_PROTOCOL=116
BGP_PROTOCOL=186

# earlier_allowed DEV: AllowedIPs of the generation that was active before, if its routes may still have BGP's number.
earlier_allowed() {
  [ -n "${previous:-}" ] && [ ! -e "$STATE/routes-116" ] || return 0
  plan_lines "$previous" wireguard | while IFS=$TAB read -r _ dev _ _ table _; do
    { [ "$dev" = "$1" ] && [ -f "$STATE/gen/$previous/filled/$table" ]; } || continue
    sed -n 's/#.*//; s/^[ \t]*[Aa]llowed[Ii][Pp][Ss][ \t]*=//p' "$STATE/gen/$previous/filled/$table" | tr ',' '\n' | sed 's/[ \t]//g; /^$/d'
  done
}

# No route: what the device's own prefix covers; what this host reaches by itself (LOCAL, its own networks: a spoke shares
# its table with those who reach them through the tunnel); what another device leads to already, which is told; and a
# default route (/0), which would take the tunnel's own packets, and is left to `route` lines.
wireguard_routes() { # DEV [LOCAL,LOCAL]
  {
    addresses_get "$1" | sed 's/^/own /'
    printf '%s\n' "${2:-}" | tr ',' '\n' | sed '/^$/d; /^-$/d; s/^/local /'
    wg show "$1" allowed-ips | cut -f 2- | tr '\t' ' ' | tr ' ' '\n' | sed '/^$/d; /(none)/d; s/^/want /'
    earlier_allowed "$1" | sed 's/^/earlier /'
    for family in 4 6; do
      ip -o -$family route show 2>/dev/null | awk -v dev="$1" '{ for (i = 2; i < NF; i++) if ($i == "dev" && $(i + 1) != dev) { print "taken " $1 " " $(i + 1); next } }'
      ip -o -$family route show dev "$1" proto $WIREGUARD_PROTOCOL 2>/dev/null | awk '{ print "have " $1 }'
      # As we made them: without gateway, and without a metric but the kernel's.
      ip -o -$family route show dev "$1" proto $BGP_PROTOCOL 2>/dev/null | awk '!/ (via|nhid) / && (!/ metric / || / metric 1024 /) { print "bgp " $1 }'
    done
  } | awk -v bgp=$BGP_PROTOCOL -v protocol=$WIREGUARD_PROTOCOL "$NETWORKS_AWK"'
    function canonical(cidr) { sub(/\/32$/, "", cidr); if (index(cidr, ":")) sub(/\/128$/, "", cidr); return cidr }
    function tell(verb, r) { print (index(r, ":") ? 6 : 4), verb, r }
    $1 == "own" || $1 == "local" { own[++owns] = base($2); width[owns] = prefix($2); next }
    $1 == "want" {
      bits = prefix($2); if (bits == 0) next
      for (i = 1; i <= owns; i++) if (bits >= width[i] && covers(own[i], width[i], base($2))) next
      want[canonical($2)] = 1; next
    }
    $1 == "earlier" { earlier[canonical($2)] = 1; next }
    $1 == "taken" { taken[canonical($2)] = $3; next }
    $1 == "bgp" { if (canonical($2) in earlier) old[canonical($2)] = 1; next }
    { have[canonical($2)] = 1 }
    END {
      for (r in want) if (!(r in have)) { if (r in taken) tell("taken " taken[r], r); else tell("replace " protocol, r) }
      for (r in have) if (!(r in want)) tell("del " protocol, r)
      for (r in old) if (!(r in want) || (r in taken)) tell("del " bgp, r)
    }' | sort >"$RUN/wg.routes"
  for family in 4 6; do
    awk -v family=$family -v dev="$1" '$1 == family && $2 != "taken" { print "route " $2 " " $4 " dev " dev " proto " $3 }' "$RUN/wg.routes" >"$RUN/wg.batch"
    [ ! -s "$RUN/wg.batch" ] || ip -$family -batch "$RUN/wg.batch" || problem "$1: routes for AllowedIPs were refused"
  done
  while read -r _ verb dev net; do
    [ "$verb" != taken ] ||
      warning "$1: $net stays out of the tunnel, since $dev leads there on this host: give one of the two networks other addresses, or, if this host is on the network that is meant, name it in localNetworks of the mesh member"
  done <"$RUN/wg.routes"
  rm -f "$RUN/wg.routes" "$RUN/wg.batch"
}

# device_routes DEV: what leads into a device, but for what the kernel makes itself.
device_routes() {
  for family in 4 6; do
    ip -$family route show dev "$1" 2>/dev/null | grep -v ' proto kernel' | sed 's/ linkdown//; s/ dead//; s/ *$//'
  done
}
# device_routes_restore DEV "LINE|LINE": exactly these routes lead into DEV again.
device_routes_restore() {
  device_old=$(printf '%s\n' "$2" | tr '|' '\n' | sed '/^$/d')
  device_routes "$1" | while read -r line; do
    # shellcheck disable=SC2086 # the words of a route as ip printed them
    printf '%s\n' "$device_old" | grep -Fqx -e "$line" || ip "$(family_of "$line")" route del $line dev "$1" 2>/dev/null || :
  done
  printf '%s\n' "$device_old" | while read -r line; do
    # shellcheck disable=SC2086
    [ -z "$line" ] || ip "$(family_of "$line")" route replace $line dev "$1" 2>/dev/null || warning "$1: the route $line cannot be put back"
  done
}
