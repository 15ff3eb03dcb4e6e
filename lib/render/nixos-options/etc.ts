/** What to use instead of a file that NixOS writes itself. */
interface OwnFile {
  /** Path below `/etc`; with a slash at the end: everything in that directory. */
  readonly path: string;
  readonly instead?: string;
}

const option = (name: string) => `host.nixos(${JSON.stringify(name)}, …)`;

/**
 * Paths below `/etc` that every NixOS system defines itself: a second definition does not evaluate, and a file in a
 * directory that is one link does not build. As evaluated from nixpkgs of September 2024 (`config.environment.etc` of an
 * empty configuration, and of ones with sshd, resolved, networkd and NetworkManager); the last group is made by its activation.
 */
const OWN_FILES: readonly OwnFile[] = [
  { path: "hosts", instead: option("networking.extraHosts") },
  { path: "hostname", instead: option("networking.hostName") },
  { path: "fstab", instead: option("fileSystems") },
  { path: "resolv.conf", instead: option("networking.nameservers") },
  { path: "nsswitch.conf", instead: option("system.nssDatabases.hosts") },
  { path: "nix/nix.conf", instead: option("nix.settings") },
  { path: "sudoers", instead: option("security.sudo.extraConfig") },
  { path: "ssh/ssh_config", instead: option("programs.ssh.extraConfig") },
  { path: "ssh/sshd_config", instead: option("services.openssh.extraConfig") },
  { path: "profile", instead: option("environment.shellInit") },
  { path: "bashrc", instead: option("programs.bash.interactiveShellInit") },
  { path: "systemd/networkd.conf", instead: option("systemd.network.config.networkConfig") },
  { path: "systemd/timesyncd.conf", instead: option("services.timesyncd.servers") },
  { path: "systemd/journald.conf", instead: option("services.journald.extraConfig") },
  { path: "systemd/system/", instead: 'host.unit("name.service", …)' },
  { path: "udev/rules.d/", instead: "settings.udevRule(…) in a feature" },
  { path: "tmpfiles.d/", instead: option("systemd.tmpfiles.rules") },
  ...(
    "dbus-1/ fonts/ kbd/ ssl/trust-source/ systemd/system-generators/ systemd/system-shutdown/ systemd/user/ " +
    "systemd/user-generators/ terminfo/ zoneinfo/ default/useradd fuse.conf host.conf inputrc issue locale.conf " +
    "login.defs lsb-release man_db.conf modprobe.d/nixos.conf modules-load.d/nixos.conf mtab netgroup nix/registry.json nscd.conf os-release " +
    "pam/environment protocols resolvconf.conf rpc services set-environment shells ssh/ssh_known_hosts ssh/moduli " +
    "ssl/certs/ca-bundle.crt ssl/certs/ca-certificates.crt sysctl.d/50-coredump.conf sysctl.d/50-default.conf " +
    "systemd/coredump.conf systemd/logind.conf systemd/oomd.conf systemd/resolved.conf systemd/sleep.conf " +
    "systemd/system.conf systemd/user.conf udev/hwdb.bin vconsole.conf " +
    "NIXOS adjtime group machine-id passwd shadow static/ subgid subuid"
  )
    .split(" ")
    .map((path) => ({ path })),
];

/** Says what NixOS has instead of a file of the given absolute path; `undefined` when the path is free. */
export function ownedByNixos(file: string): string | undefined {
  const own = OWN_FILES.find(({ path }) =>
    path.endsWith("/") ? file.startsWith(`/etc/${path}`) : file === `/etc/${path}`,
  );
  return own === undefined ? undefined : (own.instead ?? "the NixOS option behind it");
}
