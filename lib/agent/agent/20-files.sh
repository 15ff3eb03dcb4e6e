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

# A directory of the root that is a link to somewhere else must not lead us out of the root.
inside_root() {
  [ -n "$ROOT" ] || return 0
  inside_real=$(cd "$1" && pwd -P) || return 1
  inside_base=$(cd "$ROOT" && pwd -P) || return 1
  case $inside_real/ in "$inside_base"/*) return 0 ;; *) return 1 ;; esac
}

make_parent() {
  parent=$(dirname "$1")
  parent_missing=$(missing_above "$1")
  [ -z "$parent_missing" ] || printf '%s\n' "$parent_missing" >>"$STATE/original/directories"
  (umask 022 && mkdir -p "$parent") && inside_root "$parent" && return 0
  problem "$1: its directory cannot be made inside the root"
  return 1
}

# keep_original PATH PLACE: remembers what stood there, once, before it is replaced.
keep_original() {
  grep -Fqx -e "$1" "$STATE/installed" 2>/dev/null && return 0
  if [ -e "$2" ] || [ -L "$2" ]; then
    case $(readlink "$2" 2>/dev/null) in "$RUN"/active/*) ;; *)
      [ ! -d "$2" ] || [ -L "$2" ] || { problem "$1: is a directory on this host"; return 1; }
      mkdir -p "$(dirname "$STATE/original/files$1")"
      cp -pP "$2" "$STATE/original/files$1" || { problem "$1: cannot be saved"; return 1; }
      ;;
    esac
  fi
  printf '%s\n' "$1" >>"$STATE/installed" || { problem "$1: cannot be written down in $STATE/installed"; return 1; }
}

install_one() { # KIND MODE PATH SOURCE
  place=$(place_of "$3")
  { make_parent "$place" && keep_original "$3" "$place"; } || return 0
  if [ "$1" = enable ]; then
    [ "$(readlink "$place" 2>/dev/null)" = "$2" ] || flip "$place" "$2" || problem "$3: cannot be linked"
    return 0
  fi
  if live && [ "$1" = link ]; then
    [ "$(readlink "$place" 2>/dev/null)" = "$RUN/active/root$3" ] || flip "$place" "$RUN/active/root$3" || problem "$3: cannot be linked"
    return 0
  fi
  if [ -f "$place" ] && [ ! -L "$place" ] && cmp -s "$4" "$place" && [ -n "$(find "$place" -prune -perm "$2" 2>/dev/null)" ]; then return 0; fi
  { cp "$4" "$place.netloom-new" && chmod "$2" "$place.netloom-new" && mv -f "$place.netloom-new" "$place"; } ||
    problem "$3: cannot be written"
}

remove_one() { # PATH
  place=$(place_of "$1")
  rm -f "$place"
  if [ -e "$STATE/original/files$1" ] || [ -L "$STATE/original/files$1" ]; then
    mv -f "$STATE/original/files$1" "$place" || problem "$1: the original cannot be put back"
  fi
  grep -Fvx -e "$1" "$STATE/installed" >"$STATE/installed.new"
  # Status 1: no line is left. On a full disk the list stays as it was.
  [ $? -le 1 ] && mv -f "$STATE/installed.new" "$STATE/installed"
}

# install_files ID: the host holds the files of this generation and of no other.
install_files() {
  installable "$1" >"$RUN/files.wanted"
  if [ -f "$STATE/installed" ]; then
    cut -f 3 "$RUN/files.wanted" >"$RUN/files.paths"
    grep -Fvx -f "$RUN/files.paths" "$STATE/installed" >"$RUN/files.stale"
    while read -r stale; do remove_one "$stale"; done <"$RUN/files.stale"
  fi
  while IFS=$TAB read -r file_kind file_mode file_path; do
    install_one "$file_kind" "$file_mode" "$file_path" "$STATE/gen/$1/root$file_path"
  done <"$RUN/files.wanted"
  rm -f "$RUN/files.wanted" "$RUN/files.paths" "$RUN/files.stale"
}
