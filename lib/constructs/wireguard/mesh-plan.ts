import type { Cidr } from "../../net";
import type { LockFile } from "../../synth";
import { wireguardMtu } from "../../tuning";
import type { Mtu } from "../../units";
import type { PathNames } from "../../host";
import { neighbours } from "../fabric/neighbours";
import { layOut, type MeshLayout } from "./layout";
import type { Member } from "./member";
import type { DeviceFacts } from "./mesh-device";
import type { WireGuardMeshProps } from "./props";
import { type PeerTable, peerTables, viewOf } from "./tables";
import { WireGuardKeys } from "./topology";

/** What a mesh knows when all its members are there. */
export interface MeshIntent {
  /** Path of the mesh. */
  readonly mesh: string;
  readonly props: WireGuardMeshProps;
  /** Sorted by name. */
  readonly members: readonly Member[];
  readonly subnets: readonly Cidr[];
  readonly hubAndSpoke: boolean;
  readonly device: string;
  readonly port: number;
  readonly mtu: Mtu;
  readonly underlay: Mtu;
}

/** Everything that follows from a mesh and its lock file. */
export interface MeshPlan {
  readonly tables: readonly PeerTable[];
  /** What the host of a managed member has to know, by the member's name. */
  readonly devices: ReadonlyMap<string, DeviceFacts>;
}

/** Gives members their addresses, and works out tables and devices. Throws what `wg` would take silently and misroute. */
export function planMesh(intent: MeshIntent, lock: LockFile, names: PathNames): MeshPlan {
  const { mesh, props, members, subnets, hubAndSpoke } = intent;
  if (members.length === 0) return { tables: [], devices: new Map() };
  const layout = layOut({ mesh, subnet: subnets[0]!, subnet6: subnets[1], members, lock });
  const locked = lock.mesh(mesh).members;
  const tables = peerTables({ mesh, subnets, members, layout }, hubAndSpoke, names);
  const managed = members.filter((member) => member.host !== undefined);
  const behindNat = members.filter((member) => member.behindNat).length;
  const allRoutes = members.flatMap((member) => member.routes);
  const keys = props.keys ?? WireGuardKeys.onHost();
  const devices = managed.map((member, place): [string, DeviceFacts] => [
    member.name,
    {
      member,
      mesh,
      table: tables.get(viewOf(member, hubAndSpoke))!.file,
      device: intent.device,
      port: intent.port,
      mtu: intent.mtu,
      mtuBecause: props.mtu === undefined ? wireguardMtu(intent.underlay, "mixed").because : "was given",
      addresses: layout.addresses.get(member.name)!.map((each, i) => `${each}/${subnets[i]!.prefixLength}`),
      subnets,
      keyEpoch: locked[member.name]?.key?.epoch ?? 1,
      keyDirectory: keys.kind === "directory" ? keys.path : undefined,
      forwards: (member.hub ? [...subnets, ...allRoutes] : member.routes).map((cidr) => cidr.family),
      forwardsTo: [...(member.hub ? [undefined] : []), ...member.routes],
      unmanagedRoutes: place === 0 ? members.flatMap((m) => (m.host === undefined ? m.routes : [])) : [],
      adopt: props.adopt ?? false,
      clamps: (member.hub ? allRoutes : member.routes).length > 0,
      probes: probesOf(member, place, managed, layout, hubAndSpoke),
      unreachable: member.behindNat && !hubAndSpoke ? behindNat - 1 : 0,
    },
  ]);
  return { tables: [...tables.values()], devices: new Map(devices) };
}

/**
 * Whom a member probes: hubs and, through the first hub, other spokes; in a full mesh the neighbours that share no NAT with
 * it. Where a probed member has an address on a network behind it, that is probed as well.
 */
function probesOf(
  member: Member,
  place: number,
  managed: readonly Member[],
  layout: MeshLayout,
  hubAndSpoke: boolean,
): DeviceFacts["probes"] {
  const around = neighbours(place, managed.length).map((i) => managed[i]!);
  const others = !hubAndSpoke
    ? around.filter((other) => !(other.behindNat && member.behindNat))
    : member.hub
      ? around
      : [...managed.filter((other) => other.hub), ...around.filter((other) => !other.hub)];
  return others.flatMap((other) => {
    const behind = addressBehind(other, member);
    return [
      [other.name, layout.addresses.get(other.name)![0]!.toString()] as const,
      ...(behind === undefined ? [] : [[`the network behind ${other.name}`, behind] as const]),
    ];
  });
}

/** An address of `member` on a network behind it, unless `from` is on that network too. */
function addressBehind(member: Member, from: Member): string | undefined {
  return member.host?.interfaces
    .flatMap((port) => port.addresses.map(({ address }) => address))
    .find(
      (address) =>
        member.routes.some((cidr) => cidr.contains(address)) &&
        !from.localNetworks.some((cidr) => cidr.contains(address)),
    )
    ?.toString();
}
