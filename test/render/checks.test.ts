import { describe, expect, it } from "vitest";
import { Bbr, Check, Host, HostFeature, type HostSettings } from "../../lib";
import { synthToFiles, testStack } from "../../lib/testing";

function verifyOf(build: (host: Host) => void): string {
  const stack = testStack("lab");
  build(new Host(stack, "node-0", { interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01" }] }));
  return synthToFiles(stack).files.get("hosts/node-0/verify") ?? "";
}

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
