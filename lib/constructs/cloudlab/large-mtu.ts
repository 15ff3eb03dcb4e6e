import type { IConstruct } from "constructs";

const ETHERNET_MTU = 1500;

/** What a fabric shows of itself; see `CloudLabLan` for the LAN. */
interface FabricLike {
  readonly lan?: { readonly name?: string; readonly profile?: unknown };
  readonly mtu?: { readonly value?: number };
}

/**
 * Names of the profile's LANs on which some fabric of the app has an MTU above 1500. Fabrics say so by what they are,
 * with or without hosts, so that the profile is right before there is a single machine.
 */
export function lansWithLargeMtu(profile: IConstruct): ReadonlySet<string> {
  const names = new Set<string>();
  for (const construct of profile.node.root.node.findAll()) {
    const { lan, mtu } = construct as IConstruct & FabricLike;
    if (lan?.profile === profile && lan.name !== undefined && (mtu?.value ?? 0) > ETHERNET_MTU) names.add(lan.name);
  }
  return names;
}
