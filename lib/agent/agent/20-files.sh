# Files of a generation: links into /run/netloom/active (so a reboot before confirmation forgets them), or copies for
# programs that refuse links, and everything as a copy under a directory target.

# A manifest line is SHA256 TAB MODE TAB INSTALL TAB PATH.
installable() {
  awk -F "$TAB" '($3 == "link" || $3 == "copy") && $4 ~ /^root\// { print $3 "\t" $2 "\t" substr($4, 5) }' "$STATE/gen/$1/manifest"
  live || wanted_by "$1"
}
# In an image nothing is started, so its units are enabled as `systemctl enable` would.
wanted_by() {
  plan_lines "$1" unit | while IFS=$TAB read -r _ unit; do
    sed -n 's/^WantedBy=//p' "$STATE/gen/$1/root/etc/systemd/system/$unit" 2>/dev/null | tr ' ' '\n' | sed '/^$/d' |
      while read -r target; do printf 'enable\t../%s\t%s\n' "$unit" "/etc/systemd/system/$target.wants/$unit"; done
  done
}

# Where there is a systemd, units live under /run while the host is up, so that none of them survives a reboot without `boot`.
place_of() {
  if systemd; then
    case $1 in
    /etc/systemd/system/*) say "$ROOT/run/systemd/system/${1#/etc/systemd/system/}" && return ;;
    esac
  fi
  say "$ROOT$1"
}

# ready_parent PLACE: its directory is there, and root may write there.
ready_parent() {
  ready=${1%/*}
  may_write "${ready:-/}" || { problem "${1#"$ROOT"}: $not_why"; return 1; }
  [ -d "$ready" ] && return 0
  # Written down first, so that what we make goes when we go.
  { note_directories "$(missing_above "$1")" && (umask 022 && mkdir -p "$ready"); } && return 0
  problem "${1#"$ROOT"}: its directory cannot be made"
  return 1
}
note_directories() {
  { ! record_good "$STATE/original/directories" || record_lines "$STATE/original/directories"; printf '%s\n' "$1"; } | sed '/^$/d' | sort -u |
    write_record "$STATE/original/directories"
}
remove_directories() { # that are empty; deepest first, on stdin
  while read -r made; do
    if [ -n "$made" ] && may_write "${made%/*}"; then rmdir "$made" 2>/dev/null || :; fi
  done
}

# `installed` has the paths that we hold, and what stood there: PATH TAB - (nothing), link:TARGET, or a SHA-256. That is in
# original/files. A line goes when the generation that does not name the path is confirmed: until then a revert needs it.
installed_lines() {
  if record_good "$STATE/installed"; then record_lines "$STATE/installed"; else rebuilt_lines; fi
}
# What a damaged list said can be seen from the generations in use and the originals that were saved.
rebuilt_lines() {
  {
    for rebuilt in "$(committed_id)" "$(active_id)" "$(pending_id)"; do
      [ ! -f "$STATE/gen/$rebuilt/manifest" ] || installable "$rebuilt" | cut -f 3
    done
    [ ! -d "$STATE/original/files" ] || (cd "$STATE/original/files" && find . ! -type d | cut -c 2-)
  } | sort -u | with_originals
}
with_originals() {
  while IFS=$TAB read -r original_path _; do printf '%s\t%s\n' "$original_path" "$(original_of "$original_path")"; done
}
original_of() { # PATH
  original=$STATE/original/files$1
  if [ -L "$original" ]; then say "link:$(readlink "$original")"; elif [ -f "$original" ]; then sha256_of "$original"; else say -; fi
}

# keep_original PATH: saves what stands there, and prints the line for it.
keep_original() {
  place=$(place_of "$1")
  ready_parent "$place" || return 0
  keep_as=$STATE/original/files$1
  if [ -d "$place" ] && [ ! -L "$place" ]; then problem "$1: is a directory on this host"; return 0; fi
  rm -f "$keep_as"
  if [ -e "$place" ] || [ -L "$place" ]; then
    case $(readlink "$place" 2>/dev/null) in "$RUN"/active/*) ;; *)
      { mkdir -p "${keep_as%/*}" && put same "$keep_as" "$place"; } || { problem "$1: cannot be saved"; return 0; }
      ;;
    esac
  fi
  printf '%s\t%s\n' "$1" "$(original_of "$1")"
}

install_one() { # KIND MODE PATH SOURCE
  place=$(place_of "$3")
  ready_parent "$place" || return 0
  install_to=$RUN/active/root$3
  case $1 in enable) install_to=$2 ;; copy) install_to='' ;; *) live || install_to='' ;; esac
  if [ -n "$install_to" ]; then
    { [ -L "$place" ] && [ "$(readlink "$place")" = "$install_to" ]; } || put link "$place" "$install_to" || problem "$3: cannot be linked"
    return 0
  fi
  if [ -f "$place" ] && [ ! -L "$place" ] && cmp -s "$4" "$place" && [ -n "$(find "$place" -prune -perm "$2" 2>/dev/null)" ]; then return 0; fi
  put file "$place" "$4" "$2" || problem "$3: cannot be written"
}

remove_one() { # PATH WHAT-STOOD-THERE
  place=$(place_of "$1")
  may_write "${place%/*}" || { problem "$1: cannot be taken away: $not_why"; return 0; }
  case $2 in
  - | '') ;;
  "$(original_of "$1")")
    { ready_parent "$place" && put same "$place" "$STATE/original/files$1"; } || problem "$1: the original cannot be put back"
    return 0
    ;;
  *) not_restored "$1 (its saved original is damaged)" ;;
  esac
  [ ! -d "$place" ] || [ -L "$place" ] || { problem "$1: is a directory on this host"; return 0; }
  rm -f "$place" || problem "$1: cannot be taken away"
}

# install_files ID: the host holds the files of this generation and of no other.
install_files() {
  installable "$1" >"$RUN/files.wanted"
  record_good "$STATE/installed" || warning "the list of installed files was damaged; it was made anew from the generations and the saved originals"
  installed_lines >"$RUN/files.held"
  cut -f 3 "$RUN/files.wanted" | awk -F "$TAB" 'FILENAME != ARGV[2] { wanted[$1] = 1; next } !($1 in wanted)' - "$RUN/files.held" >"$RUN/files.stale"
  while IFS=$TAB read -r file_path file_was; do remove_one "$file_path" "$file_was"; done <"$RUN/files.stale"
  awk -F "$TAB" 'FILENAME == ARGV[1] { held[$1] = 1; next } !($3 in held)' "$RUN/files.held" "$RUN/files.wanted" >"$RUN/files.new"
  while IFS=$TAB read -r _ _ file_path; do keep_original "$file_path"; done <"$RUN/files.new" >"$RUN/files.kept"
  if [ -s "$RUN/files.kept" ] || ! record_good "$STATE/installed"; then
    cat "$RUN/files.held" "$RUN/files.kept" | write_record "$STATE/installed" || { problem "$STATE/installed cannot be written: is the disk full?"; rm -f "$RUN/files.kept"; }
  fi
  # Only what is written down is replaced.
  cut -f 1 "$RUN/files.held" "$RUN/files.kept" 2>/dev/null | awk -F "$TAB" 'FILENAME != ARGV[2] { held[$1] = 1; next } $3 in held' - "$RUN/files.wanted" >"$RUN/files.place"
  while IFS=$TAB read -r file_kind file_mode file_path; do
    install_one "$file_kind" "$file_mode" "$file_path" "$STATE/gen/$1/root$file_path"
  done <"$RUN/files.place"
  rm -f "$RUN"/files.*
}

# forget_files ID: what this generation, which is intact, does not name is no longer held, nor is what was saved of it.
forget_files() {
  record_good "$STATE/installed" || return 0
  installable "$1" | cut -f 3 >"$RUN/files.paths"
  record_lines "$STATE/installed" | awk -F "$TAB" -v gone="$RUN/files.gone" 'FILENAME == ARGV[1] { named[$1] = 1; next } $1 in named { print; next } { print $1 >gone }' "$RUN/files.paths" - >"$RUN/files.left"
  if [ -s "$RUN/files.gone" ] && write_record "$STATE/installed" <"$RUN/files.left"; then
    while read -r file_path; do rm -f "$STATE/original/files$file_path"; done <"$RUN/files.gone"
    record_lines "$STATE/original/directories" | sort -ru | remove_directories
  fi
  rm -f "$RUN"/files.*
}
