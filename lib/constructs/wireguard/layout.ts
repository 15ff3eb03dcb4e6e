import { NetloomError, type Problem } from "../../errors";
import { AddressPool, Cidr, findOverlaps, type IpAddress } from "../../net";
import type { LockFile } from "../../synth";
import type { Member } from "./member";

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
  readonly endpoint: boolean;
}

/** `wg` gives a range that two peers claim to the last one, and says nothing. */
function overlapping(input: LayoutInput, addresses: ReadonlyMap<string, readonly IpAddress[]>): Problem[] {
  const ranges = input.members.flatMap((member): Range[] => [
    ...addresses.get(member.name)!.map((a) => ({ member, cidr: Cidr.containing(a, a.bits), endpoint: false })),
    ...member.routes.map((cidr) => ({ member, cidr, endpoint: false })),
  ]);
  return findOverlaps(ranges, (range) => range.cidr)
    .filter(({ outer, inner }) => outer.member !== inner.member)
    .map(({ outer, inner }) => ({
      code: "NL-006",
      path: outer.member.origin,
      others: [inner.member.origin],
      what: `${outer.member.name} and ${inner.member.name} both claim addresses of ${inner.cidr}; wg gives them to the last one without a word`,
      value: [outer.cidr.toString(), inner.cidr.toString()],
      allowed: "ranges that do not overlap",
      remedy: "take the range out of one member's routes",
    }));
}

/** A tunnel that routes its own outer packets into itself carries nothing. */
function swallowed(input: LayoutInput): Problem[] {
  const ranges = input.members.flatMap((member): Range[] => [
    ...member.routes.map((cidr) => ({ member, cidr, endpoint: false })),
    ...(member.endpointAddress === undefined
      ? []
      : [{ member, cidr: Cidr.containing(member.endpointAddress, member.endpointAddress.bits), endpoint: true }]),
  ]);
  const whole: Range[] = [input.subnet, ...(input.subnet6 === undefined ? [] : [input.subnet6])].map((cidr) => ({
    member: input.members[0]!,
    cidr,
    endpoint: false,
  }));
  return findOverlaps([...ranges, ...whole], (range) => range.cidr)
    .filter(({ outer, inner }) => !outer.endpoint && inner.endpoint)
    .map(({ outer, inner }) => ({
      code: "NL-006",
      path: input.mesh,
      others: [inner.member.origin],
      what: `${outer.cidr} goes through the tunnel, but the endpoint of ${inner.member.name} lies in it, so the tunnel would carry its own outer packets`,
      value: outer.cidr.toString(),
      allowed: `ranges without ${inner.cidr.network}`,
      remedy: "choose another subnet or a narrower route",
    }));
}
