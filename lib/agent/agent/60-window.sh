# The guard. pending, phase, deadline and snapshot live under /run: a reboot inside the window forgets all of them
# and starts from `committed`, which makes it a rollback too.

# The longest window, in seconds: 1 h, as the schema of netloom.json has it.
LONGEST=3600
# What is not the end of a window, since the file is damaged, counts as over: the change reverts.
remaining() {
  remaining_end=$(read_line "$RUN/deadline")
  case $remaining_end in '' | *[!0-9]* | ????????????*) say 0 && return ;; esac
  remaining_left=$((remaining_end - $(uptime_seconds)))
  [ "$remaining_left" -gt 0 ] && [ "$remaining_left" -le $LONGEST ] || remaining_left=0
  say "$remaining_left"
}

run_line() { printf '%s\n' "$2" >"$RUN/$1.new" && mv -f "$RUN/$1.new" "$RUN/$1"; } # FILE TEXT
set_phase() { run_line phase "$1"; }

start_watchdog() { # ID
  live || return 0
  if systemd; then
    systemctl stop netloom-revert.service 2>/dev/null
    systemd-run -q --collect --unit=netloom-revert --property=Restart=on-failure --setenv=PATH="$PATH" /bin/sh "$AGENT" watchdog "$1" 9>&- ||
      die "systemd-run refused to start the revert timer"
  else
    setsid sh "$AGENT" watchdog "$1" >/dev/null 2>&1 </dev/null 9>&- &
  fi
}

# A child of pid 1 that outlives the session. It reads the deadline each second, so that arming again extends it.
watchdog() { # ID
  while [ "$(pending_id)" = "$1" ]; do
    [ "$(remaining)" -gt 0 ] || { revert "nobody confirmed $1 in time" "$1"; return; }
    sleep 1
  done
}

arm() { # ID SECONDS
  valid_id "$1"
  case $2 in '' | *[!0-9]* | ?????*) die "'$2' is not a number of seconds up to $LONGEST" ;; esac
  [ "$2" -le $LONGEST ] || die "'$2' is not a number of seconds up to $LONGEST"
  take_lock
  [ -d "$STATE/gen/$1" ] || die "generation $1 is not on this host: stage it first"
  intact "$1" || die "generation $1 is damaged: stage it again"
  start_records
  with_programs_of "$1"
  armed=$(pending_id)
  if [ -n "$armed" ] && [ "$armed" != "$1" ]; then
    die "a change to $armed is waiting for confirmation; it will be reverted in $(remaining) s unless it is confirmed"
  fi
  if live; then
    lost=$(missing_links "$1")
    [ -z "$lost" ] || die "these links of the plan are not on this host: $lost"
    [ -n "$armed" ] || { refuse_foreign_tunnels "$1"; refuse_foreign_qdiscs "$1"; refuse_lost_defaults "$1"; }
  fi
  if [ -z "$armed" ]; then
    rm -rf "$RUN/snapshot" "$RUN/errors" "$RUN/warnings" "$RUN/unrestored"
    mkdir "$RUN/snapshot" || die "cannot make $RUN/snapshot"
    record_good "$STATE/original/live" || warning "$STATE/original/live was damaged: what the settings that this host has by now were before netloom is not known, so a later withdrawal leaves them"
    if live; then
      active_id >"$RUN/snapshot/active" || die "cannot write $RUN/snapshot"
      { keys_of "$1"; keys_of "$(active_id)"; } | sort -u | remember "$RUN/snapshot" || die "cannot write $RUN/snapshot"
      static_routes >"$RUN/snapshot/routes" || die "cannot write $RUN/snapshot"
      write_defaults "$1" || die "cannot write $STATE/defaults"
      keys_of "$1" | remember "$STATE/original" || die "cannot write down in $STATE/original how this host was: is the disk full?"
      [ ! -e "$STATE/gen/$1/system" ] || readlink -f "$ROOT/run/current-system" >"$RUN/snapshot/system"
    fi
    install_boot_units "$1"
    warn_of_reboot "$1"
  fi
  if ! { run_line deadline "$(($(uptime_seconds) + $2))" && { [ -n "$armed" ] || set_phase armed; } &&
    write_line "$RUN/snapshot/id" "$1" && run_line pending "$1" && write_line "$STATE/window" "$1"; }; then
    [ -n "$armed" ] || forget_transaction
    die "cannot write down the change in $RUN and $STATE: is the disk full?"
  fi
  start_watchdog "$1"
  say "armed $1 for $2 s"
}

# activate ID returns at once: the change may cut the very connection that asks for it.
activate() {
  valid_id "$1"
  [ "$(pending_id)" = "$1" ] || die "generation $1 is not armed"
  case $(read_line "$RUN/phase") in
  armed) ;;
  *) say "$(read_line "$RUN/phase") $1" && return ;;
  esac
  set_phase activating || die "cannot write $RUN/phase: is the disk full?"
  if ! live; then
    activate_now "$1"
  elif systemd; then
    systemd-run -q --collect --no-block --unit=netloom-activate --setenv=PATH="$PATH" /bin/sh "$AGENT" activate-now "$1" ||
      die "systemd-run refused to start the activation"
  else
    setsid sh "$AGENT" activate-now "$1" >/dev/null 2>&1 </dev/null 9>&- &
  fi
  say "activating $1"
}

activate_now() {
  printf '%s\n' $$ >"$RUN/activate.pid"
  take_lock
  [ "$(pending_id)" = "$1" ] || die "generation $1 is no longer armed"
  rm -f "$RUN/errors"
  say >"$RUN/well"
  bring_live "$1"
  rm -f "$RUN/activate.pid"
  if [ -e "$RUN/well" ]; then set_phase activated; else set_phase failed; fi
}

# An activation that hangs holds the lock; nothing of it may be in the way of a revert.
stop_activation() {
  live || return 0
  systemd && systemctl stop netloom-activate.service 2>/dev/null
  stop_pid=$(read_line "$RUN/activate.pid")
  case $stop_pid in '' | *[!0-9]*) return 0 ;; esac
  [ "$stop_pid" = $$ ] || kill -KILL "-$stop_pid" 2>/dev/null || kill -KILL "$stop_pid" 2>/dev/null
  rm -f "$RUN/activate.pid"
}

confirm() { # ID
  valid_id "$1"
  take_lock
  confirmed=$(committed_id)
  if [ "$(pending_id)" != "$1" ]; then
    if [ -z "$(pending_id)" ] && [ "$confirmed" = "$1" ]; then say "confirmed $1" && return; fi
    die "generation $1 is not waiting for confirmation ($(read_line "$RUN/result"))"
  fi
  case $(read_line "$RUN/phase") in activated) ;; *) die "generation $1 is $(read_line "$RUN/phase"), not activated" ;; esac
  [ "$(remaining)" -gt 0 ] || ! live || die "the window of $1 has just closed"
  [ ! -e "$STATE/gen/$1/system" ] || nixos_keep "$1"
  if [ "$1" = empty ]; then
    forget_transaction
    purge
    say "confirmed empty"
    return
  fi
  persist "$STATE"
  # Relative: in a directory target the root is somewhere else than it will be.
  put link "$STATE/committed" "gen/$1" || die "cannot move $STATE/committed: is the disk full?"
  # Takes no space, so that a disk that is full by now does not split a wave.
  mv -f "$STATE/window" "$STATE/confirmed"
  rm -f "$STATE/boot-report" "$STATE/keeping"
  forget_transaction
  printf 'confirmed %s\n' "$1" >"$RUN/result"
  forget_rest "$1"
  collect_garbage "$1" "$confirmed"
  journal "confirmed $1"
  persist "$STATE"
  live || rm -rf "$RUN"
  say "confirmed $1"
}

# The snapshot first: with it, a lost `pending` would be found again.
forget_transaction() {
  rm -rf "$STATE/window" "$RUN/snapshot"
  rm -f "$RUN/pending" "$RUN/deadline" "$RUN/phase"
}

revert() { # REASON [ID]: only this change, or whichever there is
  revert_id=$(pending_id)
  if [ -z "$revert_id" ] || [ "$revert_id" != "${2:-$revert_id}" ]; then say "nothing to revert" && return; fi
  stop_activation
  take_lock 600
  [ "$(pending_id)" = "$revert_id" ] || { say "nothing to revert"; return; }
  # The confirmation was killed after it had counted.
  if [ "$(committed_id)" = "$revert_id" ] && [ ! -f "$STATE/window" ] && [ "$(sealed_line "$STATE/confirmed")" = "$revert_id" ]; then
    forget_transaction
    say "nothing to revert: $revert_id is confirmed" && return
  fi
  set_phase reverting
  rm -f "$RUN/errors" "$RUN/warnings" "$RUN/unrestored"
  revert_to=$(committed_id)
  bring_live "$revert_to"
  if live; then
    restore_snapshot
    [ ! -f "$RUN/snapshot/routes" ] || return_lost_routes "$(cat "$RUN/snapshot/routes")"
    [ ! -f "$RUN/snapshot/system" ] || nixos_switch "$(read_line "$RUN/snapshot/system")"
  fi
  [ "$revert_to" != empty ] || remove_boot_units
  forget_rest "$revert_to"
  revert_rest=
  [ ! -s "$RUN/unrestored" ] || revert_rest="; not restored: $(tr '\n' ',' <"$RUN/unrestored" | sed 's/,$//; s/,/, /g')"
  printf 'reverted %s: %s%s\n' "$revert_id" "$1" "$revert_rest" >"$RUN/result"
  journal "reverted $revert_id to $revert_to: $1$revert_rest"
  forget_transaction
  say "reverted $revert_id to $revert_to$revert_rest"
}
