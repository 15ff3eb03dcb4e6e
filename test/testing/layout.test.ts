import { describe, expect, it } from "vitest";
import { BbrHost, JumboFabric, Platform, Target, WireGuardMesh } from "../../lib";
import { HostFeature, type HostSettings } from "../../lib/features";
import { synthToFiles } from "../../lib/testing";
import { macOf, WAN } from "../support/lab";

const because = "the test wants it";

/** One of each kind of setting that has a place of its own in the output. */
class OneOfEach extends HostFeature {
  contribute(settings: HostSettings): void {
    settings.moduleOption("mlx4_core", "log_num_mgm_entry_size", -1, { because });
    settings.limit({ domain: "*", type: "-", item: "memlock", value: "unlimited" }, { because });
    settings.udevRule("example", 'SUBSYSTEM=="net", ACTION=="add", TAG+="x"', { because });
    settings.unit("example.service", { service: { ExecStart: "/bin/sh -c true" } }, { because });
    settings.nftables("inet", "example", "chain empty {\n}", { because });
    settings.script("example", { text: "true\n" }, { because });
    settings.file("/etc/example.conf", { content: "answer = 42\n" }, { because });
  }
}

/** A Linux and a NixOS host with everything in common. */
const result = synthToFiles((stack) => {
  const hosts = [Platform.linux(), Platform.nixos()].map(
    (platform, i) =>
      new BbrHost(stack, ["linux", "nixos"][i]!, {
        platform,
        interfaces: [{ id: "exp0", mac: macOf(i), addresses: [`10.10.1.${i + 1}/24`] }],
        path: WAN,
        target: Target.directory(`roots/${i}`),
      }),
  );
  for (const host of hosts) new OneOfEach(host, "OneOfEach");
  const fabric = new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true });
  new WireGuardMesh(stack, "mesh", { members: hosts, subnet: "10.66.0.0/24", over: fabric });
});

describe("the layout of the output, which tools of users rely on,", () => {
  it("is what it was: another path means a major version", () => {
    expect(result.errors).toEqual([]);
    expect([...result.files.keys()].sort()).toEqual([
      "agent.sh",
      "checks.sh",
      "deploy.cjs",
      "flake.nix",
      "hosts/linux/plan",
      "hosts/linux/root/etc/example.conf",
      "hosts/linux/root/etc/modprobe.d/netloom.conf",
      "hosts/linux/root/etc/modules-load.d/netloom.conf",
      "hosts/linux/root/etc/netloom/inet-example.nft",
      "hosts/linux/root/etc/netloom/scripts/example",
      "hosts/linux/root/etc/security/limits.d/60-netloom.conf",
      "hosts/linux/root/etc/sysctl.d/60-netloom.conf",
      "hosts/linux/root/etc/systemd/network/10-netloom-exp0.network",
      "hosts/linux/root/etc/systemd/network/10-netloom-wg0.network",
      "hosts/linux/root/etc/systemd/network/90-netloom-exp0.link",
      "hosts/linux/root/etc/systemd/system/example.service",
      "hosts/linux/root/etc/systemd/system/netloom-firewall.service",
      "hosts/linux/root/etc/udev/rules.d/60-netloom.rules",
      "hosts/linux/settings.json",
      "hosts/linux/verify",
      "hosts/nixos/host.nix",
      "hosts/nixos/plan",
      "hosts/nixos/settings.json",
      "hosts/nixos/verify",
      "netloom.json",
      "shared/root/etc/netloom/scripts/firewall",
      "wireguard/test-mesh.peers",
    ]);
  });

  it("has an index whose keys stay what they were", () => {
    const index = JSON.parse(result.files.get("netloom.json")!);
    expect(index.schema).toBe(2);
    expect(Object.keys(index).sort()).toEqual([
      "files",
      "hosts",
      "lock",
      "project",
      "schema",
      "shared",
      "stack",
      "waves",
    ]);
    const wanted = ["digest", "files", "keys", "path", "platform", "shared", "target"];
    expect(Object.keys(index.hosts.linux).sort()).toEqual(wanted);
  });
});
