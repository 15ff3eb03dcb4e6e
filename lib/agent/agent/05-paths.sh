# Where root may write. Whoever can replace a directory or a link on the way to a file decides where root writes, so all of
# them have to be root's and writable for root alone. Below NETLOOM_ROOT nothing may lead out of it.

# walk PATH: follows PATH, which need not exist, link by link. Sets walk_seen, the directories and links on the way, and
# walk_out, the link that leads out of the root.
walk() {
  walk_base=
  walk_rest=$1
  [ -z "$ROOT" ] || {
    walk_base=$(cd "$ROOT" 2>/dev/null && pwd -P) || walk_base=$ROOT
    walk_rest=${1#"$ROOT"}
  }
  walk_at=$walk_base walk_seen=${walk_base:-/} walk_out='' walk_link='' walk_hops=0
  while [ -n "$walk_rest" ]; do
    walk_step=${walk_rest%%/*}
    case $walk_rest in */*) walk_rest=${walk_rest#*/} ;; *) walk_rest='' ;; esac
    case $walk_step in '' | .) continue ;; ..) walk_at=${walk_at%/*} ;; *) walk_at=$walk_at/$walk_step ;; esac
    if [ "$walk_step" != .. ] && [ -L "$walk_at" ]; then
      walk_link=$walk_at walk_hops=$((walk_hops + 1))
      [ "$walk_hops" -lt 40 ] || { walk_out=$walk_link && return; }
      walk_seen=$walk_seen$NL$walk_at
      walk_rest=$(readlink "$walk_at")/$walk_rest
      walk_at=${walk_at%/*}
      case $walk_rest in /*) walk_at='' ;; esac
    elif [ -e "$walk_at" ]; then
      walk_seen=$walk_seen$NL$walk_at
    fi
  done
  case $walk_at/ in "$walk_base"/*) ;; *) walk_out=${walk_link:-$1} ;; esac
}

# why_not DIRECTORY: why root must not write there, and what to do; nothing when it may.
why_not() {
  walk "$1"
  [ -z "$walk_out" ] || { say "$walk_out leads out of ${ROOT:-/}; do: replace it by a directory, or by a link that stays inside" && return; }
  why_ours=0
  [ -z "$ROOT" ] || why_ours=$(id -u)
  # Directories that people unpack themselves are often writable for their own group.
  IFS=$NL
  # shellcheck disable=SC2012,SC2086 # one path a line; find cannot print owners everywhere
  ls -ldn $walk_seen 2>/dev/null | awk -v ours="$why_ours" -v base="$walk_base" -v image="$STATIC" '
    { path = $0; for (i = 0; i < 8; i++) sub(/^[^ ]+ +/, "", path) }
    # What is above the root is not ours to judge; whoever has the root may have what is in it.
    path == base { ours = ours " " $3 }
    base != "" && index(base "/", path == "/" ? "/" : path "/") == 1 { next }
    { line[++n] = $0; name[n] = path }
    END {
      for (i = 1; i <= n; i++) {
        split(line[i], field, " "); mode = field[1]; path = name[i]
        if (mode ~ /^l/) sub(/ -> .*/, "", path)
        bad = ""
        if (field[3] != 0 && !index(" " ours " ", " " field[3] " ")) bad = "belongs to user " field[3]
        else if (mode ~ /^l/) continue
        else if (substr(mode, 9, 1) == "w") bad = "may be written by everybody"
        else if (!image && substr(mode, 6, 1) == "w" && (field[4] != 0 || mode ~ /\+$/)) bad = "may be written by group " field[4]
        if (bad == "") continue
        fix = mode ~ /[tT]/ ? "" : ", or make this one so (chown root:root " path " && chmod go-w " path ")"
        print path " " bad ", so what root writes could be redirected; do: use a directory that only root can change" fix
        exit
      }
    }'
  unset IFS
}

# may_write DIRECTORY: sets not_why when not. What was found good is not looked at again.
GOOD_DIRECTORIES=$NL
may_write() {
  case $GOOD_DIRECTORIES in *"$NL$1$NL"*) return 0 ;; esac
  not_why=$(why_not "$1")
  [ -z "$not_why" ] || return 1
  GOOD_DIRECTORIES=$GOOD_DIRECTORIES$1$NL
}

# put KIND PLACE WHAT [MODE]: PLACE becomes a link to WHAT, a copy of the file WHAT with MODE, or the same as WHAT, in one
# step. Until then it has a name that nobody can guess, and is made only if nothing has that name.
put() { # link|file|same
  case $1 in
  same) [ ! -L "$3" ] || { put link "$2" "$(readlink "$3")"; return; } ;;
  link)
    put_new=$(mktemp -u "${2%/*}/.netloom.XXXXXX") && ln -s "$3" "$put_new" && put_over "$put_new" "$2"
    return
    ;;
  esac
  put_new=$(mktemp "${2%/*}/.netloom.XXXXXX") || return 1
  { if [ "$1" = file ]; then cp "$3" "$put_new" && chmod "$4" "$put_new"; else cp -p "$3" "$put_new"; fi && put_over "$put_new" "$2"; } && return 0
  rm -f "$put_new"
  return 1
}
# mv without -T moves into a directory that PLACE links to.
put_over() { # NEW PLACE
  mv -Tf "$1" "$2" 2>/dev/null && return 0
  [ ! -d "$2" ] || [ -L "$2" ] || return 1
  [ ! -L "$2" ] || rm -f "$2"
  mv -f "$1" "$2"
}
