# Bringing generations, and taking everything away.

# stage DIGEST OWNER DIR: DIR is taken over once every file is what its manifest says. An owner "-" leaves the host to
# whom it belongs.
stage() {
  valid_id "$1"
  take_lock
  refuse_downgrade
  [ -f "$3/manifest" ] || die "stage: $3 has no manifest"
  stage_bad=$(awk -F "$TAB" '$4 == "" || ("/" $4 "/") ~ /\/\/|\/\.\.?\// { print $4; exit }' "$3/manifest")
  [ -z "$stage_bad" ] || die "stage: '$stage_bad' is not a path inside a generation"
  stage_bad=$(unlike_manifest "$3")
  [ -z "$stage_bad" ] || die "stage: $stage_bad did not arrive whole (its SHA-256 differs)"
  chmod 755 "$STATE" "$STATE/gen"
  stage_packages "$3"
  [ ! -f "$3/host.nix" ] || ! live || nixos_build "$3" "$1"
  install_programs "$3"
  seal "$3" || die "stage: cannot write $3/manifest"
  put_generation "$3" "$1"
  [ ! -L "$STATE/gen/$1/system" ] || nixos_hold "$STATE/gen/$1/system"
  stage_owner=$2
  [ "$stage_owner" != - ] || stage_owner=$(owner)
  persist "$STATE"
  start_records
  write_line "$STATE/wanted" "$1$TAB${stage_owner:--}" || die "stage: $STATE/wanted cannot be written"
  say "staged $1"
}

# An older agent does not know what a newer one keeps, and would lose it.
refuse_downgrade() {
  installed_version=$(sed -n 's/^AGENT_VERSION=\([0-9][0-9]*\)$/\1/p' "$AGENT" 2>/dev/null | head -n 1)
  [ "${installed_version:-1}" -le "$AGENT_VERSION" ] ||
    die "stage: a newer Netloom deployed this host (agent version $installed_version, this is $AGENT_VERSION)${NL}do: upgrade Netloom where you deploy from (npm install netloom@latest), then deploy again"
}

install_programs() { # DIR
  for program in agent checks; do
    [ -f "$1/$program.sh" ] || continue
    program_place=$STATE/$program
    [ $program = agent ] || program_place=$STATE/checks.sh
    cmp -s "$1/$program.sh" "$program_place" || put file "$program_place" "$1/$program.sh" 755 || die "stage: $program_place cannot be written"
    rm -f "$1/$program.sh"
  done
  # Agents of version 1 do not ask for a version. They put theirs at agent.new first, where a directory stops them.
  [ -d "$AGENT.new" ] || mkdir "$AGENT.new" || die "stage: $AGENT.new cannot be made"
  (cd "$STATE" && { sha256_sums agent checks.sh 2>/dev/null; } >programs.new && mv -f programs.new programs) || die "stage: $STATE/programs cannot be written"
}

# fill DIGEST ID: the staged generation with its filled peer tables (tar on stdin), as a generation of its own.
fill() {
  valid_id "$1"
  valid_id "$2"
  take_lock
  [ -d "$STATE/gen/$1" ] || die "generation $1 is not on this host: stage it first"
  intact "$1" || die "generation $1 is damaged: stage it again"
  fill_part=$STATE/gen/$2.part
  rm -rf "$fill_part"
  { cp -pR "$STATE/gen/$1" "$fill_part" && rm -rf "$fill_part/filled" && mkdir "$fill_part/filled"; } || die "cannot copy generation $1"
  tar -xf - -C "$fill_part/filled" || die "the peer tables did not arrive whole"
  seal "$fill_part" || die "cannot write $fill_part/manifest"
  put_generation "$fill_part" "$2"
  persist "$STATE"
  say "filled $2"
}

# Kept are: what is live, what it replaced, what was staged last, and the empty generation.
collect_garbage() { # ID PREVIOUS
  kept_digest=$(wanted_digest)
  for old in "$STATE/gen"/*; do
    case ${old##*/} in "$1" | "$2" | "$kept_digest" | empty) ;; *) rm -rf "$old" ;; esac
  done
}

# withdraw OWNER SECONDS: only what is still OWNER's, since another stack may have the machine by now. "-" is anybody.
withdraw() {
  take_lock
  withdraw_owner=$(owner)
  [ "$1" = - ] || [ -n "$withdraw_owner" ] || [ "$(committed_id)" = empty ] ||
    die "withdraw: $STATE/wanted is damaged, so it is not known which stack deployed this host${NL}do: deploy again, then destroy; or remove netloom whoever deployed it: sh $AGENT withdraw - $2, then sh $AGENT confirm empty"
  [ "$1" = - ] || [ "$1" = "$withdraw_owner" ] || [ "$withdraw_owner" = - ] || { say "superseded" && return; }
  if [ "$(committed_id):$(active_id):$(pending_id)" = empty:empty: ]; then purge && say "gone" && return; fi
  if live && [ "$(read_line "$STATE/gen/$(committed_id)/platform")" = nixos ]; then nixos_build_empty; fi
  arm empty "$2" && activate empty
}

# Leaves nothing of us behind, the host's own WireGuard keys included, but for packages, which it names.
purge() {
  packages_left
  [ "$(active_id)" = empty ] || bring_live empty
  modules_left
  remove_boot_units
  record_good "$STATE/original/directories" || not_restored "directories that netloom made, where they are empty (their list is damaged)"
  [ ! -s "$RUN/unrestored" ] || sed 's/^/not restored: /' "$RUN/unrestored"
  purge_directories=$(record_lines "$STATE/original/directories" | sort -ru)
  # A stage whose connection was cut may have left its directory.
  rm -rf "$STATE" "$RUN" "${STATE%/*}"/netloom-stage.??????
  printf '%s\n' "$purge_directories" | remove_directories
}

# A system that NixOS activates starts our units in the middle of the change, and waits for them: waiting for the lock
# of that change, or failing, would make it revert. After a reboot nothing is pending.
left_alone() {
  [ -n "$(pending_id)" ] && say "a change is under way: left to it"
}
# boot: early. The files of an unconfirmed change must not outlive the reboot.
boot() {
  ! left_alone || return 0
  take_lock
  ! left_alone || return 0
  say >"$RUN/booted"
  rm -f "$RUN/errors" "$RUN/warnings"
  nixos_settle
  put link "$RUN/active" "$STATE/gen/$(committed_id)" || problem "$RUN/active cannot be made"
  install_files "$(committed_id)"
  ! intact "$(committed_id)" || forget_files "$(committed_id)"
  nm_write "$(committed_id)" || :
  carry_over "$(committed_id)" || :
  [ -n "$(plan_lines "$(committed_id)" addresses)" ] || dhcpcd_write '' || :
  ! systemd || systemctl daemon-reload 2>/dev/null || :
  [ ! -s "$RUN/errors" ] || die "$(cat "$RUN/errors")"
}
