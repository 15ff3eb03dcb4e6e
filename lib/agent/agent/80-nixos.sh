# NixOS: a generation is a system closure. `test` never touches profile or boot entry, so a reboot is a rollback;
# only confirmation sets them.

NIXOS_CONFIG=${NETLOOM_NIXOS_CONFIG:-/etc/nixos/configuration.nix}
NIXOS_PROFILE=${NETLOOM_PROFILE:-/nix/var/nix/profiles/system}

nixos_host() { live && [ -e "$ROOT/etc/NIXOS" ]; }

# with_programs_of ID: the programs of a staged system, which the running one may lack until it is activated.
with_programs_of() { [ ! -d "$STATE/gen/$1/system/sw/bin" ] || PATH=$PATH:$STATE/gen/$1/system/sw/bin; }

# Keys are made before the new system is activated, and those of a later wave even before it is staged.
nixos_wg() {
  with_programs_of "$(read_line "$STATE/wanted" | cut -f 1)"
  ! has wg && has nix-build || return 0
  nixos_tools=$(nix-build --extra-experimental-features 'nix-command flakes' --no-out-link '<nixpkgs>' -A wireguard-tools 2>"$RUN/nixos.log") ||
    die "'wg' is not installed on this host, and wireguard-tools cannot be built from its nixpkgs: $(tail -n 5 "$RUN/nixos.log")${NL}do: add pkgs.wireguard-tools to its environment.systemPackages, and rebuild"
  PATH=$PATH:$nixos_tools/bin
}

# nixos_build DIR DIGEST: builds configuration.nix together with host.nix into DIR/system.
# NETLOOM_NIXOS_BUILD replaces the build: it is called with host.nix and has to print a system path.
nixos_build() {
  nixos_module=$STATE/nixos/$2.nix
  (umask 022 && mkdir -p "$STATE/nixos" && cp "$1/host.nix" "$nixos_module") || die "cannot write $nixos_module"
  if [ -n "${NETLOOM_NIXOS_BUILD:-}" ]; then
    nixos_system=$("$NETLOOM_NIXOS_BUILD" "$nixos_module") || die "$NETLOOM_NIXOS_BUILD failed"
    ln -sfn "$nixos_system" "$1/system"
    return
  fi
  has nix-build || die "this host is declared as NixOS, but has no nix-build"
  nix-build --no-out-link '<nixpkgs/nixos>' -A system \
    --arg configuration "{ imports = [ $NIXOS_CONFIG $nixos_module ]; }" \
    >"$RUN/nixos.path" 2>"$RUN/nixos.log" || die "the NixOS system does not build: $(tail -n 20 "$RUN/nixos.log")"
  ln -sfn "$(cat "$RUN/nixos.path")" "$1/system"
}

# Destroy: the machine as its own configuration describes it now, without our module.
nixos_build_empty() {
  printf '{ }\n' >"$STATE/gen/empty/host.nix"
  nixos_build "$STATE/gen/empty" empty
  nixos_hold "$STATE/gen/empty/system"
}

# Only once the generation is at its place: a garbage collector root is known by its path.
nixos_hold() { # LINK
  { has nix-store && [ -z "${NETLOOM_NIXOS_BUILD:-}" ]; } || return 0
  nix-store --add-root "$1" --realise "$(readlink "$1")" >/dev/null 2>&1 || die "cannot keep the built system from garbage collection"
}

nixos_switch() { # SYSTEM
  "$1/bin/switch-to-configuration" test >"$RUN/nixos.log" 2>&1 9>&- </dev/null ||
    problem "switch-to-configuration test: $(tail -n 5 "$RUN/nixos.log" | tr '\n' ' ')"
}

nixos_keep() { # SYSTEM
  nixos_real=$(readlink -f "$1")
  nix-env -p "$NIXOS_PROFILE" --set "$nixos_real" && "$nixos_real/bin/switch-to-configuration" boot >"$RUN/nixos.log" 2>&1 9>&-
}
