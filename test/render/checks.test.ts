import { describe, expect, it } from "vitest";
import { Bbr, Check, Host, Platform } from "../../lib";
import { type CheckKind, HostFeature, type HostSettings } from "../../lib/features";
import { hostChecks } from "../../lib/render/checks";
import { synthToFiles, testStack } from "../../lib/testing";
import { hostThat, WHY } from "./support";

function verifyOf(build: (host: Host) => void): string {
  const stack = testStack("lab");
  build(new Host(stack, "node-0", { interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01" }] }));
  return synthToFiles(stack).files.get("hosts/node-0/verify") ?? "";
}

describe("a check that a feature asks for", () => {
  /** How many words of each kind say what is looked at; what is wanted of it comes behind. */
  const SUBJECTS: Readonly<Partial<Record<CheckKind, number>>> = {
    sysctl: 1,
    mtu: 1,
    qdisc: 1,
    congestion: 1,
    route: 2,
    file: 1,
    wireguard: 1,
    "wireguard-routes": 1,
  };
  const settings = (s: HostSettings) => {
    s.sysctl("net.ipv4.tcp_congestion_control", "bbr", WHY);
    s.link("exp0", { mtu: 9000 }, WHY);
    s.address("exp0", "10.10.1.1/24", WHY);
    s.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 1500 }, WHY);
    s.qdisc("exp0", { kind: "mq-fq" }, WHY);
    s.file("/etc/app.conf", { content: "x\n" }, WHY);
    s.wireguard(
      {
        device: "wg0",
        port: 51820,
        mtu: 1420,
        mesh: "lab/m",
        member: "a",
        table: "m.peers",
        addresses: ["10.66.0.1/24"],
        keyEpoch: 1,
      },
      WHY,
    );
  };
  const nixos = { platform: Platform.nixos() };
  const made = hostChecks(hostThat(settings, nixos)).ofSettings.filter(({ kind }) => kind in SUBJECTS);
  const asked = (kind: CheckKind, args: readonly string[]) => {
    const host = hostThat((s) => {
      settings(s);
      s.check({ kind, phase: "local", args }, { because: "stale" });
    }, nixos);
    return hostChecks(host).further.filter(({ because }) => because === "stale");
  };

  it("is there once for each kind with something to want", () => {
    expect([...new Set(made.map(({ kind }) => kind))].sort()).toEqual(Object.keys(SUBJECTS).sort());
  });

  it.each(made.map((check) => [check.kind, check.args] as const))(
    "gives way to the setting where it is about the same, and stays where it is not: %s %j",
    (kind, args) => {
      const words = SUBJECTS[kind]!;
      const stale = args.map((word, i) => (i < words ? word : "1"));
      expect(asked(kind, args)).toEqual([]);
      expect(asked(kind, stale)).toEqual([]);
      const other = stale.map((word, i) => (i === words - 1 ? `${word}0` : word));
      expect(asked(kind, other).map((check) => check.args)).toEqual([other]);
    },
  );
});

describe("the checks of a host", () => {
  it("read every merged sysctl back without being asked", () => {
    const verify = verifyOf((host) => host.sysctl("net.ipv4.tcp_notsent_lowat", 131072, { because: "test" }));
    expect(verify).toContain("check sysctl local 'lab/node-0/Direct' 'test' 'net.ipv4.tcp_notsent_lowat' '131072'");
  });

  it("look for every nftables table, whichever feature brought it", () => {
    class Marks extends HostFeature {
      contribute(settings: HostSettings): void {
        settings.nftables("inet", "marks", "", { because: "test" });
      }
    }
    const verify = verifyOf((host) => void new Marks(host, "Marks"));
    expect(verify).toContain("check nft local 'lab/node-0/Marks' 'test' 'inet marks'");
  });

  it("want the value that won, not the one that a feature asked for", () => {
    const verify = verifyOf((host) => {
      new Bbr(host, "Bbr");
      host.sysctl("net.ipv4.tcp_congestion_control", "cubic", { because: "baseline", priority: "force" });
      host.check(Check.sysctl("net.ipv4.tcp_congestion_control", "bbr"), { because: "stale" });
    });
    const lines = verify.split("\n").filter((line) => line.includes("tcp_congestion_control"));
    expect(lines).toEqual([
      "check sysctl local 'lab/node-0/Direct' 'baseline' 'net.ipv4.tcp_congestion_control' 'cubic'",
    ]);
  });

  it("keep what features ask about things that no setting names", () => {
    const verify = verifyOf((host) => host.check(Check.sysctl("kernel.osrelease", "6.8"), { because: "release" }));
    expect(verify).toContain("'kernel.osrelease' '6.8'");
  });
});
