import { keyPlaceholder } from "../../contract";
import type { PathNames } from "../../host";
import type { Cidr, IpAddress } from "../../net";
import { type Peer, renderPeerTable } from "../../render";
import { wireguardKeepalive } from "../../tuning";
import type { MeshLayout } from "./layout";
import type { Member } from "./member";

/** The views that members have of a mesh. Members with the same view share one table. */
export type View = "full" | "full-nat" | "hub" | "spoke" | "spoke-nat";

export interface TableInput {
  readonly mesh: string;
  readonly subnets: readonly Cidr[];
  readonly members: readonly Member[];
  readonly layout: MeshLayout;
}

/** The view that a member has. */
export function viewOf(member: Member, hubAndSpoke: boolean): View {
  if (!hubAndSpoke) return member.behindNat ? "full-nat" : "full";
  if (member.hub) return "hub";
  return member.behindNat ? "spoke-nat" : "spoke";
}

/** File name of the table for a view, below `wireguard/`. */
function tableFile(names: PathNames, mesh: string, view: View): string {
  const more = view === "full" ? [] : [view === "full-nat" ? "nat" : view];
  return `${names.of(mesh, ...more)}.peers`;
}

/** A table below `wireguard/`. */
export interface PeerTable {
  readonly file: string;
  readonly content: string;
}

/** The tables that the members need. */
export function peerTables(input: TableInput, hubAndSpoke: boolean, names: PathNames): ReadonlyMap<View, PeerTable> {
  const views = new Set(input.members.filter((m) => m.host !== undefined).map((m) => viewOf(m, hubAndSpoke)));
  return new Map(
    [...views].sort().map((view) => {
      const content = renderPeerTable(peersOf(input, view));
      return [view, { file: tableFile(names, input.mesh, view), content }];
    }),
  );
}

function peersOf(input: TableInput, view: View): readonly Peer[] {
  const seen = view === "spoke" || view === "spoke-nat" ? input.members.filter((m) => m.hub) : input.members;
  const keepalive = wireguardKeepalive({ behindNat: view.endsWith("-nat") })?.value.toSeconds();
  return seen.map((member, i) => ({
    member: member.name,
    publicKey: member.publicKey ?? keyPlaceholder(input.mesh, member.name),
    allowedIps: [
      ...own(input.layout.addresses.get(member.name)!),
      ...member.routes.map(String),
      ...(view.startsWith("spoke") && i === 0 ? transit(input, member) : []),
    ],
    endpoint: member.endpoint,
    keepalive: member.endpoint === undefined ? undefined : keepalive,
    unmanaged: member.host === undefined,
  }));
}

function own(addresses: readonly IpAddress[]): string[] {
  return addresses.map((address) => `${address}/${address.bits}`);
}

/** What spokes send through the first hub: the whole mesh and every network behind another spoke. */
function transit(input: TableInput, hub: Member): string[] {
  const behind = input.members.filter((m) => m !== hub && !m.hub).flatMap((m) => m.routes.map(String));
  return [...input.subnets.map(String), ...behind];
}
