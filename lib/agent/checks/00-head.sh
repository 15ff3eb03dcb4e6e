#!/bin/sh
# Netloom checks: sourced by a `verify` script, which calls checks_begin, check …, checks_end. Format: README.md beside
# the source. A check never guesses: what cannot be read is "not ok", with what was found instead.
set -u
LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/bin:/bin}:/run/wrappers/bin:/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

checks_begin() { # HOST [--phase P] [--json]
  checks_host=$1
  checks_phase=all
  checks_form=tap
  shift
  while [ $# -gt 0 ]; do
    case $1 in
    --phase)
      checks_phase=${2:-}
      case $checks_phase in local | pair | all | benchmark) ;; *) checks_usage ;; esac
      shift 2
      ;;
    --json) checks_form=json && shift ;;
    *) checks_usage ;;
    esac
  done
  checks_scratch=$(mktemp -d "${TMPDIR:-/tmp}/netloom-checks.XXXXXX") || exit 2
  trap 'rm -rf "$checks_scratch"' EXIT
  trap 'exit 2' HUP INT TERM
  checks_number=1000000
}
checks_usage() {
  echo 'usage: verify [--phase local|pair|all|benchmark] [--json]' >&2
  exit 2
}

# check KIND PHASE CONSTRUCT BECAUSE ARG…
check() {
  check_kind=$1 check_phase=$2 check_construct=$3 check_because=$4
  case $checks_phase:$check_phase in all:local | all:pair | "$check_phase:$check_phase") ;; *) return 0 ;; esac
  shift 4
  check_what='' check_wanted='' check_found=''
  checks_number=$((checks_number + 1))
  case ${NETLOOM_STATIC:-0}:$check_kind in 0:* | *:file | *:files) ;; *)
    check_what="$*"
    record skip 'not run: directory target'
    return 0
    ;;
  esac
  # What waits for others waits side by side.
  case $check_kind in
  ping | path-mtu | wireguard-handshake) check_one "$@" & ;;
  *) check_one "$@" ;;
  esac
}
check_one() {
  case $check_kind in
  sysctl) check_sysctl "$@" ;;
  module) check_module "$@" ;;
  mtu) check_mtu "$@" ;;
  qdisc) check_qdisc "$@" ;;
  ethtool) check_ethtool "$@" ;;
  address) check_address "$@" ;;
  route) check_route "$@" ;;
  congestion) check_congestion "$@" ;;
  manager) check_manager "$@" ;;
  default-route) check_default_route ;;
  file) check_file "$@" ;;
  files) check_files ;;
  service) check_service "$@" ;;
  nft) check_nft "$@" ;;
  wireguard) check_wireguard "$@" ;;
  wireguard-handshake) check_handshake "$@" ;;
  forward) check_forward "$@" ;;
  wireguard-routes) check_wireguard_routes "$@" ;;
  ping) check_ping "$@" ;;
  path-mtu) check_path_mtu "$@" ;;
  command) check_command "$@" ;;
  *)
    check_what=$check_kind check_wanted='a kind of check that exists'
    record fail "unknown kind '$check_kind'"
    ;;
  esac
}

# One record a line, its fields apart by the unit separator: values may hold tabs, never this.
US=$(printf '\037')
record() { # STATUS FOUND
  for field in "$1" "$check_kind" "$check_phase" "$check_construct" "$check_because" "$check_what" "$check_wanted" "$2"; do
    case $field in *[!\ -~]*) field=$(printf '%s' "$field" | tr -s '\n\r\037' '   ') ;; esac
    printf '%s%s' "$field" "$US"
  done >"$checks_scratch/$checks_number.record"
  printf '\n' >>"$checks_scratch/$checks_number.record"
}
# compare WHAT WANTED FOUND
compare() {
  check_what=$1 check_wanted=$2
  if [ "$2" = "$3" ]; then record ok "$3"; else record fail "${3:-nothing}"; fi
}
# verdict STATUS WHAT WANTED FOUND: STATUS 0 = ok, as a command returns it
verdict() {
  check_what=$2 check_wanted=$3
  if [ "$1" -eq 0 ]; then record ok "$4"; else record fail "${4:-nothing}"; fi
}

checks_end() {
  wait
  # Without any check there is no record to read.
  : >"$checks_scratch/1000000.record"
  cat "$checks_scratch"/*.record | awk -F "$US" -v form="$checks_form" -v host="$checks_host" -v phase="$checks_phase" '
    # Not gsub: awks differ in how they read a backslash in a replacement.
    function swap(text, from, to,   out, at) {
      while (at = index(text, from)) { out = out substr(text, 1, at - 1) to; text = substr(text, at + length(from)) }
      return out text
    }
    function json(text) {
      text = swap(swap(swap(text, "\\", "\\\\"), "\"", "\\\""), "\t", "\\t")
      gsub(/[\001-\037]/, "", text)
      return "\"" text "\""
    }
    function yaml(text) { return "\047" swap(text, "\047", "\047\047") "\047" }
    { n++; status[n] = $1; if ($1 == "fail") failed = 1 }
    form == "json" {
      rows = rows (n > 1 ? "," : "") "\n{\"status\":" json($1) ",\"kind\":" json($2) ",\"phase\":" json($3) ",\"construct\":" json($4) \
        ",\"because\":" json($5) ",\"what\":" json($6) ",\"wanted\":" json($7) ",\"found\":" json($8) "}"
      next
    }
    n == 1 { print "TAP version 14" }
    {
      skip = $1 == "skip" ? " # SKIP " $8 : ""
      print ($1 == "fail" ? "not ok " : "ok ") n " - " $2 " " $6 skip
      if ($1 == "skip") next
      print "  ---"; print "  wanted: " yaml($7); print "  found: " yaml($8); print "  construct: " yaml($4); print "  because: " yaml($5); print "  ..."
    }
    END {
      if (form == "json") print "{\"host\":" json(host) ",\"phase\":" json(phase) ",\"ok\":" (failed ? "false" : "true") ",\"checks\":[" rows "]}"
      else { if (n == 0) print "TAP version 14"; print "1.." n + 0 }
      exit failed
    }'
  exit $?
}
