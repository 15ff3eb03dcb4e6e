# JSON strings: what we print is ours or the kernel's, but an error text may hold anything.
json_string() {
  printf '%s' "$1" | awk '
    function swap(text, from, to,   out, at) {
      while (at = index(text, from)) { out = out substr(text, 1, at - 1) to; text = substr(text, at + length(from)) }
      return out text
    }
    { line = swap(swap(swap($0, "\\", "\\\\"), "\"", "\\\""), "\t", " "); gsub(/[\001-\037]/, "", line)
      all = all (NR > 1 ? "; " : "") line }
    END { printf "\"%s\"", all }'
}
json_file() { if [ -s "$1" ]; then json_string "$(head -n 40 "$1")"; else printf '""'; fi; }

# Addresses that links had before we first set theirs: where this host goes back to at destroy.
origins() {
  [ -r "$STATE/original/live" ] || return 0
  awk -F "$TAB" -v lost="$LOST" '$1 == "addresses" && $3 != lost { print $3 }' "$STATE/original/live" | tr ',' '\n' | sed '/^$/d; s,/.*,,' | tr '\n' ','
}

status() {
  status_pending=$(pending_id)
  status_result=$(read_line "$RUN/result")
  # Nobody has written it down yet.
  [ -n "$status_pending$status_result" ] || [ ! -f "$STATE/window" ] || status_result="lost by reboot: $(sealed_line "$STATE/window")"
  printf '{"agent":%s,"committed":%s,"active":%s,"pending":%s,"phase":%s,"remaining":%s,"result":%s,"errors":%s,"warnings":%s,"wanted":%s,"owner":%s,"origins":%s,"boot":%s,"damaged":%s,"bootReport":%s}\n' \
    $AGENT_VERSION \
    "$(json_string "$(committed_id)")" "$(json_string "$(active_id)")" "$(if [ -n "$status_pending" ]; then json_string "$status_pending"; else printf null; fi)" \
    "$(json_string "$(read_line "$RUN/phase")")" "$(remaining)" "$(json_string "$status_result")" \
    "$(json_file "$RUN/errors")" "$(json_file "$RUN/warnings")" \
    "$(json_string "$(staged_whole)")" "$(json_string "$(owner)")" "$(json_string "$(origins)")" "$(json_string "$(read_line /proc/sys/kernel/random/boot_id)")" \
    "$(json_string "$(damaged)")" "$(json_string "$(boot_report)")"
}

probe() {
  probe_generation=$STATE/gen/$(if [ -L "$RUN/active" ]; then active_id; else committed_id; fi)
  [ -f "$probe_generation/verify" ] || die "the active generation has no checks"
  NETLOOM_CHECKS=$STATE/checks.sh sh "$probe_generation/verify" "$@"
}

guard_state
command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
stage) stage "${1:?digest}" "${2:?owner}" "${3:?directory}" ;;
key) make_key "${1:?slot}" ;;
key-put) put_key "${1:?slot}" ;;
fill) fill "${1:?digest}" "${2:?generation}" ;;
rehearse) rehearse "${1:?generation}" ;;
arm) arm "${1:?generation}" "${2:?seconds}" ;;
activate) activate "${1:?generation}" ;;
activate-now) activate_now "${1:?generation}" ;;
watchdog) watchdog "${1:?generation}" ;;
confirm) confirm "${1:?generation}" ;;
revert) revert "${1:-asked to}" "${2:-}" ;;
withdraw) withdraw "${1:?owner}" "${2:?seconds}" ;;
status) status ;;
probe) probe "$@" ;;
boot) boot ;;
live) bring_boot_live ;;
endpoints) endpoints "${1:?token}" ;;
retry-endpoints) retry_endpoints ;;
*) die "unknown command '$command': stage, key, key-put, fill, rehearse, arm, activate, status, probe, confirm, revert, withdraw, boot, live" ;;
esac
