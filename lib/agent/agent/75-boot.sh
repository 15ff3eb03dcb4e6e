# What a reboot finds (with `boot`, in 70-stage): two units, netloom-boot.service and netloom.service, call `boot` and `live`. Where there is no systemd,
# the machine's own init has to.

BOOT_UNITS='netloom-boot.service:sysinit.target netloom.service:multi-user.target'

boot_unit() { # NAME COMMAND AFTER WANTS BEFORE WANTED-BY
  unit_file=$ROOT/etc/systemd/system/$1
  ready_parent "$ROOT/etc/systemd/system/$6.wants/$1" || return 0
  {
    printf '[Unit]\nDescription=Netloom: %s\nDefaultDependencies=no\nAfter=%s\n' "$2" "$3"
    [ -z "$4" ] || printf 'Wants=%s\n' "$4"
    printf 'Before=%s\nConflicts=shutdown.target\nConditionPathExists=%s\n' "$5" "${AGENT#"$ROOT"}"
    printf '\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh %s %s\n' "${AGENT#"$ROOT"}" "$2"
    printf '\n[Install]\nWantedBy=%s\n' "$6"
  } >"$RUN/unit.new"
  cmp -s "$RUN/unit.new" "$unit_file" || put file "$unit_file" "$RUN/unit.new" 644 || problem "$unit_file: cannot be written"
  rm -f "$RUN/unit.new"
  unit_link=$ROOT/etc/systemd/system/$6.wants/$1
  [ "$(readlink "$unit_link" 2>/dev/null)" = "../$1" ] || put link "$unit_link" "../$1" || problem "$unit_link: cannot be made"
}
install_boot_units() { # ID
  live && ! systemd && return 0
  # On NixOS /etc/systemd/system belongs to the system's own closure; host.nix declares the units there.
  [ "$(read_line "$STATE/gen/$1/platform")" != nixos ] || return 0
  boot_unit netloom-boot.service boot local-fs.target "" "systemd-sysctl.service systemd-networkd.service sysinit.target shutdown.target" sysinit.target
  # Whoever else configures links goes first. network.target is passive: without Wants= its order would mean nothing.
  boot_unit netloom.service live "network.target systemd-networkd.service NetworkManager.service networking.service dhcpcd.service sysinit.target" \
    network.target shutdown.target multi-user.target
}
# A unit that ran and has no file any more would stay in systemd's lists, active or failed.
remove_boot_units() {
  removed_units=
  for unit in $BOOT_UNITS; do
    [ -e "$ROOT/etc/systemd/system/${unit%%:*}" ] || continue
    may_write "$ROOT/etc/systemd/system/${unit#*:}.wants" || { problem "${unit%%:*}: $not_why"; continue; }
    ! systemd || systemctl stop "${unit%%:*}" 2>/dev/null || :
    rm -f "$ROOT/etc/systemd/system/${unit%%:*}" "$ROOT/etc/systemd/system/${unit#*:}.wants/${unit%%:*}"
    removed_units="$removed_units ${unit%%:*}"
  done
  if systemd && [ -n "$removed_units" ]; then
    systemctl daemon-reload 2>/dev/null
    forget_units "$removed_units"
  fi
}

# Said with each deploy until the host has been booted with it.
warn_of_reboot() { # ID
  live && ! systemd && [ ! -e "$RUN/booted" ] && [ "$1" != empty ] && [ "$(read_line "$STATE/gen/$1/platform")" != nixos ] || return 0
  reboot_kinds=$({ cut -f 1 "$STATE/gen/$1/plan" && installable "$1" | sed 's/.*/file/'; } | grep -Evx 'netloom-plan|package' | sort -u | tr '\n' ' ')
  [ -z "$reboot_kinds" ] || warning "this host has no systemd, so after a reboot nothing of this deploy comes back by itself: ${reboot_kinds% }; do: have its init run 'sh ${AGENT#"$ROOT"} boot' before the network is configured and 'sh ${AGENT#"$ROOT"} live' afterwards"
}

# A change that was under way when the host went down is gone: what is committed is in force.
note_lost_change() {
  [ -f "$STATE/window" ] && [ -z "$(pending_id)" ] || return 0
  lost_change=$(sealed_line "$STATE/window")
  journal "lost by reboot: ${lost_change:-a change}"
  printf 'lost by reboot: %s\n' "${lost_change:-a change}" >"$RUN/result"
  rm -f "$STATE/window"
}

# network.target waits for no device: a card that loads firmware, or what networkd makes of one, may come after it.
await_links() { # ID
  await_tries=0
  while [ "$await_tries" -lt 60 ] && [ -n "$(missing_links "$1")" ]; do
    await_tries=$((await_tries + 1))
    sleep 1
  done
}

# Seconds between attempts: managers that work in the background, or services that start slowly, may undo or delay something.
LIVE_PAUSES=${NETLOOM_LIVE_PAUSES-3 6 12 24}

# live: later, when links are there. The local checks say whether everything came back; how they ended is kept.
bring_boot_live() {
  ! left_alone || return 0
  await_links "$(committed_id)"
  for live_pause in $LIVE_PAUSES last; do
    take_lock
    ! left_alone || return 0
    say >"$RUN/booted"
    rm -f "$RUN/errors" "$RUN/warnings"
    bring_live "$(committed_id)"
    live_failed=$(report_boot "$(committed_id)")
    drop_lock
    [ -s "$RUN/errors" ] || [ -n "$live_failed" ] || return 0
    [ "$live_pause" = last ] || sleep "$live_pause"
  done
  [ ! -s "$RUN/errors" ] || die "$(cat "$RUN/errors")"
  die "checks after boot: $live_failed"
}
# report_boot ID: writes boot-report; prints what is not as it should be.
report_boot() {
  [ "$1" != empty ] && [ -f "$STATE/gen/$1/verify" ] || return 0
  NETLOOM_CHECKS=$STATE/checks.sh sh "$STATE/gen/$1/verify" --phase local --json >"$RUN/boot-report" 2>/dev/null </dev/null
  { cp "$RUN/boot-report" "$STATE/boot-report.new" && mv -f "$STATE/boot-report.new" "$STATE/boot-report"; } || problem "$STATE/boot-report cannot be written"
  boot_failures "$RUN/boot-report"
}
boot_failures() { # FILE
  ! grep -q '"ok":true' "$1" || return 0
  report_failed=$(sed -n 's/^{"status":"fail","kind":"\([^"]*\)".*,"what":"\(.*\)","wanted":"\(.*\)","found":"\(.*\)"}.*$/\1 \2: wanted \3, found \4/p' "$1" | sed 's/\\"/"/g' | head -n 3)
  say "${report_failed:-the checks said nothing that can be read}"
}
# boot_report: how the checks after the last boot ended; nothing when the host has not been booted since it was confirmed.
boot_report() {
  [ -f "$STATE/boot-report" ] || return 0
  report_text=$(boot_failures "$STATE/boot-report")
  say "${report_text:-ok}"
}
