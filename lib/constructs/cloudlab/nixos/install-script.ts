import { quote } from "../../../render/shell";
import { INSTALL, PROBE } from "./probe";

/** A host that shall run NixOS, and how its present system is reached. */
export interface NixosTarget {
  readonly host: string;
  /** Address or name of the node. */
  readonly address: string;
  readonly port: number;
  /** User with `sudo` on the image that runs now. */
  readonly user: string;
  readonly identityFile?: string;
  /** NixOS release, e.g. `25.05`. */
  readonly release: string;
}

/**
 * `cloudlab/nixos.sh`: turns nodes that run CloudLab's Ubuntu into NixOS, in place and without a second disk. Built on
 * the machine of the operator, sent as a tar of the store, installed beside the running system; only the reboot, which
 * is a step of its own, changes what runs.
 */
export function nixosInstallScript(targets: readonly NixosTarget[]): string {
  return [
    "#!/bin/sh",
    "# Written by Netloom. Turns CloudLab nodes that run Ubuntu into NixOS: check, install, reboot.",
    "set -eu",
    "",
    "usage() {",
    `  printf 'usage: %s check|install|reboot HOST\\nhosts: %s\\n' "$0" ${quote(names(targets))} >&2`,
    "  exit 2",
    "}",
    "",
    "[ $# -eq 2 ] || usage",
    "verb=$1",
    "host=$2",
    'stack=$(cd "$(dirname "$0")/.." && pwd)',
    "facts=$stack/hosts/$host/cloudlab-facts.json",
    "",
    "# Sets address, port, user, identity and release of a host. Quoted values are meant as they stand.",
    "# shellcheck disable=SC2016",
    "case $host in",
    ...targets.flatMap(targetCase),
    "*) usage ;;",
    "esac",
    "",
    "# Runs a command line on the node; host keys of fresh nodes are taken once and then pinned by ssh itself.",
    "on_node() {",
    "  login=$1",
    "  shift",
    '  set -- -o BatchMode=yes -o ConnectTimeout=15 -o StrictHostKeyChecking=accept-new -p "$port" "$login@$address" -- "$@"',
    '  [ -z "$identity" ] || set -- -i "$identity" "$@"',
    '  ssh "$@"',
    "}",
    "",
    heredocFunction("probe", PROBE),
    heredocFunction("installer", INSTALL),
    CHECK,
    INSTALL_FROM_HERE,
    REBOOT,
    "case $verb in",
    "check) check ;;",
    "install) install ;;",
    "reboot) reboot ;;",
    "*) usage ;;",
    "esac",
    "",
  ].join("\n");
}

function names(targets: readonly NixosTarget[]): string {
  return targets.map((target) => target.host).join(" ");
}

function targetCase(target: NixosTarget): readonly string[] {
  const { host, address, port, user, identityFile = "", release } = target;
  return [
    `${quote(host)})`,
    `  address=${quote(address)} port=${port} user=${quote(user)} identity=${quote(identityFile)} release=${quote(release)}`,
    "  ;;",
  ];
}

/** A function that prints a program, which then runs elsewhere. */
function heredocFunction(name: string, program: string): string {
  return [`${name}() {`, "  cat <<'NETLOOM_END'", `${program}NETLOOM_END`, "}", ""].join("\n");
}

const CHECK = String.raw`check() {
  found=$(probe | on_node "$user" 'sudo -n sh -s')
  case $found in
  '{'*']') ;;
  *)
    printf 'netloom: the node answered with something else than facts: %s\n' "$found" >&2
    exit 1
    ;;
  esac
  mkdir -p "$stack/hosts/$host"
  printf '%s,"stateVersion":"%s"}\n' "$found" "$release" >"$facts.new"
  mv "$facts.new" "$facts"
  cp "$stack/cloudlab/hardware-configuration.nix" "$stack/hosts/$host/hardware-configuration.nix"
  printf 'netloom: %s can become NixOS %s; facts are in %s\n' "$host" "$release" "$facts"
}
`;

const INSTALL_FROM_HERE = String.raw`# put FILE NAME: what deploys build on the node; without it the next one would have no disk, boot loader or keys.
put() {
  on_node "$user" "sudo -n sh -c 'mkdir -p \"\${NETLOOM_ROOT:-}/etc/nixos\" && cat >\"\${NETLOOM_ROOT:-}/etc/nixos/$2\"'" <"$1"
}

install() {
  check
  toplevel=$(nix --extra-experimental-features 'nix-command flakes' build --no-link --print-out-paths \
    "path:$stack#nixosConfigurations.$host.config.system.build.toplevel")
  case $toplevel in
  /nix/store/*) ;;
  *)
    printf 'netloom: nix built no system: %s\n' "$toplevel" >&2
    exit 1
    ;;
  esac
  paths=$(nix-store -qR "$toplevel")
  registration=/nix/netloom-registration
  # Store paths hold no characters that the shell would split or expand.
  # shellcheck disable=SC2086
  tar -c -C / $paths | on_node "$user" 'sudo -n tar -x -C / --skip-old-files'
  # shellcheck disable=SC2086
  nix-store --dump-db $paths | on_node "$user" "sudo -n sh -c 'cat >\"\${NETLOOM_ROOT:-}$registration\"'"
  put "$stack/cloudlab/nixos-node.nix" nixos-node.nix
  put "$facts" cloudlab-facts.json
  put "$stack/cloudlab/configuration.nix" configuration.nix
  {
    printf 'toplevel=%s registration=%s\n' "$toplevel" "$registration"
    installer
  } | on_node "$user" 'sudo -n sh -s'
}
`;

const REBOOT = String.raw`reboot() {
  [ -s "$facts" ] || {
    printf 'netloom: install first\n' >&2
    exit 1
  }
  on_node "$user" 'test -e /etc/NIXOS_LUSTRATE && sudo -n systemd-run --on-active=2 systemctl reboot'
  printf 'netloom: rebooting; servers of CloudLab take some minutes\n'
  tries=0
  while [ "$tries" -lt 80 ]; do
    tries=$((tries + 1))
    sleep "${"${NETLOOM_POLL:-15}"}"
    if on_node root 'test -e /run/current-system/nixos-version && test ! -e /etc/NIXOS_LUSTRATE' 2>/dev/null; then
      printf 'netloom: %s runs NixOS and answers on its control network\n' "$host"
      return
    fi
  done
  printf 'netloom: %s does not answer as NixOS; look at its console, or reload the Ubuntu image on the portal\n' "$host" >&2
  exit 1
}
`;
