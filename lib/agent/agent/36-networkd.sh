# systemd-networkd uses one .network file for each port, the first that matches. Ours would replace the whole of the host's
# own one, with its gateway, name servers, bond or bridge. So what that file says goes into a drop-in beside ours.

# port_files ID: our .network files for ports as "FILE SELECTOR"; those of WireGuard devices only say that they are unmanaged.
port_files() {
  [ -d "$STATE/gen/$1/root/etc/systemd/network" ] || return 0
  grep -Ls '^Unmanaged=' "$STATE/gen/$1/root/etc/systemd/network"/10-netloom-*.network | while read -r file; do
    awk -F = -v file="${file##*/}" '$1 == "PermanentMACAddress" { print file " mac=" tolower($2); exit } $1 == "Name" { print file " name=" $2; exit }' "$file"
  done
}

# network_original "FILE SELECTOR": the file that networkd uses now for a port that gets one of ours, behind "leased" where it has a lease.
network_original() {
  network_port=$(link_of "${1#* }") || return 0
  network_uses=$(networkd_file "$network_port")
  [ -n "$network_uses" ] || return 0
  if { ip -4 route show dev "$network_port" proto dhcp; ip -6 route show dev "$network_port" proto dhcp; } 2>/dev/null | grep -q .; then network_uses="leased $network_uses"; fi
  say "$network_uses"
}

# carried FILE KEEP-LEASE OURS: the lines of FILE and of its drop-ins that do not contradict ours. Addresses are the plan's
# alone; DHCP stays where the port lives by it.
carried() {
  for place in etc run usr/local/lib usr/lib; do
    ls "$ROOT/$place/systemd/network/${1##*/}.d"/*.conf 2>/dev/null
  done | cat - | { printf '%s\n' "$1"; cat; } | while read -r part; do cat "$part" 2>/dev/null; printf '\n'; done |
    awk -v lease="$2" -v mtu="$(grep -c '^MTUBytes=' "$3")" '
      /^[ \t]*\[/ { section = $0; gsub(/[][ \t]/, "", section); if (section != "Match" && section != "Address") print "[" section "]"; next }
      section == "" || section == "Match" || section == "Address" || /^[ \t]*([#;]|$)/ { next }
      section == "Network" && /^[ \t]*Address[ \t]*=/ { next }
      section == "Network" && /^[ \t]*DHCP[ \t]*=/ && !lease { next }
      section == "Link" && /^[ \t]*MTUBytes[ \t]*=/ && mtu { next }
      { print }'
}

# carry_over ID: true when a drop-in has changed. Also early at boot, when networkd does not run yet.
carry_over() {
  carry_changed=1
  carry_wanted=$RUN/carry
  rm -rf "$carry_wanted"
  mkdir "$carry_wanted" || return 1
  port_files "$1" | while read -r file sel; do
    from=$(original_value network "$file $sel")
    lease=
    case $from in 'leased '*) lease=1 from=${from#leased } ;; esac
    [ -f "$from" ] || continue
    target=$file
    # A file of the host that sorts before ours would be used in its place.
    first=$(printf '%s\n' "${from##*/}" "$file" | sort | head -n 1)
    [ "$first" = "$file" ] || target=00-${file#10-}
    mkdir -p "$carry_wanted/$target.d"
    { printf '# %s\n' "$from"; carried "$from" "$lease" "$STATE/gen/$1/root/etc/systemd/network/$file"; } >"$carry_wanted/$target.d/40-host.conf"
    [ "$target" = "$file" ] || cp "$STATE/gen/$1/root/etc/systemd/network/$file" "$carry_wanted/$target"
  done
  carry_place=$ROOT/run/systemd/network
  for old in "$carry_place"/[01]0-netloom-*; do
    [ -e "$old" ] || continue
    case $old in *.d) [ -e "$carry_wanted/${old##*/}/40-host.conf" ] ;; *) [ -e "$carry_wanted/${old##*/}" ] ;; esac && continue
    rm -rf "$old"
    carry_changed=0
  done
  (cd "$carry_wanted" && find . -type f | sed 's,^\./,,') | sort >"$RUN/carry.list"
  while read -r path; do
    cmp -s "$carry_wanted/$path" "$carry_place/$path" && continue
    (umask 022 && mkdir -p "$(dirname "$carry_place/$path")" && cat "$carry_wanted/$path" >"$carry_place/$path") || problem "$carry_place/$path: cannot be written"
    chmod 644 "$carry_place/$path" 2>/dev/null
    carry_changed=0
    case $path in
    *.d/40-host.conf) warning "${path%%.network*}: what $(sed -n '1s/^# //p' "$carry_wanted/$path") says about this port stays in force beside the plan, but for its addresses" ;;
    esac
  done <"$RUN/carry.list"
  rm -rf "$carry_wanted" "$RUN/carry.list"
  return $carry_changed
}
