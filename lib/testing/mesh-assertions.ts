import { TABLES } from "../contract";
import type { ResolvedHost, Setting, WireGuardDevice } from "../host";
import { type Judgement, nearLines, settle } from "./assertion";
import { parsePeerTable, type TablePeer } from "./peer-table";
import { subjectOf } from "./subject";
import type { SynthResult } from "./synth";

/**
 * Assertions about one WireGuard mesh, as its devices and peer tables say it.
 *
 * @param path construct path of the mesh, e.g. `lab/mesh`.
 * @example expectMesh(synthToFiles(stack), "lab/mesh").toConnect("node-0", "node-1");
 */
export function expectMesh(result: SynthResult, path: string): MeshAssertions {
  return new MeshAssertions(path, subjectOf(result, "mesh", path, meshes(result)), false);
}

interface Member {
  readonly host: ResolvedHost;
  readonly device: Setting<WireGuardDevice>;
  /** What it knows of the others. */
  readonly peers: readonly TablePeer[];
}

type Mesh = ReadonlyMap<string, Member>;

function meshes(result: SynthResult): ReadonlyMap<string, Mesh> {
  const all = new Map<string, Map<string, Member>>();
  const tables = new Map<string, readonly TablePeer[]>();
  for (const host of result.hosts.values()) {
    for (const device of host.wireguard) {
      const { mesh, member, table } = device.value;
      if (!tables.has(table)) tables.set(table, parsePeerTable(result.files.get(`${TABLES}${table}`) ?? ""));
      if (!all.has(mesh)) all.set(mesh, new Map());
      all.get(mesh)!.set(member, { host, device, peers: tables.get(table)! });
    }
  }
  return all;
}

/** What can be asserted about a mesh. Every assertion throws an `AssertionError` of `node:assert`. */
export class MeshAssertions {
  private readonly path: string;
  private readonly mesh: Mesh;
  private readonly negated: boolean;

  /** @internal use {@link expectMesh} */
  constructor(path: string, mesh: Mesh, negated: boolean) {
    this.path = path;
    this.mesh = mesh;
    this.negated = negated;
  }

  /** The same assertions, negated. */
  get not(): MeshAssertions {
    return new MeshAssertions(this.path, this.mesh, !this.negated);
  }

  /** Exactly these hosts are managed members, in any order. */
  toHaveMembers(...names: readonly string[]): void {
    const found = [...this.mesh.keys()].sort();
    const wanted = [...names].sort();
    this.settle(this.toHaveMembers, {
      pass: found.join("\n") === wanted.join("\n"),
      claim: "has exactly these members",
      wanted,
      found,
    });
  }

  /** The MTU inside the tunnels of every member. */
  toHaveMtu(mtu: number): void {
    const found = Object.fromEntries([...this.mesh].map(([name, { device }]) => [name, device.value.mtu]));
    this.settle(this.toHaveMtu, {
      pass: Object.values(found).every((value) => value === mtu),
      claim: "has one MTU",
      wanted: mtu,
      found,
    });
  }

  /** A member has an address inside the mesh, with or without prefix length. */
  toGiveAddress(member: string, address: string): void {
    const own = this.mesh.get(member)?.device.value.addresses;
    this.settle(this.toGiveAddress, {
      pass: own?.some((cidr) => cidr === address || cidr.split("/")[0] === address) ?? false,
      claim: `gives ${member} an address`,
      wanted: address,
      found: own,
      near: own === undefined ? this.near(member) : [],
    });
  }

  /** Both know each other as peers, so that there is a tunnel between them. */
  toConnect(one: string, other: string): void {
    const knows = (from: string, to: string) => this.peersOf(from)?.some((peer) => peer.member === to) ?? false;
    this.settle(this.toConnect, {
      pass: knows(one, other) && knows(other, one),
      claim: `connects ${one} and ${other}`,
      found: Object.fromEntries([one, other].map((name) => [name, this.peersOf(name)?.map((peer) => peer.member)])),
      near: [one, other].filter((name) => !this.mesh.has(name)).flatMap((name) => this.near(name)),
    });
  }

  /** What `member` sends to `range` goes through the tunnel to `through`. */
  toRoute(member: string, range: string, through: string): void {
    const carrier = this.peersOf(member)?.find((peer) => peer.allowedIps.includes(range));
    this.settle(this.toRoute, {
      pass: carrier?.member === through,
      claim: `lets ${member} reach ${range} through a peer`,
      wanted: through,
      found: carrier?.member ?? this.peersOf(member)?.map((peer) => `${peer.member}: ${peer.allowedIps.join(", ")}`),
      near: this.mesh.has(member) ? [] : this.near(member),
    });
  }

  /** A member keeps its mappings open towards the peers that it calls; `seconds` where given. */
  toKeepAlive(member: string, seconds?: number): void {
    const called = this.peersOf(member)?.filter((peer) => peer.endpoint !== undefined) ?? [];
    this.settle(this.toKeepAlive, {
      pass:
        called.length > 0 &&
        called.every((p) => (seconds === undefined ? p.keepalive !== undefined : p.keepalive === seconds)),
      claim: `lets ${member} send keepalives`,
      wanted: seconds,
      found: Object.fromEntries(called.map((peer) => [peer.member, peer.keepalive ?? "off"])),
      near: this.mesh.has(member) ? [] : this.near(member),
    });
  }

  /** The kernel ignores the entry with a device's own key, so it is none of its peers. */
  private peersOf(member: string): readonly TablePeer[] | undefined {
    return this.mesh.get(member)?.peers.filter((peer) => peer.member !== member);
  }

  private near(member: string): readonly string[] {
    return nearLines(member, [...this.mesh.keys()], String, (name) => `member ${name}`);
  }

  private settle(caller: (...args: never[]) => void, judgement: Judgement): void {
    settle(`mesh ${this.path}`, judgement, this.negated, caller);
  }
}
