import { defineProblem, NetloomError, type Problem } from "../../errors";
import { AddressPool, Cidr, findOverlaps, IpAddress } from "../../net";
import type { LockFile } from "../../synth";
import type { Member } from "./member";

export const TAKES_CONTROL = defineProblem(
  "NL-005",
  "No tunnel takes over a default route or the address that a host is managed by",
  {
    why: "the management connection moves into the tunnel, and with it goes the machine",
    remedy: "name the networks that are meant, without those that hosts are managed over",
  },
);
const CLAIMED_TWICE = defineProblem(
  "NL-006",
  "Addresses of a mesh belong to one member, and endpoints lie outside of the tunnel",
  {
    why: "wg gives an address to the last peer that claims it, without a word; a tunnel cannot carry itself",
    source: "wg(8), AllowedIPs",
    remedy: "another subnet, or narrower routes of members",
  },
);

/** Addresses of all members inside the mesh. */
export interface MeshLayout {
  readonly addresses: ReadonlyMap<string, readonly IpAddress[]>;
}

export interface LayoutInput {
  /** Path of the mesh. */
  readonly mesh: string;
  readonly subnet: Cidr;
  readonly subnet6?: Cidr;
  readonly members: readonly Member[];
  readonly lock: LockFile;
}

/**
 * Gives every member its addresses, remembers them in the lock file, and refuses what `wg` would take silently and
 * misroute: ranges that two peers share, and ranges that hold the very addresses the tunnels run over.
 */
export function layOut(input: LayoutInput): MeshLayout {
  const first = allocate(input, input.subnet, "address");
  const second = input.subnet6 === undefined ? undefined : allocate(input, input.subnet6, "address6");
  const addresses = new Map(
    input.members.map((m) => [m.name, [first.get(m.name)!, ...(second === undefined ? [] : [second.get(m.name)!])]]),
  );
  const problems = [...overlapping(input, addresses), ...swallowed(input)];
  if (problems.length > 0) throw new NetloomError(problems);
  input.lock.record(
    input.mesh,
    Object.fromEntries(
      input.members.map((m) => {
        const [address, address6] = addresses.get(m.name)!.map(String);
        return [m.name, { address, ...(address6 === undefined ? {} : { address6 }) }];
      }),
    ),
  );
  return { addresses };
}

function allocate(input: LayoutInput, network: Cidr, field: "address" | "address6"): ReadonlyMap<string, IpAddress> {
  const locked = Object.entries(input.lock.mesh(input.mesh).members);
  const fixed = field === "address" ? input.members.filter((m) => m.fixedAddress !== undefined) : [];
  const pool = new AddressPool({
    network,
    recorded: Object.fromEntries(locked.flatMap(([name, m]) => (m[field] === undefined ? [] : [[name, m[field]]]))),
    fixed: Object.fromEntries(fixed.map((m) => [m.name, m.fixedAddress!])),
  });
  return pool.allocate(input.members.map((m) => m.name));
}

interface Range {
  readonly member: Member;
  readonly cidr: Cidr;
}

/** `wg` gives a range that two peers claim to the last one, and says nothing. */
function overlapping(input: LayoutInput, addresses: ReadonlyMap<string, readonly IpAddress[]>): Problem[] {
  const ranges = input.members.flatMap((member): Range[] => [
    ...addresses.get(member.name)!.map((a) => ({ member, cidr: Cidr.containing(a, a.bits) })),
    ...member.routes.map((cidr) => ({ member, cidr })),
  ]);
  return findOverlaps(ranges, (range) => range.cidr)
    .filter(({ outer, inner }) => outer.member !== inner.member)
    .map(({ outer, inner }) => ({
      code: CLAIMED_TWICE.id,
      path: outer.member.origin,
      others: [inner.member.origin],
      what: `${outer.member.name} and ${inner.member.name} both claim addresses of ${inner.cidr}; wg gives them to the last one without a word`,
      value: [outer.cidr.toString(), inner.cidr.toString()],
      allowed: "ranges that do not overlap",
      remedy: "take the range out of one member's routes",
    }));
}

/** An address that has to stay outside of the tunnels. */
interface Outside {
  readonly member: Member;
  readonly address: IpAddress;
  readonly code: string;
}

/** A tunnel that routes its own outer packets into itself carries nothing; one that takes the control network takes the machine. */
function swallowed(input: LayoutInput): Problem[] {
  const outside = input.members.flatMap((member): Outside[] => [
    ...(member.endpointAddress === undefined
      ? []
      : [{ member, address: member.endpointAddress, code: CLAIMED_TWICE.id }]),
    ...controlAddresses(member).map((address) => ({ member, address, code: TAKES_CONTROL.id })),
  ]);
  const inside = [
    ...input.members.flatMap((member) => member.routes.map((cidr) => ({ cidr, origin: member.origin }))),
    ...[input.subnet, ...(input.subnet6 === undefined ? [] : [input.subnet6])].map((cidr) => ({
      cidr,
      origin: input.mesh,
    })),
  ];
  const points = outside.map((point) => ({ ...point, cidr: Cidr.containing(point.address, point.address.bits) }));
  return findOverlaps<(typeof inside)[number] | (typeof points)[number]>([...inside, ...points], ({ cidr }) => cidr)
    .flatMap(({ outer, inner }) => ("origin" in outer && "member" in inner ? [{ outer, inner }] : []))
    .map(({ outer, inner }) => ({
      code: inner.code,
      path: input.mesh,
      others: [...new Set([outer.origin, inner.member.origin])].filter((path) => path !== input.mesh),
      what:
        inner.code === CLAIMED_TWICE.id
          ? `${outer.cidr} goes through the tunnel, but the endpoint of ${inner.member.name} lies in it, so the tunnel would carry its own outer packets`
          : `${outer.cidr} goes through the tunnel, but ${inner.member.name} is managed at ${inner.address}, which lies in it`,
      value: outer.cidr.toString(),
      allowed: `ranges without ${inner.address}`,
      remedy: "choose another subnet or a narrower route",
    }));
}

/** Where a member is managed, as far as that is not where its tunnels end anyway. */
function controlAddresses({ host, endpointAddress }: Member): readonly IpAddress[] {
  if (host === undefined) return [];
  const target = IpAddress.tryParse(host.managementAddress ?? "");
  const ports = host.interfaces.filter((port) => port.control).flatMap((port) => port.addresses.map((a) => a.address));
  const all = [...ports, ...(target === undefined ? [] : [target])];
  return all.filter((a, i) => all.findIndex((b) => b.equals(a)) === i && !endpointAddress?.equals(a));
}
