import { describe, expect, it } from "vitest";
import { Check, Platform } from "../../lib";
import { keyPlaceholder, keySlot } from "../../lib/contract";
import { type HostSettings, XdpProgram } from "../../lib/features";
import { renderPeerTable, renderSettings } from "../../lib/render";
import { renderPlan } from "../../lib/render/plan";
import { routeOptions } from "../../lib/render/route";
import { renderVerify } from "../../lib/render/verify";
import { hostThat, WHY } from "./support";

const lines = (text: string) => text.split("\n");

describe("the plan", () => {
  it("is what the agent reads: a head, then one tab separated line per thing", () => {
    const host = hostThat((s) => {
      s.sysctl("net.ipv4.tcp_rmem", [4096, 131072, 6291456], WHY);
      s.module("tcp_bbr", WHY);
      s.link("exp0", { mtu: 9000, rxRing: "max", lro: false, autoPause: true, channels: 4, rxCoalesceMicros: 0 }, WHY);
      s.address("exp0", "10.10.1.1/24", WHY);
      s.address("exp0", "10.10.2.1/24", WHY);
      s.route("exp1", { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 1500, congestion: "bbr", metric: 7 }, WHY);
      s.route("exp1", { to: "10.30.0.0/16" }, WHY);
      s.qdisc("exp0", { kind: "mq-fq" }, WHY);
      s.qdisc("exp1", { kind: "pfifo", args: ["limit", "20000"] }, WHY);
      s.unit("netloom-x.service", { service: { ExecStart: "/bin/true" } }, WHY);
      s.nftables("inet", "netloom-qos", "", WHY);
      s.package({ debian: "wireguard-tools", nix: "wireguard-tools" }, WHY);
      s.package({ debian: "ethtool", nix: "a-tool" }, WHY);
      s.package({ debian: "ethtool", nix: "another-tool" }, WHY);
      s.package({ nix: "only-there" }, WHY);
      s.wireguard(
        {
          device: "wg0",
          port: 51820,
          mtu: 8920,
          mesh: "lab/mesh",
          table: "lab-mesh.peers",
          member: "node-0",
          addresses: ["10.66.0.1/24", "fd00::1/64"],
          keyEpoch: 2,
          firewallMark: 7,
        },
        WHY,
      );
    });
    expect(lines(renderPlan(host))).toEqual([
      "netloom-plan\t1",
      "module\ttcp_bbr",
      "sysctl\tnet.ipv4.tcp_rmem\t4096 131072 6291456",
      "ethtool\tmac=02:00:00:00:00:01\tA\tautoneg\ton",
      "ethtool\tmac=02:00:00:00:00:01\tL\tcombined\t4",
      "ethtool\tmac=02:00:00:00:00:01\tK\tlro\toff",
      "link\tmac=02:00:00:00:00:01\tmtu\t9000",
      "ethtool\tmac=02:00:00:00:00:01\tC\trx-usecs\t0",
      "ethtool\tmac=02:00:00:00:00:01\tG\trx\tmax",
      "link\tmac=02:00:00:00:00:01\tup",
      "link\tname=enp1s0\tup",
      "addresses\tmac=02:00:00:00:00:01\t10.10.1.1/24,10.10.2.1/24",
      "route\tname=enp1s0\t10.20.0.0/16\t10.10.1.254\tmtu 1500 congctl bbr metric 7",
      "route\tname=enp1s0\t10.30.0.0/16\t-\t",
      "qdisc\tmac=02:00:00:00:00:01\tmq-fq\t",
      "qdisc\tname=enp1s0\tpfifo\tlimit 20000",
      "wireguard\twg0\t51820\t8920\tlab-mesh.peers\twg0.2\t10.66.0.1/24,fd00::1/64\t7",
      "package\tethtool",
      "package\tnftables",
      "package\twireguard-tools",
      "nft\tinet netloom-qos\tetc/netloom/inet-netloom-qos.nft",
      "unit\tnetloom-x.service",
      "",
    ]);
  });

  it("leaves the packages of a NixOS host to its configuration", () => {
    const say = (s: HostSettings) => s.package({ debian: "ethtool", nix: "ethtool" }, WHY);
    expect(renderPlan(hostThat(say, { platform: Platform.nixos() }))).toBe("netloom-plan\t1\n");
    expect(renderPlan(hostThat(say))).toBe("netloom-plan\t1\npackage\tethtool\n");
  });

  it("of a host without settings is empty but for its head", () => {
    expect(renderPlan(hostThat(() => {}))).toBe("netloom-plan\t1\n");
  });

  it("names keys by device and epoch, so that a rotation is another key", () => {
    expect(keySlot("wg0", 3)).toBe("wg0.3");
  });

  it("writes route options as ip(8) takes them", () => {
    expect(routeOptions({ to: "default", source: "10.0.0.1", metric: 0 })).toBe("src 10.0.0.1 metric 0");
  });
});

describe("the verify script", () => {
  it("has one line of single-quoted words per check, whatever they contain", () => {
    const host = hostThat((s) => {
      s.check(Check.sysctl("net.ipv4.tcp_ecn", "1"), { because: 'it\'s `$(reboot)` "safe"' });
      s.check(Check.route("mac=02:00:00:00:00:01", "10.20.0.0/16", "-", ""), WHY);
      s.check(Check.command({ title: "two lines", run: "true\nfalse", phase: "benchmark" }), WHY);
    });
    const text = renderVerify(host, new Map());
    expect(text.startsWith("#!/bin/sh\n")).toBe(true);
    expect(text).toContain(
      "check sysctl local 'lab/node-0/F' 'it'\\''s `$(reboot)` \"safe\"' 'net.ipv4.tcp_ecn' '1'\n",
    );
    expect(text).toContain(
      "check route local 'lab/node-0/F' 'the test wants it' 'mac=02:00:00:00:00:01' '10.20.0.0/16' '-' '' '-'\n",
    );
    expect(text).toContain(
      "check command benchmark 'lab/node-0/F' 'the test wants it' 'two lines' '-' 'true\nfalse'\n",
    );
    expect(text.trimEnd().endsWith("checks_end")).toBe(true);
  });
});

describe("files in the verify script", () => {
  const LINE = "check files local 'lab/node-0' 'installed as it was written'\n";
  const verify = (install: "link" | "copy" | "none") =>
    renderVerify(
      hostThat(() => {}),
      new Map([["root/etc/x", { content: "x\n", mode: "0600", install }]]),
    );

  it("are checked by one line, whatever their number, after everything else", () => {
    expect(verify("link").endsWith(`${LINE}checks_end\n`)).toBe(true);
    expect(verify("copy")).toContain(LINE);
  });

  it("are not looked for where none is installed", () => {
    expect(verify("none")).not.toContain("check files");
  });

  it("leave the sources of settings to settings.json, and bring those that stand nowhere else", () => {
    const host = hostThat((s) => {
      s.sysctl("vm.swappiness", 10, { because: "why", source: "RFC 1" });
      s.check(Check.sysctl("kernel.osrelease", "6.8"), { because: "release", source: "RFC 2" });
    });
    expect(renderVerify(host, new Map()).match(/^check .*/gm)).toEqual([
      "check sysctl local 'lab/node-0/F' 'why' 'vm.swappiness' '10'",
      "check sysctl local 'lab/node-0/F' 'release [RFC 2]' 'kernel.osrelease' '6.8'",
    ]);
  });
});

describe("a peer table", () => {
  it("is in the syntax of wg, a section per member", () => {
    expect(
      renderPeerTable([
        {
          member: "node-0",
          publicKey: keyPlaceholder("lab/mesh", "node-0"),
          allowedIps: ["10.66.0.1/32", "192.168.7.0/24"],
          endpoint: "[fd00::1]:51820",
          keepalive: 25,
        },
        { member: "laptop", publicKey: "A=", allowedIps: ["10.66.0.9/32"], unmanaged: true },
      ]),
    ).toBe(
      [
        "# node-0",
        "[Peer]",
        "PublicKey = @key:lab/mesh/node-0@",
        "AllowedIPs = 10.66.0.1/32, 192.168.7.0/24",
        "Endpoint = [fd00::1]:51820",
        "PersistentKeepalive = 25",
        "",
        "# laptop",
        "# psk: none",
        "[Peer]",
        "PublicKey = A=",
        "AllowedIPs = 10.66.0.9/32",
        "",
      ].join("\n"),
    );
  });
});

describe("settings.json", () => {
  const settings = JSON.parse(
    renderSettings(
      hostThat((s) => {
        s.sysctl("vm.swappiness", 10, { because: "why", source: "RFC 1", priority: "force" });
        s.file("/etc/secret.conf", { content: "hush", mode: "0600" }, WHY);
        s.note("tell the switch", WHY);
        s.nixos("time.timeZone", "UTC", WHY);
      }),
    ),
  );

  it("says for every setting who made it and why", () => {
    expect(settings.sysctls).toEqual([
      { key: "vm.swappiness", value: "10", by: "lab/node-0/F", because: "why", source: "RFC 1", priority: "force" },
    ]);
    expect(settings.notes).toEqual([{ text: "tell the switch", by: "lab/node-0/F", because: "the test wants it" }]);
  });

  it("does not repeat the text of files", () => {
    expect(settings.files).toEqual([
      { key: "/etc/secret.conf", value: { mode: "0600", bytes: 4 }, by: "lab/node-0/F", because: "the test wants it" },
    ]);
    expect(JSON.stringify(settings)).not.toContain("hush");
  });

  it("does not say in values what keys say, nor what verify says", () => {
    const record = JSON.parse(
      renderSettings(
        hostThat((s) => {
          s.address("exp0", "10.10.1.1/24", WHY);
          s.qdisc("exp0", { kind: "fq" }, WHY);
          s.openPort({ protocol: "tcp", port: 179 }, WHY);
          s.network({ cidr: "10.66.0.0/16", kind: "overlay", name: "lab/mesh" }, WHY);
          s.fact(XdpProgram, "exp0", { mode: "best-effort", multiBuffer: true }, WHY);
          s.check(Check.module("tcp_bbr"), WHY);
        }),
      ),
    ) as Record<string, { key: string; value: unknown }[]>;
    const said = Object.fromEntries(
      Object.entries(record).flatMap(([kind, list]) =>
        Array.isArray(list) ? [[kind, list.map(({ key, value }) => [key, value])]] : [],
      ),
    );
    expect(said).toEqual({
      addresses: [["exp0 10.10.1.1/24", "10.10.1.1/24"]],
      qdiscs: [["exp0", { kind: "fq" }]],
      openPorts: [["tcp/179/*", true]],
      networks: [["overlay lab/mesh 10.66.0.0/16", "10.66.0.0/16"]],
      xdp: [["exp0", { mode: "best-effort", multiBuffer: true }]],
    });
  });

  it("leaves out kinds that are empty", () => {
    expect(Object.keys(settings)).toEqual(["host", "platform", "sysctls", "files", "nixos", "notes"]);
  });
});
