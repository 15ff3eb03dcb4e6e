# How long the guarded part of a deploy will take on this host, measured before the guard is armed.

uptime_milliseconds() { awk '{ printf "%.0f\n", $1 * 1000; exit }' "$UPTIME"; }

# rehearse ID: what `arm` reads, and the local checks of the generation. Writes to a scratch directory only. What the
# checks find does not count, since the generation is not active yet.
rehearse() {
  valid_id "$1"
  [ -d "$STATE/gen/$1" ] || die "generation $1 is not on this host: stage it first"
  with_programs_of "$1"
  ensure_directories
  # Below /run: the books may hold WireGuard's keys.
  rehearse_scratch=$(mktemp -d "$RUN/rehearse.XXXXXX") || die "cannot make a directory in $RUN"
  trap 'rm -rf "$rehearse_scratch"' EXIT
  trap 'exit 1' HUP INT TERM
  mkdir "$rehearse_scratch/snapshot" "$rehearse_scratch/original" || die "cannot write $rehearse_scratch"
  rehearse_start=$(uptime_milliseconds)
  if live; then
    { keys_of "$1"; keys_of "$(active_id)"; } | sort -u | remember "$rehearse_scratch/snapshot" || die "cannot write $rehearse_scratch"
    static_routes >"$rehearse_scratch/snapshot/routes"
    [ ! -f "$STATE/original/live" ] || cp "$STATE/original/live" "$rehearse_scratch/original/live" || die "cannot write $rehearse_scratch"
    keys_of "$1" | remember "$rehearse_scratch/original" || die "cannot write $rehearse_scratch"
  fi
  [ ! -f "$STATE/gen/$1/verify" ] || NETLOOM_CHECKS=$STATE/checks.sh sh "$STATE/gen/$1/verify" --phase local --json >/dev/null 2>&1 || :
  say "rehearsed $(($(uptime_milliseconds) - rehearse_start))"
}
