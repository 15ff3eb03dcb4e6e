import { describe, expect, it } from "vitest";
import { type NetloomError, Platform } from "../../lib";
import type { HostSettings } from "../../lib/features";
import { renderHost } from "../../lib/render/host";
import { renderNixos } from "../../lib/render/nixos";
import { hostThat, WHY } from "./support";

const nixos = (say: (settings: HostSettings) => void) => hostThat(say, { platform: Platform.nixos("24.11") });
const module = (say: (settings: HostSettings) => void) => renderNixos(nixos(say), "24.11");
const refused = (say: (settings: HostSettings) => void) => {
  try {
    module(say);
  } catch (error) {
    return (error as NetloomError).problems;
  }
  throw new Error("nothing was refused");
};

describe("files", () => {
  it("outside /etc keep mode and kind, are readable for whom they are meant only, and are checked: the agent installs them", () => {
    const host = nixos((s) => {
      s.file("/usr/local/bin/tool", { content: "#!/bin/sh\n", mode: "0755" }, WHY);
      s.file("/var/lib/app/token", { content: "secret\n", mode: "0600", install: "copy" }, WHY);
    });
    const files = renderHost(host);
    expect([...files].map(([path, { mode, install }]) => [path, mode, install])).toEqual([
      ["host.nix", "0644", "none"],
      ["plan", "0644", "none"],
      ["root/usr/local/bin/tool", "0755", "link"],
      ["root/var/lib/app/token", "0600", "copy"],
      ["verify", "0755", "none"],
    ]);
    expect(files.get("host.nix")!.content).not.toContain("secret");
    expect(files.get("verify")!.content).toContain("check files local 'lab/node-0' 'installed as it was written'");
  });

  it("below /etc are put in place by NixOS, as copies where a mode or a copy is asked for, and are read back", () => {
    const host = nixos((s) => {
      s.file("/etc/a", { content: "a\n" }, WHY);
      s.file("/etc/b", { content: "b\n", install: "copy" }, WHY);
      s.file("/etc/c", { content: "c\n", mode: "0755" }, WHY);
      s.script("d", { text: "exit 0" }, WHY);
    });
    const files = renderHost(host);
    expect(files.get("host.nix")!.content).toMatch(/etc = \{(?:.*\n)*? {4}\};/);
    expect(files.get("host.nix")!.content.match(/mode = "\d+"/g)).toEqual([
      'mode = "0644"',
      'mode = "0755"',
      'mode = "0755"',
    ]);
    const checks = files
      .get("verify")!
      .content.split("\n")
      .filter((line) => line.startsWith("check file "))
      .map((line) => line.replaceAll("'", "").split(" "))
      .map((words) => [words.at(-3), words.at(-2)!.slice(0, 8), words.at(-1)]);
    expect(checks).toEqual([
      ["/etc/a", "87428fc5", "-"],
      ["/etc/b", "02638299", "0644"],
      ["/etc/c", "a3a5e715", "0755"],
      ["/etc/netloom/scripts/d", "306c6ca7", "0755"],
    ]);
  });

  it("below /etc that not everyone may read are refused, and taken at the place that the refusal names", () => {
    const [problem] = refused((s) => s.file("/etc/app/token.conf", { content: "x", mode: "0640" }, WHY));
    expect(problem).toMatchObject({
      code: "NL-NIXOS-FILE",
      path: "lab/node-0/F",
      value: "0640",
      remedy: 'a path outside /etc, e.g. "/var/lib/token/token.conf"',
    });
    expect(module((s) => s.file("/var/lib/token/token.conf", { content: "x", mode: "0640" }, WHY))).not.toContain(
      "token",
    );
  });

  it.each([
    ["/etc/hosts", "networking.extraHosts"],
    ["/etc/ssh/sshd_config", "services.openssh.extraConfig"],
  ])("%s, which NixOS writes itself, is refused with the option that has the same effect", (path, option) => {
    const [problem] = refused((s) => s.file(path, { content: "x\n" }, WHY));
    expect(problem!.remedy).toBe(`host.nixos("${option}", …), and platform: "linux" for the file`);
    const text = module((s) => {
      s.file(path, { content: "x\n", platform: "linux" }, WHY);
      s.nixos(option, "x\n", WHY);
    });
    expect(text).toContain(option.split(".").at(-1));
  });

  it.each(["/etc/systemd/system/x.service", "/etc/udev/rules.d/9.rules", "/etc/tmpfiles.d/x.conf", "/etc/passwd"])(
    "%s, in a place that is one link or not NixOS' to share, is refused",
    (path) => {
      expect(refused((s) => s.file(path, { content: "x" }, WHY))[0]!.code).toBe("NL-NIXOS-FILE");
      expect(() => module((s) => s.file(path, { content: "x", platform: "linux" }, WHY))).not.toThrow();
    },
  );
});

describe("units", () => {
  it("of mounts are refused with the option that takes them", () => {
    const [problem] = refused((s) => s.unit("mnt-data.mount", { unit: { Description: "x" } }, WHY));
    expect(problem).toMatchObject({
      code: "NL-NIXOS-UNIT",
      remedy:
        'host.nixos("systemd.mounts", [{ what: "/dev/…", where: "/mnt/data", wantedBy: ["multi-user.target"] }], { because: "…" })',
    });
    const mounts = [{ what: "/dev/sdb1", where: "/mnt/data", wantedBy: ["multi-user.target"] }];
    expect(module((s) => s.nixos("systemd.mounts", mounts, WHY))).toContain('where = "/mnt/data";');
  });

  it("that call programs where NixOS has none are refused, with a command that finds them", () => {
    const line = "/usr/bin/rsync -a /a /b";
    const problems = refused((s) =>
      s.unit("x.service", { service: { ExecStartPre: ["-/bin/true"], ExecStart: line } }, WHY),
    );
    expect(problems.map(({ what }) => what)).toEqual([
      "ExecStartPre= of x.service calls /bin/true, which NixOS does not have: programs lie in its store",
      "ExecStart= of x.service calls /usr/bin/rsync, which NixOS does not have: programs lie in its store",
    ]);
    const command = "/bin/sh -c 'exec rsync -a /a /b'";
    expect(problems[1]!.remedy).toBe(`path: ["rsync"] (the package's name), and ExecStart: "${command}"`);
    const text = module((s) => s.unit("x.service", { path: ["rsync"], service: { ExecStart: command } }, WHY));
    expect(text).toContain("path = [ pkgs.rsync ];");
  });

  it("may call /bin/sh, /usr/bin/env, the store, and files that the stack brings", () => {
    const exec = ["/bin/sh -c true", "/usr/bin/env true", "/nix/store/x/bin/y", "/usr/local/bin/tool"];
    expect(() =>
      module((s) => {
        s.file("/usr/local/bin/tool", { content: "#!/bin/sh\n", mode: "0755" }, WHY);
        s.unit("x.service", { service: { Type: "oneshot", ExecStart: exec } }, WHY);
      }),
    ).not.toThrow();
  });
});

it("packages that nixpkgs does not have are refused once, unless the stack brings an overlay", () => {
  const say = (s: HostSettings) => {
    s.package({ nix: "perftest" }, WHY);
    s.unit("x.service", { path: ["perftest"], service: { ExecStart: "/bin/sh -c ib_write_bw" } }, WHY);
  };
  const problems = refused(say);
  expect(problems.map(({ code, value }) => [code, value])).toEqual([["NL-NIXOS-PACKAGE", "pkgs.perftest"]]);
  for (const [option, value] of [
    ["nixpkgs.overlays", []],
    ["nixpkgs", { overlays: [] }],
  ] as const) {
    expect(() =>
      module((s) => {
        say(s);
        s.nixos(option, value, WHY);
      }),
    ).not.toThrow();
  }
});

it.each([
  ["systemd.network.wait-online.enable", true],
  ["systemd.network", { "wait-online": { enable: true } }],
])("what the stack says itself is not said twice: %s", (option, value) => {
  const text = module((s) => {
    s.address("exp0", "10.10.1.1/24", WHY);
    s.nixos(option, value, WHY);
  });
  expect(text.match(/wait-online|mkOverride 1200/g)).toEqual(["wait-online"]);
});

it("tables of two families may share a name, and need NixOS' nftables in words that say so", () => {
  const text = module((s) => {
    for (const family of ["ip", "ip6"]) s.nftables(family, "t", "chain x { }", WHY);
    s.nftables("inet", "u", "chain x { }", WHY);
  });
  expect(text.match(/^ {8}\S+ = \{\n(?: {10}name = .*\n)? {10}family = .*$/gm)).toEqual([
    '        t-ip = {\n          name = "t";\n          family = "ip";',
    '        t-ip6 = {\n          name = "t";\n          family = "ip6";',
    '        u = {\n          family = "inet";',
  ]);
  expect(text).toContain("enable = lib.mkDefault true;");
  expect(text).toContain(
    "netloom's tables of lab/node-0 (inet u, ip t, ip6 t) need networking.nftables.enable, which this configuration sets to false",
  );
});

it("driver settings bring ethtool, and tables nft, on either platform", () => {
  const say = (s: HostSettings) => {
    s.link("exp0", { rxRing: "max" }, WHY);
    s.nftables("inet", "t", "chain x { }", WHY);
  };
  expect(module(say)).toContain("systemPackages = [ pkgs.ethtool ];");
  const packages = renderHost(hostThat(say))
    .get("plan")!
    .content.match(/^package.*$/gm);
  expect(packages).toEqual(["package\tethtool", "package\tnftables"]);
  expect(renderHost(hostThat((s) => s.link("exp0", { mtu: 9000 }, WHY))).get("plan")!.content).not.toContain("package");
});

it("the agent is told where the host's own configuration lies, if the stack says so", () => {
  const source = (from?: Parameters<typeof Platform.nixos>[1]) =>
    renderHost(hostThat(() => {}, { platform: Platform.nixos("24.11", from) })).get("nixos-source")?.content;
  expect(source()).toBeUndefined();
  expect(source({ configuration: "/etc/nixos/configuration.nix" })).toBe(
    "configuration\t/etc/nixos/configuration.nix\n",
  );
  expect(source({ flake: "/etc/nixos#node-0" })).toBe("flake\t/etc/nixos\tnode-0\n");
  for (const bad of [
    {},
    { flake: "/etc/nixos" },
    { flake: "a b#c" },
    { flake: 'x#a"b' },
    { configuration: "x.nix" },
    { configuration: "/a$b" },
    { configuration: "/a", flake: "a#b" },
  ])
    expect(() => source(bad)).toThrow("not a place where a NixOS configuration lies");
});
