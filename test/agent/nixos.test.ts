import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shipped } from "../../lib/agent/shipped";
import { ScratchHost } from "./host";

/** No NixOS here: its three commands are replaced by scripts that write down how they were called. */
let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
  Object.assign(host.env, {
    PATH: `${join(host.root, "bin")}:${process.env["PATH"]}`,
    NETLOOM_NIXOS_BUILD: join(host.root, "bin/build"),
    NETLOOM_PROFILE: "/profile",
  });
  script(
    "bin/build",
    'd=$NETLOOM_ROOT/systems/$(cksum <"$1" | cut -d" " -f1); mkdir -p "$d/bin"; cp "$NETLOOM_ROOT/switch" "$d/bin/switch-to-configuration"; echo "built $(cat "$1")" >>"$NETLOOM_ROOT/calls"; echo "$d"',
  );
  script(
    "switch",
    'echo "$(basename "$(dirname "$(dirname "$(readlink -f "$0")")")") $1" >>"$NETLOOM_ROOT/calls"; d=$(dirname "$(dirname "$(readlink -f "$0")")"); ln -sfn "$d" "$NETLOOM_ROOT/run/current-system"',
  );
  script("bin/nix-env", 'echo "nix-env $1 $2 $3 $(basename "$4")" >>"$NETLOOM_ROOT/calls"');
  host.sh(
    'mkdir -p "$NETLOOM_ROOT/systems/before/bin"; cp "$NETLOOM_ROOT/switch" "$NETLOOM_ROOT/systems/before/bin/switch-to-configuration"; ln -sfn "$NETLOOM_ROOT/systems/before" "$NETLOOM_ROOT/run/current-system"',
  );
});
afterEach(() => host.remove());

function script(path: string, text: string): void {
  host.write(path, `#!/bin/sh\n${text}\n`);
  chmodSync(join(host.root, path), 0o755);
}
const nix = (text: string) => ({ "host.nix": { content: text }, platform: { content: "nixos\n" } });
const calls = () =>
  host
    .read("calls")
    .trim()
    .split("\n")
    .map((line) => line.replace(/\b\d{6,}\b/g, "SYSTEM"));

it("a generation is built when it is staged, tested when it is activated, and kept when it is confirmed", () => {
  host.stage("aaaaaaaa", [], nix("{ a = 1; }"));
  expect(calls()).toEqual(["built { a = 1; }"]);
  expect(host.activate("aaaaaaaa")).toBe("activated");
  expect(calls().slice(1)).toEqual(["SYSTEM test"]);
  expect(host.agent("confirm", "aaaaaaaa").stdout).toBe("confirmed aaaaaaaa\n");
  expect(calls().slice(2)).toEqual(["nix-env -p /profile --set SYSTEM", "SYSTEM boot"]);
});

it("a revert tests the system that ran before, and sets no profile", () => {
  host.stage("aaaaaaaa", [], nix("{ a = 1; }"));
  host.activate("aaaaaaaa");
  host.agent("revert");
  expect(calls()).toEqual(["built { a = 1; }", "SYSTEM test", "before test"]);
});

it("destroy builds the machine without netloom, and keeps that", () => {
  host.stage("aaaaaaaa", [], nix("{ a = 1; }"));
  host.deploy("aaaaaaaa");
  const until = calls().length;
  host.agent("withdraw", "owner", "30");
  expect(host.settled()).toBe("activated");
  host.agent("confirm", "empty");
  expect(calls().slice(until)).toEqual(["built { }", "SYSTEM test", "nix-env -p /profile --set SYSTEM", "SYSTEM boot"]);
  expect(host.has("var/lib/netloom")).toBe(false);
});

it("a system that does not build is refused at staging, with the words of the build", () => {
  script("bin/build", "echo boom >&2; exit 1");
  const staged = host.stage("aaaaaaaa", [], nix("{ }"));
  expect(staged.code).toBe(1);
  expect(staged.stderr).toContain("boom");
  expect(host.has("var/lib/netloom/gen/aaaaaaaa")).toBe(false);
});

/** Netloom's own units are part of the new system, so activating it starts them in the middle of the change. */
it("the units that a new system starts while it is activated leave the change alone, and do not fail", () => {
  const started = ["boot", "live"].map(
    (verb) => `sh "$NETLOOM_ROOT/var/lib/netloom/agent" ${verb} >>"$NETLOOM_ROOT/started" 2>&1 || exit 4`,
  );
  script("switch", `echo "switch $1" >>"$NETLOOM_ROOT/calls"; ${started.join("; ")}`);
  host.stage("aaaaaaaa", [], nix("{ a = 1; }"));
  expect(host.activate("aaaaaaaa")).toBe("activated");
  expect(calls()).toEqual(["built { a = 1; }", "switch test"]);
  expect(host.read("started").split("\n", 2)).toEqual(Array(2).fill("a change is under way: left to it"));
});

it("booting switches no system: the boot entry has chosen one, and a later rebuild's must stay", () => {
  host.stage("aaaaaaaa", ["sysctl\tnet.ipv4.tcp_congestion_control\tbbr"], nix("{ a = 1; }"));
  host.write("proc/sys/net/ipv4/tcp_congestion_control", "cubic\n");
  host.deploy("aaaaaaaa");
  const until = calls().length;
  host.reboot();
  host.write("proc/sys/net/ipv4/tcp_congestion_control", "cubic\n");
  host.agent("boot");
  expect(host.agent("live").code).toBe(0);
  expect(calls().slice(until)).toEqual([]);
  expect(host.sysctl("net.ipv4.tcp_congestion_control")).toBe("bbr");
});

describe("profile and boot entry", () => {
  const failing = (verb: string) =>
    script(
      "switch",
      `echo "$(basename "$(dirname "$(dirname "$(readlink -f "$0")")")") $1" >>"$NETLOOM_ROOT/calls"; [ "$1" != ${verb} ] || { echo "no space left" ; exit 1; }`,
    );

  it("stay as they were when the boot entry cannot be written, and the reason is told with a fix", () => {
    script(
      "bin/readlink",
      `case $2 in /profile) echo "$NETLOOM_ROOT/systems/before" ;; *) exec /usr/bin/readlink "$@" ;; esac`,
    );
    failing("boot");
    host.stage("aaaaaaaa", [], nix("{ a = 1; }"));
    host.activate("aaaaaaaa");
    const until = calls().length;
    expect(host.agent("confirm", "aaaaaaaa")).toMatchObject({
      code: 1,
      stderr:
        "netloom agent: profile and boot entry of NixOS could not be set: no space left \n" +
        "do: make room in /boot if it is full (nix-collect-garbage -d removes old systems), then deploy again\n",
    });
    expect(calls().slice(until)).toEqual([
      "nix-env -p /profile --set SYSTEM",
      "SYSTEM boot",
      "nix-env -p /profile --set before",
      "before boot",
    ]);
    expect(host.status()).toMatchObject({ committed: "empty", phase: "activated" });
    expect(host.has("var/lib/netloom/keeping")).toBe(false);
  });

  it.each([
    ["the new system was booted", "new", "aaaaaaaa", []],
    ["the old one was", "before", "empty", ["nix-env -p /profile --set before", "before boot"]],
  ])("after a crash between the two and the confirmation: %s, so it counts", (_, booted, committed, moved) => {
    host.stage("aaaaaaaa", [], nix("{ a = 1; }"));
    host.activate("aaaaaaaa");
    host.write("var/lib/netloom/keeping", "aaaaaaaa\n");
    host.reboot();
    host.sh(
      `ln -sfn "${booted === "new" ? '$(readlink -f "$NETLOOM_ROOT/var/lib/netloom/gen/aaaaaaaa/system")' : "$NETLOOM_ROOT/systems/before"}" "$NETLOOM_ROOT/run/booted-system"`,
    );
    const until = calls().length;
    expect(host.agent("boot").code).toBe(0);
    expect(host.status()).toMatchObject({ committed, damaged: "" });
    expect(calls().slice(until)).toEqual(moved);
    expect(host.has("var/lib/netloom/keeping")).toBe(false);
  });
});

describe("units that fail while a system is activated", () => {
  const switched = (before: string, after: string) => {
    script("bin/systemctl", 'cat "$NETLOOM_ROOT/units"');
    host.write("units", before);
    script(
      "switch",
      `cp "$NETLOOM_ROOT/after" "$NETLOOM_ROOT/units"; echo "warning: the following units failed: x"; exit 4`,
    );
    host.write("after", after);
    host.stage("aaaaaaaa", [], nix("{ a = 1; }"));
    return host.activate("aaaaaaaa");
  };
  const LOOPING = "loop.service loaded activating auto-restart crashes\n";
  const FAILED = "old.service loaded failed failed has failed\n";

  it("and failed before are told, and no reason to revert", () => {
    expect(switched(LOOPING + FAILED, LOOPING)).toBe("activated");
    expect(host.status()["warnings"]).toBe(
      "these units failed, as they had before this change: loop.service old.service ",
    );
  });

  it("and were fine before are one", () => {
    expect(switched(LOOPING, `${LOOPING}new.service loaded failed failed x\n`)).toBe("failed");
    expect(host.status()["errors"]).toContain("the following units failed");
  });

  it("are one, too, where nothing had failed before", () => {
    expect(switched("", "")).toBe("failed");
  });
});

describe("the configuration that a host's own system is built from", () => {
  const RUNNING = "systems/before";
  beforeEach(() => {
    delete host.env["NETLOOM_NIXOS_BUILD"];
    host.write("etc/nixos/configuration.nix", "{ }\n");
    script(
      "bin/nix-build",
      'for a; do printf "%s\\n" "$a"; done >"$NETLOOM_ROOT/arguments"; cat "$NETLOOM_ROOT/said" >&2 2>/dev/null; echo "$NETLOOM_ROOT/systems/before"',
    );
    script("bin/nix-instantiate", 'echo "$NETLOOM_ROOT/x.drv"');
    script("bin/nix-store", `[ "$1" != -q ] || cat "$NETLOOM_ROOT/alone"`);
    host.write("alone", `${join(host.root, RUNNING)}\n`);
  });
  const source = (content: string) => ({ ...nix('{ ... }: { key = "k"; }'), "nixos-source": { content } });
  const built = () => host.read("arguments").replaceAll(host.root, "").trim().split("\n").slice(2);
  const module = (id: string) =>
    `(let module = import /var/lib/netloom/nixos/${id}.nix; key = (module (builtins.functionArgs module)).key; in { disabledModules = [ { inherit key; } ]; imports = [ ({ config, lib, modulesPath, options, pkgs, utils, ... }@args: module args // { _file = "/var/lib/netloom/nixos/${id}.nix"; key = "\${key} as deployed"; }) ]; })`;

  it("is configuration.nix where that is what runs, with the module in place of one that it imports", () => {
    expect(host.stage("aaaaaaaa", [], nix("{ }"))).toMatchObject({ code: 0, stderr: "" });
    expect(built()).toEqual([
      "--no-out-link",
      "<nixpkgs/nixos>",
      "-A",
      "system",
      "--arg",
      "configuration",
      `{ imports = [ /etc/nixos/configuration.nix ${module("aaaaaaaa")} ]; }`,
    ]);
  });

  it("is refused where something else runs: a deploy would roll that out, too", () => {
    host.write("alone", "/nix/store/other\n");
    const { code, stderr } = host.stage("aaaaaaaa", [], nix("{ }"));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("this host does not run what /etc/nixos/configuration.nix describes"),
    ]);
    expect(stderr).toContain('Platform.nixos(…, { configuration: "/etc/nixos/configuration.nix" })');
    expect(host.has("arguments")).toBe(false);
    // The fix that the message names.
    expect(host.stage("aaaaaaaa", [], source("configuration\t/etc/nixos/configuration.nix\n")).code).toBe(0);
  });

  it("is what was confirmed before from then on", () => {
    host.stage("aaaaaaaa", [], nix("{ }"));
    host.deploy("aaaaaaaa");
    host.write("alone", "/nix/store/other\n");
    expect(host.stage("bbbbbbbb", [], nix("{ }")).code).toBe(0);
  });

  it("is Netloom's own on a machine that it installed", () => {
    host.write("alone", "/nix/store/other\n");
    host.write("etc/nixos/configuration.nix", "# Written by Netloom: this CloudLab node by itself.\n{ }\n");
    expect(host.stage("aaaaaaaa", [], nix("{ }")).code).toBe(0);
  });

  it.each([
    [
      "a flake lies there",
      "touch etc/nixos/flake.nix",
      "this host has /etc/nixos/flake.nix, so configuration.nix alone may not be what it runs",
    ],
    [
      "nothing lies there",
      "rm etc/nixos/configuration.nix",
      "this host has no /etc/nixos/configuration.nix to build its system from",
    ],
  ])("is not guessed where %s, and the flake that the stack names is taken", (_, change, message) => {
    host.sh(`cd "$NETLOOM_ROOT" && ${change}`);
    const { code, stderr } = host.stage("aaaaaaaa", [], nix("{ }"));
    expect([code, stderr.split("\n")[0]]).toEqual([1, `netloom agent: ${message}`]);
    expect(host.stage("aaaaaaaa", [], source("flake\t/etc/nixos\tnode-0\n")).code).toBe(0);
    expect(built()).toEqual([
      "--no-out-link",
      "-E",
      `((builtins.getFlake "/etc/nixos").nixosConfigurations."node-0".extendModules { modules = [ ${module("aaaaaaaa")} ]; }).config.system.build.toplevel`,
    ]);
  });

  it("is built alone, from the same place, when the host is given back", () => {
    host.stage("aaaaaaaa", [], source("flake\tgithub:me/machines\tnode-0\n"));
    host.deploy("aaaaaaaa");
    host.agent("withdraw", "owner", "30");
    expect(host.settled()).toBe("activated");
    expect(built().at(-1)).toBe(
      '((builtins.getFlake "github:me/machines").nixosConfigurations."node-0".extendModules { modules = [  ]; }).config.system.build.toplevel',
    );
  });

  it("tells what the build warned of, as far as it is Netloom's business", () => {
    host.write(
      "said",
      "trace: \u001b[1;31mwarning: net.x is 1, not 2 as /a says: netloom sets it\u001b[0m\ntrace: warning: system.stateVersion is not set\nevaluation warning: netloom too\n",
    );
    expect(host.stage("aaaaaaaa", [], nix("{ }")).stdout).toBe(
      "nixos warning: net.x is 1, not 2 as /a says: netloom sets it\nnixos warning: netloom too\nstaged aaaaaaaa\n",
    );
  });
});

describe("programs before a system is activated", () => {
  /** The agent of a host on which `wg` is nowhere on the PATH. */
  const withoutWg = shipped()["agent.sh"].replaceAll(/has wg|wg(?= (gen|pub)key)/g, (found) =>
    found.replace("wg", "missing-wg"),
  );
  const WG = "case $1 in genkey) echo private ;; pubkey) cat >/dev/null; echo public ;; esac";
  const agent = { "agent.sh": { content: withoutWg } };
  beforeEach(() => host.write("etc/NIXOS", ""));

  it("a key is made with the programs of the staged system, and with a key that was put there it is the same", () => {
    script("switch", "exit 0");
    script(
      "bin/build",
      `d=$NETLOOM_ROOT/system; mkdir -p "$d/sw/bin"; cp "$NETLOOM_ROOT/wg" "$d/sw/bin/missing-wg"; echo "$d"`,
    );
    script("wg", WG);
    host.stage("aaaaaaaa", [], { ...nix("{ }"), ...agent });
    expect(host.agent("key", "wg0.1")).toMatchObject({ code: 0, stdout: "made public\n" });
    expect(host.sh('echo x | sh "$NETLOOM_ROOT/var/lib/netloom/agent" key-put wg0.2').stdout).toBe("kept public\n");
  });

  it("a host that is asked for its key before anything is staged builds wireguard-tools from its nixpkgs", () => {
    script("tools/bin/missing-wg", WG);
    script("bin/nix-build", 'echo "nix-build $*" >>"$NETLOOM_ROOT/calls"; echo "$NETLOOM_ROOT/tools"');
    host.write("agent.sh", withoutWg);
    expect(host.sh('sh -s -- key wg0.1 <"$NETLOOM_ROOT/agent.sh"')).toMatchObject({ code: 0, stdout: "made public\n" });
    expect(calls()).toEqual([
      "nix-build --extra-experimental-features nix-command flakes --no-out-link <nixpkgs> -A wireguard-tools",
    ]);
  });

  it("where that fails, the words of the build and a fix are told", () => {
    script("bin/nix-build", "echo no channel >&2; exit 1");
    host.write("agent.sh", withoutWg);
    expect(host.sh('sh -s -- key wg0.1 <"$NETLOOM_ROOT/agent.sh"')).toMatchObject({
      code: 1,
      stderr:
        "netloom agent: 'wg' is not installed on this host, and wireguard-tools cannot be built from its nixpkgs: no channel\n" +
        "do: add pkgs.wireguard-tools to its environment.systemPackages, and rebuild\n",
    });
  });

  it("the state before the change is read with them, so that a revert has something to restore", () => {
    script(
      "bin/build",
      'd=$NETLOOM_ROOT/system; mkdir -p "$d/sw/bin"; cp "$NETLOOM_ROOT/probe" "$d/sw/bin/missing-program"; echo "$d"',
    );
    script("probe", 'echo found >>"$NETLOOM_ROOT/calls"');
    const content = shipped()["agent.sh"].replace("armed=$(pending_id)", "missing-program; armed=$(pending_id)");
    host.stage("aaaaaaaa", [], { ...nix("{ }"), "agent.sh": { content } });
    expect(host.agent("arm", "aaaaaaaa", "60").code).toBe(0);
    expect(calls()).toEqual(["found"]);
  });
});
