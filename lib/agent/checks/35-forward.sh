# Whether a firewall stands in the way of packets that pass through this host. Rules are many and odd; what can be told for
# sure is that a chain drops whatever no rule accepts, and that no rule of its table names the device.

# closed_chains FAMILIES: of `nft list ruleset` on stdin, "TABLE-FAMILY TABLE CHAIN" of chains that see forwarded packets
# and drop by default, or by their last rule; then the names of devices in rules of that table, as "name TABLE-FAMILY TABLE NAME".
closed_chains() {
  awk -v families="$1" '
    function close_chain() { if (hook && (policy == "drop" || final)) print "closed", family, table, chain; chain = "" }
    $1 == "table" { family = $2; table = $3; skip = (family == "ip" && !index(families, "4")) || (family == "ip6" && !index(families, "6")) || family !~ /^(ip|ip6|inet)$/; next }
    skip { next }
    $1 == "chain" { chain = $2; hook = final = 0; policy = ""; next }
    $1 == "}" { if (chain != "") close_chain(); next }
    $1 == "type" && / hook forward / { hook = 1; if (/policy drop/) policy = "drop"; next }
    chain != "" {
      final = ($1 == "drop" || $1 == "reject" || ($1 == "counter" && ($6 == "drop" || $6 == "reject")))
      for (i = 1; i <= NF; i++) if ($i ~ /^"/) { name = $i; gsub(/[",]/, "", name); print "name", family, table, name }
    }'
}

check_forward() { # DEV FAMILIES
  check_what="packets that pass through $1" check_wanted='no firewall drops them'
  forward_scratch=$checks_scratch/$checks_number
  if command -v nft >/dev/null 2>&1; then
    nft list ruleset >"$forward_scratch.rules" 2>"$forward_scratch.error" || { record fail "nft list ruleset: $(cat "$forward_scratch.error")"; return 0; }
  elif command -v iptables-save >/dev/null 2>&1; then
    : >"$forward_scratch.rules"
  else
    record skip 'unknown: neither nft nor iptables is on this host'
    return 0
  fi
  closed_chains "$2" <"$forward_scratch.rules" | awk -v dev="$1" '
    $1 == "closed" { closed[++n] = $2 " " $3; chain[n] = $4; next }
    { star = $4; if (sub(/[*]$/, "", star)) named = index(dev, star) == 1; else named = $4 == dev; if (named) open[$2 " " $3] = 1 }
    END { for (i = 1; i <= n; i++) if (!(closed[i] in open)) print closed[i], chain[i] }' >"$forward_scratch.closed"
  # Legacy tables are not among those of nft.
  for forward_family in 4 6; do
    case $2:$forward_family in *4*:4) forward_tool=iptables ;; *6*:6) forward_tool=ip6tables ;; *) continue ;; esac
    command -v "$forward_tool-legacy-save" >/dev/null 2>&1 && forward_tool=$forward_tool-legacy
    grep -qs '^filter' "${NETLOOM_PROC:-/proc}/net/$(printf %s "${forward_tool%-legacy}" | sed 's/tables/_tables/')_names" || continue
    "$forward_tool-save" -t filter 2>/dev/null | awk -v dev="$1" -v tool="$forward_tool" '
      /^:FORWARD DROP/ { closed = 1 }
      { for (i = 1; i < NF; i++) if (($i == "-i" || $i == "-o") && $(i + 1) == dev) named = 1 }
      END { if (closed && !named) print tool, "filter", "FORWARD" }' >>"$forward_scratch.closed"
  done
  if [ ! -s "$forward_scratch.closed" ]; then
    record ok 'no chain drops them by default without a rule that names the device'
    return
  fi
  check_found=
  while read -r forward_family forward_table forward_chain; do
    case $forward_family:$forward_table in
    inet:firewalld)
      forward_zone=$(firewall-cmd --get-zone-of-interface="$1" 2>/dev/null) || forward_zone=$(firewall-cmd --get-default-zone 2>/dev/null)
      forward_passes "$1" "$forward_zone" && continue
      check_found="$check_found; firewalld lets nothing of zone $forward_zone, which $1 is in, pass through. do: firewall-cmd --permanent --zone=$forward_zone --add-forward (between devices of that zone), or a policy from that zone to where the packets go (man firewalld.policies), then firewall-cmd --reload"
      ;;
    ip*tables*) check_found="$check_found; $forward_family drops forwarded packets, and no rule names $1. do: $forward_family -I FORWARD -i $1 -j ACCEPT; $forward_family -I FORWARD -o $1 -j ACCEPT, there and where these rules are kept" ;;
    *) check_found="$check_found; chain $forward_chain of nftables table $forward_family $forward_table drops forwarded packets, and no rule names $1. do: nft insert rule $forward_family $forward_table $forward_chain iifname $1 accept; nft insert rule $forward_family $forward_table $forward_chain oifname $1 accept, there and where these rules are kept" ;;
    esac
  done <"$forward_scratch.closed"
  if [ -z "$check_found" ]; then record ok 'firewalld lets them pass'; else record fail "${check_found#; }"; fi
}

# forward_passes DEV ZONE: firewalld forwards within the zone, accepts all that comes from it, or has a policy from it that does.
forward_passes() {
  firewall-cmd --zone="$2" --query-forward >/dev/null 2>&1 && return 0
  firewall-cmd --list-all-zones 2>/dev/null | awk -v zone="$2" '/^[^ \t]/ { inside = $1 == zone } inside && $1 == "target:" && $2 == "ACCEPT" { yes = 1 } END { exit !yes }' && return 0
  firewall-cmd --list-all-policies 2>/dev/null | awk -v zone="$2" '
    /^[^ \t]/ { target = from = 0 }
    $1 == "target:" { target = $2 == "ACCEPT" }
    $1 == "ingress-zones:" { for (i = 2; i <= NF; i++) if ($i == zone || $i == "ANY") from = 1 }
    target && from { yes = 1 }
    END { exit !yes }'
}
