# Endpoints that are names. wg(8) refuses a whole table when one name in it does not resolve, and waits for more than a
# minute when no name server answers. So tables are loaded without them, then each name is resolved on its own, within
# seconds, and what fails is tried again for as long as the generation is active.

# named_endpoints: the table on stdin, reduced to "PUBLICKEY NAME:PORT" of peers whose endpoint is a name.
named_endpoints() {
  awk '
    function flush() { if (key != "" && endpoint != "") print key, endpoint; key = endpoint = "" }
    /^[ \t]*\[/ { flush() }
    { line = $0; sub(/#.*/, "", line); value = line; sub(/^[^=]*=[ \t]*/, "", value); sub(/[ \t]+$/, "", value) }
    line ~ /^[ \t]*[Pp]ublic[Kk]ey[ \t]*=/ { key = value }
    line ~ /^[ \t]*[Ee]ndpoint[ \t]*=/ && value !~ /^(\[|[0-9.]+:)/ { endpoint = value }
    END { flush() }'
}
without_names() { awk '!(/^[ \t]*[Ee]ndpoint[ \t]*=/ && $0 !~ /=[ \t]*(\[|[0-9.]+:)/)'; }

# endpoints_of ID: "DEV PUBLICKEY NAME:PORT" for all tunnels of a generation.
endpoints_of() {
  plan_lines "$1" wireguard | while IFS=$TAB read -r _ dev _ _ table slot _; do
    { [ -f "$STATE/gen/$1/filled/$table" ] && [ -s "$(key_file "$slot")" ]; } || continue
    peer_table "$1" "$table" "$(wg pubkey <"$(key_file "$slot")")" | named_endpoints | sed "s/^/$dev /"
  done
}

# resolve_endpoints: takes "DEV PUBLICKEY NAME:PORT" lines and prints the names that do not resolve. A server that does
# not answer costs 3 s for 16 names, and after 6 s the rest waits for the next turn.
resolve_endpoints() (
  rm -rf "$RUN/endpoints.d"
  mkdir -p "$RUN/endpoints.d"
  resolve_end=$(($(uptime_seconds) + 6)) resolve_count=0
  while read -r dev key name; do
    resolve_count=$((resolve_count + 1))
    resolve_file=$RUN/endpoints.d/$(printf %06d $resolve_count)
    printf '%s\n' "$name" >"$resolve_file"
    [ "$(uptime_seconds)" -lt "$resolve_end" ] || continue
    { WG_ENDPOINT_RESOLUTION_RETRIES=0 timeout 3 wg set "$dev" peer "$key" endpoint "$name" >/dev/null 2>&1 </dev/null 9>&- && rm -f "$resolve_file"; } &
    [ $((resolve_count % 16)) != 0 ] || wait
  done
  wait
  cat "$RUN/endpoints.d"/* 2>/dev/null | sort -u
  rm -rf "$RUN/endpoints.d"
)

# tell_unresolved NAMES, one a line: keeps one warning about them, and writes changes down in the log.
UNRESOLVED='These WireGuard endpoints do not resolve'
tell_unresolved() {
  grep -v "^$UNRESOLVED" "$RUN/warnings" 2>/dev/null >"$RUN/warnings.new"
  mv -f "$RUN/warnings.new" "$RUN/warnings"
  unresolved=$(printf '%s\n' "$1" | sed '/^$/d' | tr '\n' ' ' | sed 's/ $//; s/ /, /g')
  [ -z "$unresolved" ] || warning "$UNRESOLVED, so this host cannot call them until they do (retried every 30 s): $unresolved"
  [ "$unresolved" != "$(read_line "$RUN/unresolved")" ] || return 0
  printf '%s\n' "$unresolved" >"$RUN/unresolved"
  if [ -n "$unresolved" ]; then journal "$UNRESOLVED: $unresolved"; else journal 'all WireGuard endpoints resolve'; fi
}

# settle_endpoints ID: resolves now what can be resolved, and leaves a process behind for the rest and for addresses that change.
settle_endpoints() {
  systemd && systemctl stop netloom-endpoints.service 2>/dev/null
  rm -f "$RUN/endpoints"
  settle_todo=$(endpoints_of "$1")
  [ -n "$settle_todo" ] || { rm -f "$RUN/unresolved"; return 0; }
  tell_unresolved "$(printf '%s\n' "$settle_todo" | resolve_endpoints)"
  # The process ends when another one has taken its place here.
  settle_token="$1 $$"
  printf '%s\n' "$settle_token" >"$RUN/endpoints"
  start_detached netloom-endpoints endpoints "$settle_token" || warning "names of WireGuard endpoints are not tried again: systemd-run failed"
}

# start_detached UNIT COMMAND…: runs an agent command that outlives this process, without our lock.
start_detached() {
  detached_unit=$1
  shift
  if systemd; then
    systemd-run -q --collect --unit="$detached_unit" --property=Restart=on-failure --setenv=PATH="$PATH" /bin/sh "$AGENT" "$@" 9>&-
  else
    setsid sh "$AGENT" "$@" >/dev/null 2>&1 </dev/null 9>&- &
  fi
}

endpoints() { # TOKEN
  endpoints_pause=5
  while sleep $endpoints_pause && [ "$(read_line "$RUN/endpoints")" = "$1" ]; do
    sh "$AGENT" retry-endpoints 2>/dev/null
    [ $endpoints_pause -ge 30 ] || endpoints_pause=$((endpoints_pause * 2))
    [ $endpoints_pause -le 30 ] || endpoints_pause=30
  done
}

# A session lives for 180 s; WireGuard itself tries to renew it after 120 s, and gives up after 90 s more. A peer that is
# silent for longer than 135 s may have moved, so its name is looked up anew.
retry_endpoints() {
  [ -f "$RUN/endpoints" ] || return 0
  take_lock 1
  [ -f "$RUN/endpoints" ] || return 0
  retry_todo=$(endpoints_of "$(active_id)" | while read -r dev key name; do
    wg show "$dev" latest-handshakes 2>/dev/null | awk -v key="$key" -v now="$(date +%s)" '$1 == key && now - $2 > 135 { silent = 1 } END { exit !silent }' &&
      printf '%s %s %s\n' "$dev" "$key" "$name"
  done)
  tell_unresolved "$([ -z "$retry_todo" ] || printf '%s\n' "$retry_todo" | resolve_endpoints)"
}
