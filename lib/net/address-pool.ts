import { createHash } from "node:crypto";
import { defineProblem, failAll, type Problem } from "../errors";
import type { Cidr } from "./cidr";
import { IpAddress } from "./ip-address";

const ADDRESS_POOL = defineProblem("NL-ADDRESS-POOL", "A network has an address of its own for each of its members");

/** What an address pool starts from. */
export interface AddressPoolProps {
  /** The network that addresses are taken from. */
  readonly network: Cidr;
  /** What earlier runs gave out, from the lock file: name → address. @default - nothing was given out yet */
  readonly recorded?: Readonly<Record<string, string>>;
  /** Addresses that the user chose: name → address. They win over the record. @default - none */
  readonly fixed?: Readonly<Record<string, string>>;
}

/**
 * Gives each name an address that depends on nothing but the name: its hash picks the place in the network, and the
 * record settles collisions for good. Adding, removing or reordering names so never renumbers another one, and an
 * address stays with its name when the name goes away.
 */
export class AddressPool {
  private readonly network: Cidr;
  private readonly assigned = new Map<string, IpAddress>();
  private readonly owners = new Map<bigint, string>();

  /** Throws `NL-ADDRESS-POOL` with every clash among `fixed` and `recorded` at once. */
  constructor(props: AddressPoolProps) {
    this.network = props.network;
    const problems: Problem[] = [];
    for (const [name, text] of sortedEntries(props.fixed)) this.take(name, IpAddress.parse(text), problems);
    for (const [name, text] of sortedEntries(props.recorded)) {
      const address = IpAddress.parse(text);
      // A record from another network is void: the user moved the subnet.
      if (this.assigned.has(name) || !this.network.isUsable(address)) continue;
      const owner = this.owners.get(address.number);
      if (owner !== undefined && props.fixed && Object.hasOwn(props.fixed, owner)) continue;
      this.take(name, address, problems);
    }
    failAll(problems);
  }

  /**
   * The addresses of all the names. New names are placed in name order, so that their order in the program does not
   * matter. Throws `NL-ADDRESS-POOL` when the network is full.
   */
  allocate(names: readonly string[]): Map<string, IpAddress> {
    const fresh = [...new Set(names)].filter((name) => !this.assigned.has(name)).sort();
    const room = this.network.usableCount - BigInt(this.owners.size);
    if (BigInt(fresh.length) > room) {
      failAll([
        {
          code: ADDRESS_POOL.id,
          what: `${this.network} has no room for ${fresh.length} more addresses`,
          value: fresh[Number(room)],
          allowed: `at most ${this.network.usableCount} names, of which ${this.owners.size} hold an address`,
          remedy: "a larger subnet, or take names that are gone for good out of the lock file",
        },
      ]);
    }
    const count = this.network.usableCount;
    const first = this.network.firstUsable.number;
    for (const name of fresh) this.place(name, first, count);
    return new Map(names.map((name) => [name, this.assigned.get(name)!]));
  }

  /** What the lock file has to hold from now on: every name that ever had an address here, sorted. */
  toRecord(): Record<string, string> {
    const entries = [...this.assigned].sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(entries.map(([name, address]) => [name, address.toString()]));
  }

  private place(name: string, first: bigint, count: bigint): void {
    let rank = hashOf(name) % count;
    while (this.owners.has(first + rank)) rank = (rank + 1n) % count;
    const address = this.network.usable(rank);
    this.assigned.set(name, address);
    this.owners.set(address.number, name);
  }

  private take(name: string, address: IpAddress, problems: Problem[]): void {
    const owner = this.owners.get(address.number);
    if (!this.network.isUsable(address)) {
      problems.push({
        code: ADDRESS_POOL.id,
        what: `the address of ${name} is not usable in ${this.network}`,
        value: address.toString(),
        allowed: `${this.network.firstUsable} to ${this.network.lastUsable}`,
      });
    } else if (owner !== undefined) {
      problems.push({
        code: ADDRESS_POOL.id,
        what: `${owner} and ${name} have the same address`,
        value: address.toString(),
        allowed: "one owner for each address",
      });
    } else {
      this.assigned.set(name, address);
      this.owners.set(address.number, name);
    }
  }
}

function sortedEntries(record: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(record ?? {}).sort(([left], [right]) => (left < right ? -1 : 1));
}

function hashOf(name: string): bigint {
  return BigInt(`0x${createHash("sha256").update(name, "utf8").digest("hex").slice(0, 32)}`);
}
