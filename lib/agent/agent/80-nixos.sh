# NixOS: a generation is a system closure. `test` never touches profile or boot entry, so a reboot is a rollback;
# only confirmation sets them.

NIXOS_PROFILE=${NETLOOM_PROFILE:-/nix/var/nix/profiles/system}

nixos_host() { live && [ -e "$ROOT/etc/NIXOS" ]; }

# with_programs_of ID: the programs of a staged system, which the running one may lack until it is activated.
with_programs_of() { [ ! -d "$STATE/gen/$1/system/sw/bin" ] || PATH=$PATH:$STATE/gen/$1/system/sw/bin; }

# Keys are made before the new system is activated, and those of a later wave even before it is staged.
nixos_wg() {
  with_programs_of "$(wanted_digest)"
  ! has wg && has nix-build || return 0
  nixos_tools=$(nix-build --extra-experimental-features 'nix-command flakes' --no-out-link '<nixpkgs>' -A wireguard-tools 2>"$RUN/nixos.log") ||
    die "'wg' is not installed on this host, and wireguard-tools cannot be built from its nixpkgs: $(tail -n 5 "$RUN/nixos.log")${NL}do: add pkgs.wireguard-tools to its environment.systemPackages, and rebuild"
  PATH=$PATH:$nixos_tools/bin
}

# nixos_source DIR: what the machine's own system is built from: what the stack says, else /etc/nixos/configuration.nix,
# unless that may be something else than what runs: it would be built, activated and booted in its place.
nixos_source() {
  nixos_flake=
  nixos_config=${NETLOOM_NIXOS_CONFIG:-$ROOT/etc/nixos/configuration.nix}
  if [ -f "$1/nixos-source" ]; then
    IFS=$TAB read -r nixos_kind nixos_place nixos_attribute <"$1/nixos-source"
    if [ "$nixos_kind" = flake ]; then nixos_flake=$nixos_place; else nixos_config=$nixos_place; fi
    return
  fi
  [ -z "${NETLOOM_NIXOS_CONFIG:-}" ] || return 0
  nixos_say_source="say where its configuration is: Platform.nixos(…, { flake: \"/etc/nixos#name\" }) or Platform.nixos(…, { configuration: \"/etc/nixos/configuration.nix\" })"
  [ ! -e "$ROOT/etc/nixos/flake.nix" ] ||
    die "this host has /etc/nixos/flake.nix, so configuration.nix alone may not be what it runs${NL}do: $nixos_say_source"
  [ -e "$nixos_config" ] || die "this host has no /etc/nixos/configuration.nix to build its system from${NL}do: $nixos_say_source"
  # Later deploys build what was confirmed then; Netloom's own file is that of a machine it installed.
  if [ "$(committed_id)" != empty ] || grep -q '^# Written by Netloom' "$nixos_config"; then return; fi
  nixos_alone=$(nix-instantiate '<nixpkgs/nixos>' -A system --arg configuration "$nixos_config" 2>"$RUN/nixos.log") ||
    die "$nixos_config does not evaluate: $(nixos_said)"
  [ "$(nix-store -q --outputs "$nixos_alone")" = "$(readlink -f "$ROOT/run/current-system")" ] || die \
    "this host does not run what /etc/nixos/configuration.nix describes: a deploy would also roll out the difference, be it edits, a new channel, or a file that is out of date because the host is managed elsewhere${NL}do: nixos-rebuild switch on the host if the file is right, or $nixos_say_source"
}

# nixos_module FILE: a Nix expression: our module, in place of any version of it that the configuration imports itself.
nixos_module() {
  # shellcheck disable=SC2016 # Nix's
  printf '(let module = import %s; key = (module (builtins.functionArgs module)).key; in { disabledModules = [ { inherit key; } ]; imports = [ ({ config, lib, modulesPath, options, pkgs, utils, ... }@args: module args // { _file = "%s"; key = "${key} as deployed"; }) ]; })' "$1" "$1"
}

# nixos_build DIR DIGEST [SOURCE]: builds the machine's own configuration, as the generation SOURCE (DIR) says, together
# with host.nix, if there is one, into DIR/system. NETLOOM_NIXOS_BUILD replaces the build: it is called with host.nix and
# has to print a system path.
nixos_build() {
  nixos_file=$STATE/nixos/$2.nix
  (umask 022 && mkdir -p "$STATE/nixos" && { [ ! -f "$1/host.nix" ] || cp "$1/host.nix" "$nixos_file"; }) || die "cannot write $nixos_file"
  if [ -n "${NETLOOM_NIXOS_BUILD:-}" ]; then
    nixos_system=$("$NETLOOM_NIXOS_BUILD" "$nixos_file") || die "$NETLOOM_NIXOS_BUILD failed"
    ln -sfn "$nixos_system" "$1/system"
    return
  fi
  has nix-build || die "this host is declared as NixOS, but has no nix-build"
  nixos_source "${3:-$1}"
  nixos_modules=
  [ ! -f "$1/host.nix" ] || nixos_modules=$(nixos_module "$nixos_file")
  if [ -n "$nixos_flake" ]; then
    set -- "$1" -E "((builtins.getFlake \"$nixos_flake\").nixosConfigurations.\"$nixos_attribute\".extendModules { modules = [ $nixos_modules ]; }).config.system.build.toplevel"
  else
    set -- "$1" '<nixpkgs/nixos>' -A system --arg configuration "{ imports = [ $nixos_config $nixos_modules ]; }"
  fi
  nixos_into=$1
  shift
  nix-build --extra-experimental-features 'nix-command flakes' --no-out-link "$@" >"$RUN/nixos.path" 2>"$RUN/nixos.log" ||
    die "the NixOS system does not build: $(nixos_said)"
  ln -sfn "$(cat "$RUN/nixos.path")" "$nixos_into/system"
  nixos_colours=$(printf '\033')'\[[0-9;]*m'
  sed "s/$nixos_colours//g" "$RUN/nixos.log" | sed -n 's/^\(trace: \)\{0,1\}\(evaluation \)\{0,1\}warning: \(.*netloom\)/nixos warning: \3/p' | sort -u | head -n 20 | cut -c 1-500
}
nixos_said() { tail -n 20 "$RUN/nixos.log"; }

# Destroy: the machine as its own configuration describes it now, without our module.
nixos_build_empty() {
  if [ -n "${NETLOOM_NIXOS_BUILD:-}" ]; then printf '{ }\n' >"$STATE/gen/empty/host.nix"; fi
  nixos_build "$STATE/gen/empty" empty "$STATE/gen/$(committed_id)"
  nixos_hold "$STATE/gen/empty/system"
}

# Only once the generation is at its place: a garbage collector root is known by its path.
nixos_hold() { # LINK
  { has nix-store && [ -z "${NETLOOM_NIXOS_BUILD:-}" ]; } || return 0
  nix-store --add-root "$1" --realise "$(readlink "$1")" >/dev/null 2>&1 || die "cannot keep the built system from garbage collection"
}

# Units that have failed, or fail again and again.
failed_units() {
  systemctl list-units --all --plain --no-legend 2>/dev/null | awk '$3 == "failed" || $4 == "auto-restart" { print $1 }' | sort
}

# Status 4: units failed. Those that had failed before are not this change's fault, and no reason to revert it.
nixos_switch() { # SYSTEM
  failed_units >"$RUN/failed.before"
  nixos_status=0
  "$1/bin/switch-to-configuration" test >"$RUN/nixos.log" 2>&1 9>&- </dev/null || nixos_status=$?
  if [ "$nixos_status" = 4 ]; then
    nixos_failed=$(failed_units | grep -Fvx -f "$RUN/failed.before" | tr '\n' ' ')
    if [ -z "$nixos_failed" ] && [ -s "$RUN/failed.before" ]; then
      nixos_status=0
      warning "these units failed, as they had before this change: $(tr '\n' ' ' <"$RUN/failed.before")"
    fi
  fi
  [ "$nixos_status" = 0 ] || problem "switch-to-configuration test: $(tail -n 5 "$RUN/nixos.log" | tr '\n' ' ')"
  rm -f "$RUN/failed.before"
}

# nixos_keep ID: profile and boot entry move together, or not at all. A boot loader lists what the profile has, so the
# profile moves first.
nixos_keep() {
  nixos_real=$(readlink -f "$STATE/gen/$1/system")
  nixos_before=$(readlink -f "$NIXOS_PROFILE")
  { say "$1" >"$STATE/keeping" && persist "$STATE"; } || die "$STATE/keeping cannot be written"
  if nixos_profile "$nixos_real"; then return; fi
  nixos_why=$(tail -n 5 "$RUN/nixos.log" | tr '\n' ' ')
  [ -z "$nixos_before" ] || nixos_profile "$nixos_before" || nixos_why="$nixos_why; and the old boot entry could not be written again: do that with nixos-rebuild boot before the next reboot"
  rm -f "$STATE/keeping"
  die "profile and boot entry of NixOS could not be set: $nixos_why${NL}do: make room in /boot if it is full (nix-collect-garbage -d removes old systems), then deploy again"
}
nixos_profile() { nix-env -p "$NIXOS_PROFILE" --set "$1" >"$RUN/nixos.log" 2>&1 && "$1/bin/switch-to-configuration" boot >"$RUN/nixos.log" 2>&1 9>&- </dev/null; }

# After a crash between profile and confirmation: the system that was booted is the one that counts.
nixos_settle() {
  [ -s "$STATE/keeping" ] || return 0
  settle_id=$(read_line "$STATE/keeping")
  if [ "$(readlink -f "$ROOT/run/booted-system")" = "$(readlink -f "$STATE/gen/$settle_id/system")" ]; then
    [ "$settle_id" = empty ] || { put link "$STATE/committed" "gen/$settle_id" && write_line "$STATE/confirmed" "$settle_id"; } || return 0
    journal "confirmed $settle_id, which was booted"
  else
    nixos_profile "$(readlink -f "$ROOT/run/booted-system")" || warning "profile and boot entry of NixOS: $(tail -n 5 "$RUN/nixos.log" | tr '\n' ' ')"
  fi
  rm -f "$STATE/keeping"
}
