import { defineProblem } from "../../errors";
import type { Cidr } from "../../net";
import type { Rate } from "../../units";
import type { ILan } from "../fabric";
import type { Manifest } from "./manifest/types";
import type { CloudLabProfile } from "./profile";

const NO_SUCH_LAN = defineProblem("NL-CLOUDLAB-LAN", "A LAN that is asked for is in the experiment");

/** A LAN of an experiment, to hand to a fabric. */
export interface CloudLabLan extends ILan {
  /** `client_id` of the link. */
  readonly name: string;
  /** Whether the manifest shows jumbo frames. Not known as long as there is only a profile. */
  readonly jumbo?: boolean;
  /** Rate that was asked for the ports. @default - whatever the ports have */
  readonly speed?: Rate;
  /** Subnet of the members. @default - none of them has an address */
  readonly subnet?: Cidr;
  /** Names of the member nodes, as in the profile. */
  readonly members: readonly string[];
  /** The profile that asks for the LAN. @default - somebody else's */
  readonly profile?: CloudLabProfile;
}

/** The LAN of a profile that has not been instantiated. */
export function plannedLan(profile: CloudLabProfile, name: string): CloudLabLan {
  const lans = profile.request().lans;
  const lan = lans.find((entry) => entry.name === name) ?? unknownLan(name, lans);
  return {
    name,
    subnet: lan.members[0]?.address.network,
    members: lan.members.map((member) => member.node),
    profile,
  };
}

/** The LAN that came, with the profile it was made from where there is one. */
export function allocatedLan(manifest: Manifest, name: string, profile: CloudLabProfile | undefined): CloudLabLan {
  const lan = manifest.lans.find((entry) => entry.name === name) ?? unknownLan(name, manifest.lans);
  const clientIds = new Set(lan.members);
  const members = manifest.nodes.flatMap((node) =>
    node.interfaces.filter((port) => clientIds.has(port.clientId)).map((port) => ({ node: node.name, port })),
  );
  return {
    name,
    jumbo: lan.jumbo,
    speed: lan.capacity,
    subnet: members.flatMap(({ port }) => port.addresses)[0]?.network,
    members: members.map(({ node }) => node),
    profile,
  };
}

function unknownLan(name: string, known: readonly { readonly name: string }[]): never {
  throw NO_SUCH_LAN({
    what: "the experiment has no such LAN",
    value: name,
    allowed: known.map((lan) => lan.name).join(", ") || "it has no LANs",
  });
}
