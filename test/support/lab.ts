import type { TerraformStack } from "cdktf";
import { Duration, Host, type HostProps, JumboFabric, Rate, Target, WireGuardMesh } from "../../lib";

/** Properties of host `index` of a lab: one experiment port with a MAC and an address, deployed into a directory. */
export function labHost(index: number, props: HostProps = {}): HostProps {
  return {
    interfaces: [{ id: "exp0", mac: macOf(index), addresses: [`10.10.1.${index + 1}/24`] }],
    target: Target.directory(`roots/node-${index}`),
    ...props,
  };
}

/** A locally administered address, different for each index. */
export function macOf(index: number): string {
  return `02:00:00:00:${(index >> 8).toString(16).padStart(2, "0")}:${(index & 255).toString(16).padStart(2, "0")}`;
}

/** Plain hosts `node-0` … on one LAN. */
export function labHosts(stack: TerraformStack, count: number, props: HostProps = {}): Host[] {
  return [...Array(count).keys()].map((i) => new Host(stack, `node-${i}`, labHost(i, props)));
}

/** Hosts, a fabric of 9000 bytes and a full mesh over it. */
export function labMesh(stack: TerraformStack, count = 3) {
  const hosts = labHosts(stack, count);
  const fabric = new JumboFabric(stack, "fabric", { members: hosts, switchesCarryJumbo: true });
  const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", members: hosts, over: fabric });
  return { hosts, fabric, mesh };
}

/** A path on which BBR has something to win. */
export const WAN = { rate: Rate.gbps(10), rtt: Duration.millis(20) };
