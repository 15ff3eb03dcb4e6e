import { BbrHost, Duration, Host, JumboFabric, Platform, Rate, WireGuardMesh } from "../../lib";
import { HostFeature, type HostSettings } from "../../lib/features";
import { synthToFiles } from "../../lib/testing";
import { macOf } from "../support/lab";

const because = "the evaluation wants it";

/** The release of the tree that was judged: its newest options are those of 24.11. */
const platform = Platform.nixos("24.11");

const port = (n: number, name?: string, net = 1) => ({
  id: "exp0",
  mac: macOf(n),
  name,
  addresses: [`10.10.${net}.${n}/24`],
  speed: Rate.gbps(25),
});
const control = { id: "control", control: true, name: "eno1" };

class Tables extends HostFeature {
  contribute(settings: HostSettings): void {
    for (const family of ["ip", "ip6"]) settings.nftables(family, "marks", "chain x { }", { because });
  }
}

/** The generated `host.nix` of one host for each kind of thing that a module has, by host name. */
export function ownerHosts(): ReadonlyMap<string, string> {
  const { files, errors } = synthToFiles((stack) => {
    const path = { rate: Rate.gbps(10), rtt: Duration.millis(30) };
    new BbrHost(stack, "bbr", { platform, path, interfaces: [port(1, "enp1s0"), control] });
    const hub = new Host(stack, "hub", { platform, interfaces: [port(2), control] });
    const spoke = new Host(stack, "spoke", { platform, interfaces: [port(3), control] });
    const mesh = new WireGuardMesh(stack, "tunnels", { subnet: "10.66.0.0/24" });
    mesh.addMember(hub, { routes: ["10.77.0.0/16"] });
    mesh.addMember(spoke);
    const fabric = ["fabric", "peer"].map(
      (id, n) => new Host(stack, id, { platform, interfaces: [port(4 + n, undefined, 2), control] }),
    );
    new JumboFabric(stack, "jumbo", { switchesCarryJumbo: true, members: fabric });
    const tables = new Host(stack, "tables", { platform, interfaces: [port(6, "enp1s0"), control] });
    new Tables(tables, "tables");
    const settings = new Host(stack, "settings", { platform, interfaces: [port(7, "enp1s0"), control] });
    settings.link("exp0", { rxRing: "max", gro: false }, { because });
    settings.file("/etc/app.conf", { content: "a\n", mode: "0444" }, { because });
    settings.file("/usr/local/bin/tool", { content: "#!/bin/sh\n", mode: "0755" }, { because });
    settings.unit(
      "app.service",
      { path: ["rsync"], service: { ExecStart: "/bin/sh -c 'exec rsync --version'" } },
      { because },
    );
    settings.nixos("systemd.mounts", [{ what: "/dev/sdb1", where: "/mnt/data", wantedBy: ["multi-user.target"] }], {
      because,
    });
  });
  if (errors.length > 0) throw new Error(errors.join("\n"));
  const modules = ["bbr", "hub", "fabric", "tables", "settings"].map(
    (name) => [name, files.get(`hosts/${name}/host.nix`)] as const,
  );
  const missing = modules.filter(([, text]) => text === undefined);
  if (missing.length > 0) throw new Error(`no host.nix of ${missing.map(([name]) => name).join(", ")}`);
  return new Map(modules as readonly (readonly [string, string])[]);
}
