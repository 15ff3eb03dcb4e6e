import { fail } from "../../errors";
import type { Cidr } from "../../net";
import type { Rate } from "../../units";
import type { Manifest, ManifestLan } from "./manifest/types";
import type { CloudLabProfile } from "./profile";
import { CLOUDLAB_JUMBO_MTU } from "./request/check";

const ETHERNET_MTU = 1500;

/** A LAN of an experiment, to hand to a fabric. */
export interface CloudLabLan {
  /** `client_id` of the link. */
  readonly name: string;
  /**
   * What is known about jumbo frames: `stated` when the manifest shows them, `refused` when the manifest does not,
   * `unknown` as long as there is only a profile.
   */
  readonly jumbo: "stated" | "refused" | "unknown";
  /** Rate that was asked for the ports. @default - whatever the ports have */
  readonly speed?: Rate;
  /** Subnet of the members. @default - none of them has an address */
  readonly subnet?: Cidr;
  /** Names of the member nodes. */
  readonly members: readonly string[];
  /**
   * Says that hosts on the LAN are going to use this MTU. Above 1500 the profile asks for jumbo frames from then on;
   * throws `NL-011` when the LAN that came cannot carry it, or when no CloudLab LAN could.
   */
  requireMtu(mtu: number): void;
}

/** The LAN of a profile that has not been instantiated. */
export function plannedLan(profile: CloudLabProfile, name: string): CloudLabLan {
  const lan = profile.request().lans.find((entry) => entry.name === name) ?? unknownLan(name, profile.lanNames);
  return {
    name,
    jumbo: "unknown",
    subnet: lan.members[0]?.address.network,
    members: lan.members.map((member) => member.node),
    requireMtu(mtu) {
      refuseAbove9000(name, mtu);
      if (mtu > ETHERNET_MTU) profile.requestJumboFrames(name);
    },
  };
}

/** The LAN that came, with the profile it was made from where there is one. */
export function allocatedLan(manifest: Manifest, name: string, profile: CloudLabProfile | undefined): CloudLabLan {
  const lan =
    manifest.lans.find((entry) => entry.name === name) ??
    unknownLan(
      name,
      manifest.lans.map((entry) => entry.name),
    );
  const ports = manifest.nodes.flatMap((node) => node.interfaces.map((port) => ({ node: node.name, port })));
  const clientIds = new Set(lan.members);
  const members = ports.filter(({ port }) => clientIds.has(port.clientId));
  return {
    name,
    jumbo: lan.jumbo ? "stated" : "refused",
    speed: lan.capacity,
    subnet: members.flatMap(({ port }) => port.addresses)[0]?.network,
    members: members.map(({ node }) => node),
    requireMtu(mtu) {
      refuseAbove9000(name, mtu);
      if (mtu <= ETHERNET_MTU) return;
      profile?.requestJumboFrames(name);
      if (!lan.jumbo) refuseJumbo(lan, mtu, profile);
    },
  };
}

function refuseAbove9000(name: string, mtu: number): void {
  if (mtu <= CLOUDLAB_JUMBO_MTU) return;
  fail({
    code: "NL-011",
    what: `LAN ${name} cannot carry this MTU: CloudLab's switches are set for ${CLOUDLAB_JUMBO_MTU}, more is dropped without a word`,
    value: mtu,
    allowed: `at most ${CLOUDLAB_JUMBO_MTU}, whatever the card could do`,
    remedy: `mtu: ${CLOUDLAB_JUMBO_MTU}`,
  });
}

function refuseJumbo(lan: ManifestLan, mtu: number, profile: CloudLabProfile | undefined): never {
  fail({
    code: "NL-011",
    what: `LAN ${lan.name} was made without jumbo frames: larger packets would vanish while small ones pass`,
    value: mtu,
    allowed: String(ETHERNET_MTU),
    remedy:
      profile === undefined
        ? "ask for jumbo frames in the profile (jumbo: true) and instantiate it again"
        : "the profile asks for them from this run on: instantiate it again and fetch the new manifest",
  });
}

function unknownLan(name: string, known: readonly string[]): never {
  return fail({
    code: "NL-CLOUDLAB-LAN",
    what: "the experiment has no such LAN",
    value: name,
    allowed: known.join(", ") || "it has no LANs",
  });
}
