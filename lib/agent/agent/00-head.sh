#!/bin/sh
# Netloom agent: changes this host under a guard and takes the change back unless it is confirmed.
# Commands, files and formats: README.md beside the source. Assembled from parts; needs sh, coreutils,
# awk, flock, iproute2, and for the features in use: wg, ethtool, nft, systemctl, nix.
set -u
LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/bin:/bin}:/run/wrappers/bin:/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 077

# What runner and agent agree on. An agent replaces an installed one of the same or an older version only.
AGENT_VERSION=2

ROOT=${NETLOOM_ROOT:-}
ROOT=${ROOT%/}
STATIC=${NETLOOM_STATIC:-0}
STATE=$ROOT/var/lib/netloom
RUN=$ROOT/run/netloom
# An image has no /run: whatever a directory target needs for a moment lives with its state.
LOCK=$RUN/lock
# The lock stays when that goes, since others may be waiting for it.
[ "$STATIC" = 0 ] || { RUN=$STATE/run && LOCK=$STATE/lock; }
AGENT=$STATE/agent
TAB=$(printf '\t')
NL='
'

say() { printf '%s\n' "$*"; }
die() {
  printf 'netloom agent: %s\n' "$*" >&2
  exit 1
}
# A problem fails the activation, a warning is only reported; neither stops the steps that follow.
# `well` is there while there is none: what cannot be written on a full disk must not be taken for nothing.
problem() {
  rm -f "$RUN/well"
  printf '%s\n' "$*" >>"$RUN/errors"
}
warning() { printf '%s\n' "$*" >>"$RUN/warnings"; }

has() { command -v "$1" >/dev/null 2>&1; }
live() { [ "$STATIC" = 0 ]; }
systemd() { live && [ -d "$ROOT/run/systemd/system" ]; }
# Seconds since boot: immune to a clock that is set while the window is open. Tests set the clock with NETLOOM_UPTIME.
UPTIME=${NETLOOM_UPTIME:-/proc/uptime}
uptime_seconds() {
  [ -r "$UPTIME" ] || { say 0; return; }
  read -r up_now _ <"$UPTIME"
  say "${up_now%%.*}"
}
read_line() {
  line_read=
  [ -r "$1" ] && { read -r line_read <"$1" || :; }
  printf '%s' "$line_read"
}

# missing_above PATH: the directories above PATH that are not there yet, outermost first.
missing_above() {
  above=$(dirname "$1")
  above_missing=
  while [ ! -d "$above" ]; do
    above_missing="$above$NL$above_missing"
    above=$(dirname "$above")
  done
  printf '%s' "$above_missing"
}

# What is ours lies in directories that nobody else can lead elsewhere; looked at before the first of them is made.
guard_state() {
  for guarded in "$STATE" "$RUN"; do
    may_write "$guarded" || die "$not_why"
  done
}

# Under the lock: two first commands at once would write the same record.
fill_state() { # DIRECTORIES that were made for it
  mkdir -p "$STATE/original" "$STATE/keys" || die "cannot make $STATE"
  chmod 700 "$STATE/original" "$STATE/keys"
  [ -z "$1" ] || note_directories "$1" || die "cannot write $STATE"
  printf 'netloom-plan\t1\n' | cmp -s - "$STATE/gen/empty/plan" || printf 'netloom-plan\t1\n' >"$STATE/gen/empty/plan"
  if [ -s "$STATE/gen/empty/manifest" ] || [ ! -f "$STATE/gen/empty/manifest" ]; then cp /dev/null "$STATE/gen/empty/manifest"; fi
}
# For commands that need the directories but not the lock.
ensure_directories() {
  [ -d "$STATE/keys" ] && [ -d "$STATE/original" ] && [ -f "$STATE/gen/empty/manifest" ] && [ -d "$RUN" ] && return 0
  [ -n "$LOCKED" ] || { take_lock && drop_lock; }
}

# One lock for everything that moves the transaction: a confirm in the last second must not race the timer.
LOCKED=
take_lock() {
  [ -z "$LOCKED" ] || return 0
  made_above=$(missing_above "$STATE")
  (umask 022 && mkdir -p "$STATE/gen/empty" "$RUN") || die "cannot make $STATE and $RUN"
  if has flock; then
    exec 9>>"$LOCK"
    flock -w "${1:-60}" 9 || die "another netloom command has held $LOCK for ${1:-60} s (fuser $LOCK tells which): wait until it has ended, or end it"
    LOCKED=1
  elif live; then
    die "this host has no flock (util-linux)"
  fi
  fill_state "$made_above"
  [ -z "$LOCKED" ] || note_lost_change
}
drop_lock() {
  exec 9>&-
  LOCKED=
}

id_at() {
  [ -L "$1" ] || { say empty; return; }
  id_link=$(readlink "$1")
  say "${id_link##*/}"
}
# The link says it. `confirmed` repeats it, for a host that has lost the link.
committed_id() {
  if [ -L "$STATE/committed" ]; then id_at "$STATE/committed"; return; fi
  id_confirmed=$(sealed_line "$STATE/confirmed")
  if [ -n "$id_confirmed" ] && [ -d "$STATE/gen/$id_confirmed" ]; then say "$id_confirmed"; else say empty; fi
}
active_id() { id_at "$RUN/active"; }
# The snapshot repeats it: a change must not lose its timer with one file.
pending_id() {
  id_pending=$(read_line "$RUN/pending")
  { [ -n "$id_pending" ] && [ -d "$STATE/gen/$id_pending" ]; } || id_pending=$(sealed_line "$RUN/snapshot/id")
  printf '%s' "$id_pending"
}
generation() { say "$STATE/gen/$1"; }

valid_id() {
  case $1 in
  '' | *[!A-Za-z0-9._-]* | .*) die "'$1' is not a generation, slot or device name" ;;
  esac
}

# plan_lines ID KIND: the lines of one kind; a generation without a plan has none.
plan_lines() {
  [ -f "$STATE/gen/$1/plan" ] || return 0
  while IFS= read -r plan_line || [ -n "$plan_line" ]; do
    case $plan_line in "$2" | "$2$TAB"*) printf '%s\n' "$plan_line" ;; esac
  done <"$STATE/gen/$1/plan"
}

journal() {
  printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >>"$STATE/log"
}
