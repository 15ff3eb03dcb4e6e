# What must not get lost, in files that tell when they are damaged: a power cut, a full disk or a hand may leave them empty,
# cut, or with somebody else's lines. A record is lines and a last one, #NAME TAB SUM. A sealed line is TEXT TAB SUM.
# `format` says that they are written so; version 1 kept plain lines.

short_sum() {
  short_text=$(sha256_sums)
  printf '%.16s\n' "$short_text"
}
# split_end FILE: sets split_body, all lines but the last, and split_end, the last one.
split_end() {
  split_body='' split_end='' split_more=
  [ ! -f "$1" ] || while IFS= read -r split_line || [ -n "$split_line" ]; do
    split_body=$split_body${split_more:+$split_end$NL} split_end=$split_line split_more=1
  done <"$1"
}
sealed_format() { [ -f "$STATE/format" ]; }

# write_record FILE, lines on stdin: all of them or, on a full disk, none.
write_record() {
  { cat >"$1.new" && printf '#%s\t%s\n' "${1##*/}" "$({ say "${1##*/}" && cat "$1.new"; } | short_sum)" >>"$1.new"; } &&
    { sync "$1.new" 2>/dev/null || sync; } && mv -f "$1.new" "$1" && return 0
  rm -f "$1.new"
  return 1
}
record_good() { # FILE
  [ -f "$1" ] || { ! sealed_format && return; }
  split_end "$1"
  case $split_end in
  "#${1##*/}$TAB"*) [ "$(printf '%s\n%s' "${1##*/}" "$split_body" | short_sum)" = "${split_end#*"$TAB"}" ] ;;
  *) ! sealed_format ;;
  esac
}
record_lines() { [ ! -f "$1" ] || sed '/^#/d' "$1"; }

write_line() { # FILE TEXT
  { printf '%s\t%s\n' "$2" "$(printf '%s' "$2" | short_sum)" >"$1.new" && { sync "$1.new" 2>/dev/null || sync; } && mv -f "$1.new" "$1"; } && return 0
  rm -f "$1.new"
  return 1
}
# sealed_line FILE: its text, or nothing when it is damaged.
sealed_line() {
  sealed_read=$(read_line "$1")
  [ "$(printf '%s' "${sealed_read%"$TAB"*}" | short_sum)" != "${sealed_read##*"$TAB"}" ] || say "${sealed_read%"$TAB"*}"
}

# start_records: seals what version 1 left as plain lines; not while a change is open, since its timer still runs that version.
RECORDS='original/live original/directories installed packages'
start_records() {
  ! sealed_format && [ -z "$(pending_id)" ] || return 0
  for record in $RECORDS; do
    ! tail -n 1 "$STATE/$record" 2>/dev/null | grep -q "^#${record##*/}$TAB" || continue
    if [ "$record" = installed ]; then installed_lines | with_originals; else record_lines "$STATE/$record"; fi >"$STATE/record.new"
    write_record "$STATE/$record" <"$STATE/record.new" || die "$STATE/$record cannot be written"
  done
  rm -f "$STATE/record.new"
  [ ! -f "$STATE/wanted" ] || [ -n "$(sealed_line "$STATE/wanted")" ] || write_line "$STATE/wanted" "$(read_line "$STATE/wanted")" || die "$STATE/wanted cannot be written"
  [ -f "$STATE/confirmed" ] || write_line "$STATE/confirmed" "$(committed_id)" || die "$STATE/confirmed cannot be written"
  seal_old
  say 2 >"$STATE/format" || die "$STATE/format cannot be written"
}

# not_restored TEXT: said at the end, and never passed over.
not_restored() {
  printf '%s\n' "$*" >>"$RUN/unrestored"
  warning "not restored: $*"
}

# damaged: what of the committed state cannot be relied on, in a few words.
damaged() {
  damaged_id=$(committed_id)
  damaged_parts=
  intact "$damaged_id" || damaged_parts="generation $damaged_id, "
  [ "$damaged_id" = empty ] || programs_intact || damaged_parts="${damaged_parts}the agent's programs, "
  if sealed_format; then
    for record in $RECORDS; do record_good "$STATE/$record" || damaged_parts="$damaged_parts$record, "; done
    [ "$(sealed_line "$STATE/confirmed")" = "$(id_at "$STATE/committed")" ] || damaged_parts="${damaged_parts}committed, "
    ! saved_sums | (cd "$STATE" && sha256_sums -c 2>/dev/null) | grep -qv ' OK$' || damaged_parts="${damaged_parts}saved originals, "
  fi
  printf '%s' "${damaged_parts%, }"
}
# saved_sums: of all that was saved beside the records, as sha256sum reads them.
saved_sums() {
  record_lines "$STATE/installed" | awk -F "$TAB" 'length($2) == 64 { print $2 "  original/files" $1 }'
  record_lines "$STATE/original/live" | awk -F "$TAB" '$4 != "" { if ($1 == "nft") { gsub(/ /, ".", $2); print $4 "  original/nft." $2 } else print $4 "  original/wg." $2 }'
}
