import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloudLabExperiment, CloudLabNixos } from "../../../lib/constructs/cloudlab";
import { nixosInstallScript } from "../../../lib/constructs/cloudlab/nixos/install-script";
import {
  hardwareConfiguration,
  nixosNodeModule,
  nodeConfiguration,
} from "../../../lib/constructs/cloudlab/nixos/node-module";
import { INSTALL, PROBE } from "../../../lib/constructs/cloudlab/nixos/probe";
import { Host, Platform } from "../../../lib/constructs/host";
import { expectStack, synthToFiles, testStack } from "../../../lib/testing";
import { itWith } from "../../support/tools";
import { FIXTURES, problemsOf } from "./support";

const TOPLEVEL = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-nixos-system-node0-25.05";
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0123456789abcdefghijklmnopqrstuvwxyzABCD";
const TARGET = { host: "node0", address: "node.example.net", port: 22, user: "alice", release: "25.05" };
const FACTS = {
  rootUuid: "8d1b0c3e-1f2a-4b5c-9d8e-7f6a5b4c3d2e",
  rootFsType: "ext4",
  bootPartition: "/dev/sda1",
  controlMac: "24:6e:96:00:00:01",
  authorizedKeys: [KEY],
  stateVersion: "25.05",
};

let directory: string;
const at = (path: string) => join(directory, path);

function put(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
  chmodSync(at(path), mode);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cloudlab-nixos-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("what is written for NixOS on CloudLab", () => {
  const build = (platform = Platform.nixos("25.05")) =>
    synthToFiles((stack) => {
      const node = CloudLabExperiment.fromManifest(
        stack,
        "e",
        join(FIXTURES, "manifests/two-c220g5-jumbo.xml"),
      ).machine("node0");
      const host = new Host(stack, "node0", { machine: node, platform });
      new CloudLabNixos(stack, "nixos", { members: [{ host, node }] });
    });

  it("is one script and two modules, next to the flake that includes them", () => {
    const result = build();
    expectStack(result).toHaveNoErrors();
    expectStack(result).toHaveFile(
      "cloudlab/nixos.sh",
      "address=c220g5-110521.wisc.cloudlab.us port=22 user=alice identity='' release=25.05",
    );
    // A fresh node's key is not known; one that changes later is refused.
    expectStack(result).toHaveFile("cloudlab/nixos.sh", "-o StrictHostKeyChecking=accept-new ");
    expectStack(result).toHaveFile("cloudlab/nixos-node.nix", "PermanentMACAddress = facts.controlMac;");
    expectStack(result).toHaveFile("flake.nix", "hosts/node0/hardware-configuration.nix");
  });

  it("is refused for hosts that are not NixOS, and for virtual machines", () => {
    expectStack(build(Platform.linux())).toHaveFinding("NL-CLOUDLAB-NIXOS", { message: "not a NixOS host" });
    const stack = testStack();
    const node = CloudLabExperiment.fromManifest(stack, "e", join(FIXTURES, "manifests/vms-among-metal.xml")).machine(
      "VM_1",
    );
    const host = new Host(stack, "vm", { machine: node, platform: Platform.nixos() });
    expect(problemsOf(() => new CloudLabNixos(stack, "n", { members: [{ host, node }] }))[0]?.what).toContain(
      "no whole machine",
    );
  });

  itWith(["shellcheck"], "passes shellcheck, whatever the hosts are called and keys lie", () => {
    const odd = { ...TARGET, host: "node1", identityFile: "/tmp/it's $(a) `key`" };
    const parts = [
      nixosInstallScript([TARGET, odd]),
      `#!/bin/sh\n${PROBE}`,
      `#!/bin/sh\ntoplevel=/x registration=/y\n${INSTALL}`,
    ];
    for (const script of parts) {
      const run = spawnSync("shellcheck", ["-s", "sh", "-"], { input: script, encoding: "utf8" });
      expect(run.stdout).toBe("");
    }
  });

  itWith(["nix-instantiate"], "evaluates to the settings of the node, from the facts beside it", () => {
    put("cloudlab/nixos-node.nix", nixosNodeModule());
    put("hosts/node0/hardware-configuration.nix", hardwareConfiguration());
    put("hosts/node0/cloudlab-facts.json", JSON.stringify(FACTS));
    const expression = `(import ${at("hosts/node0/hardware-configuration.nix")}) { lib.mkDefault = x: x; }`;
    const run = spawnSync(
      "nix-instantiate",
      ["--store", "dummy://", "--eval", "--strict", "--json", "-E", expression],
      { encoding: "utf8" },
    );
    expect(run.status === 0 ? "" : run.stderr).toBe("");
    expect(JSON.parse(run.stdout)).toMatchObject({
      boot: {
        loader: {
          grub: {
            device: "/dev/sda1",
            forceInstall: true,
            extraConfig: expect.stringContaining("serial --unit=0 --speed=115200"),
          },
        },
        kernelParams: ["console=tty0", "console=ttyS0,115200"],
        initrd: { systemd: { enable: false } },
      },
      fileSystems: { "/": { device: `/dev/disk/by-uuid/${FACTS.rootUuid}`, fsType: "ext4" } },
      networking: { useDHCP: false },
      systemd: {
        network: {
          networks: {
            "05-control": { matchConfig: { PermanentMACAddress: FACTS.controlMac }, networkConfig: { DHCP: "ipv4" } },
          },
        },
      },
      users: { users: { root: { openssh: { authorizedKeys: { keys: [KEY] } } } } },
      system: { stateVersion: "25.05" },
    });
  });
});

/**
 * The script against a node that is a directory: `ssh` and `sudo` are stand-ins that run the command here, below
 * `NETLOOM_ROOT`; what the kernel of a node would answer comes from stand-ins as well.
 */
describe("the script", () => {
  const stub = (name: string, body: string) => put(`bin/${name}`, `#!/bin/sh\n${body}\n`, 0o755);

  beforeEach(() => {
    put("stack/cloudlab/nixos.sh", nixosInstallScript([TARGET]), 0o755);
    put("stack/cloudlab/hardware-configuration.nix", hardwareConfiguration());
    put("stack/cloudlab/nixos-node.nix", nixosNodeModule());
    put("stack/cloudlab/configuration.nix", nodeConfiguration());
    put("node/root/.ssh/authorized_keys", `no-pty ${KEY} root@ops\n# comment\n`);
    put("node/home/alice/.ssh/authorized_keys", `${KEY} alice@laptop\n`);
    put("node/var/emulab/boot/controlif", "eno1\n");
    put("node/boot/vmlinuz", "old kernel");
    put("node/nix/.keep", "");
    put("node/etc/hostname", "node0");
    put(
      `store${TOPLEVEL}/sw/bin/nix-store`,
      '#!/bin/sh\nprintf "load-db %s\\n" "$(cat)" >>"$NETLOOM_ROOT/log"\n',
      0o755,
    );
    put(`store${TOPLEVEL}/sw/bin/nix-env`, '#!/bin/sh\nprintf "nix-env %s\\n" "$*" >>"$NETLOOM_ROOT/log"\n', 0o755);
    put(
      `store${TOPLEVEL}/bin/switch-to-configuration`,
      '#!/bin/sh\nprintf "switch %s %s\\n" "$1" "$NIXOS_INSTALL_BOOTLOADER" >>"$NETLOOM_ROOT/log"\n',
      0o755,
    );
    // Absolute paths of the two tests that the script makes over ssh lie below the stand-in's root as well.
    stub(
      "ssh",
      'while [ "$1" != -- ]; do shift; done; shift; printf "%s\\n" "$*" >>"$LOG"; exec sh -c "$(printf %s "$*" | sed "s# /\\(run\\|etc\\)/# $NETLOOM_ROOT/\\1/#g")"',
    );
    stub("sudo", 'shift; SUDO_USER=alice exec "$@"');
    stub("id", "echo 0");
    stub("uname", 'echo "${STUB_MACHINE:-x86_64}"');
    stub("findmnt", 'case "$*" in *boot*) exit 1 ;; *) echo "${STUB_DEVICE:-/dev/sda1}" ;; esac');
    stub("blkid", `case "$*" in *UUID*) echo ${FACTS.rootUuid} ;; *) echo "\${STUB_TYPE:-ext4}" ;; esac`);
    stub("df", 'printf "h\\n/dev/sda1 20000000 1 %s 1%% /\\n" "${STUB_FREE:-12000000}"');
    stub("ip", `echo '2: eno1: <UP> mtu 1500 link/ether ${FACTS.controlMac} brd ff:ff:ff:ff:ff:ff'`);
    stub("getent", "echo alice:x:1000:1000::/home/alice:/bin/sh");
    stub("nix", `printf 'nix %s\\n' "$*" >>"$LOG"; echo ${TOPLEVEL}`);
    stub("nix-store", `case $1 in -qR) echo ${TOPLEVEL} ;; --dump-db) shift; echo "$@" ;; esac`);
    stub(
      "tar",
      'case $1 in -c) shift 3; exec /bin/tar -c -C "$STORE" $(printf " .%s" "$@") ;; -x) exec /bin/tar -x -C "$NETLOOM_ROOT" --skip-old-files ;; esac',
    );
    stub("systemd-run", 'printf "reboot in %s\\n" "$*" >>"$LOG"; rm "$NETLOOM_ROOT/etc/NIXOS_LUSTRATE"');
  });

  function run(verb: string, host = "node0", environment: Record<string, string> = {}) {
    const env = {
      PATH: `${at("bin")}:${process.env["PATH"]}`,
      NETLOOM_ROOT: at("node"),
      STORE: at("store"),
      LOG: at("log"),
      NETLOOM_POLL: "0",
      ...environment,
    };
    return spawnSync("sh", [at("stack/cloudlab/nixos.sh"), verb, host], { env, encoding: "utf8" });
  }

  const facts = () => JSON.parse(readFileSync(at("stack/hosts/node0/cloudlab-facts.json"), "utf8"));

  it("checks without changing anything, and keeps the facts of the node: control port, root, keys without options", () => {
    const done = run("check");
    expect(done.stderr).toBe("");
    expect(done.stdout).toContain("node0 can become NixOS 25.05");
    expect(facts()).toEqual(FACTS);
    expect(existsSync(at("stack/hosts/node0/hardware-configuration.nix"))).toBe(true);
    expect(existsSync(at("node/etc/NIXOS"))).toBe(false);
  });

  it("installs beside the running system: closure, profile, boot loader; what ran stays until the reboot", () => {
    const done = run("install");
    expect(done.stderr).toBe("");
    expect(done.stdout).toContain("it starts with the next boot");
    expect(readFileSync(at("node/log"), "utf8").split("\n")).toEqual([
      `load-db ${TOPLEVEL}`,
      `nix-env -p ${at("node/nix/var/nix/profiles/system")} --set ${TOPLEVEL}`,
      "switch boot 1",
      "",
    ]);
    expect(readFileSync(at("log"), "utf8")).toContain("#nixosConfigurations.node0.config.system.build.toplevel");
    expect(existsSync(at(`node${TOPLEVEL}/sw/bin/nix-store`))).toBe(true);
    expect(readFileSync(at("node/etc/NIXOS_LUSTRATE"), "utf8")).toContain("etc/ssh/ssh_host_ed25519_key\n");
    expect(readFileSync(at("node/boot.ubuntu/vmlinuz"), "utf8")).toBe("old kernel");
    expect(readFileSync(at("log"), "utf8")).not.toContain("systemctl reboot");
  });

  itWith(
    ["nix-instantiate"],
    "leaves a configuration.nix that a deploy can build: the node module and its facts",
    () => {
      expect(run("install").stderr).toBe("");
      const expression = `let
      module = import ${at("node/etc/nixos/configuration.nix")} { };
      node = (builtins.head module.imports) { lib.mkDefault = x: x; };
    in { inherit (node.boot.loader.grub) device; inherit (node.users.users.root.openssh.authorizedKeys) keys; }`;
      const read = spawnSync("nix-instantiate", [
        "--store",
        "dummy://",
        "--eval",
        "--strict",
        "--json",
        "-E",
        expression,
      ]);
      expect(read.stderr.toString()).toBe("");
      expect(JSON.parse(read.stdout.toString())).toEqual({ device: "/dev/sda1", keys: [KEY] });
      // The first boot moves the old system away, but for this.
      expect(readFileSync(at("node/etc/NIXOS_LUSTRATE"), "utf8").split("\n")).toContain("etc/nixos");
    },
  );

  it("takes everything back when the boot loader cannot be installed", () => {
    put(`store${TOPLEVEL}/bin/switch-to-configuration`, "#!/bin/sh\nexit 7\n", 0o755);
    const done = run("install");
    expect(done.status).toBe(7);
    expect(done.stderr).toContain("was taken back");
    expect(existsSync(at("node/etc/NIXOS"))).toBe(false);
    expect(existsSync(at("node/etc/NIXOS_LUSTRATE"))).toBe(false);
    expect(readFileSync(at("node/boot/vmlinuz"), "utf8")).toBe("old kernel");
  });

  it("reboots only when told, after an installation, and waits for NixOS to answer", () => {
    expect(run("reboot").stderr).toContain("install first");
    run("install");
    put("node/run/current-system/nixos-version", "25.05");
    const done = run("reboot");
    expect(done.stderr).toBe("");
    expect(done.stdout).toContain("node0 runs NixOS and answers on its control network");
    expect(readFileSync(at("log"), "utf8")).toContain("reboot in --on-active=2 systemctl reboot");
  });

  it("says what to do when NixOS never answers", () => {
    run("install");
    stub("sleep", "exit 0");
    const done = run("reboot");
    expect(done.status).toBe(1);
    expect(done.stderr).toContain("look at its console, or reload the Ubuntu image on the portal");
  });

  it.each([
    [{ STUB_MACHINE: "aarch64" }, "the node is aarch64"],
    [{ STUB_DEVICE: "/dev/sda3" }, "the boot server starts the first partition only"],
    [{ STUB_DEVICE: "/dev/mapper/root" }, "the root file system is on /dev/mapper/root"],
    [{ STUB_TYPE: "btrfs" }, "the root file system is btrfs"],
    [{ STUB_FREE: "1000000" }, "only 1000000 KiB are free"],
  ])("refuses a node with %o", (environment, message) => {
    const done = run("install", "node0", environment);
    expect(done.status).not.toBe(0);
    expect(done.stderr).toContain(message);
    expect(existsSync(at("node/etc/NIXOS"))).toBe(false);
    expect(existsSync(at("stack/hosts/node0/cloudlab-facts.json"))).toBe(false);
  });

  it("refuses nodes that boot by UEFI, that run NixOS, and that nobody could log in to afterwards", () => {
    put("node/sys/firmware/efi/x", "");
    expect(run("check").stderr).toContain("boots by UEFI");
    rmSync(at("node/sys"), { recursive: true });
    put("node/etc/NIXOS", "");
    expect(run("check").stderr).toContain("runs NixOS already");
    rmSync(at("node/etc/NIXOS"));
    put("node/root/.ssh/authorized_keys", "");
    put("node/home/alice/.ssh/authorized_keys", "not a key");
    expect(run("check").stderr).toContain("out of reach");
  });

  it("tells how it is used", () => {
    expect(run("explode")).toMatchObject({ status: 2 });
    const done = run("check", "node9");
    expect(done.status).toBe(2);
    expect(done.stderr).toContain("check|install|reboot HOST\nhosts: node0");
  });
});
