import { defineProblem } from "../../errors";

const URN_KIND = defineProblem("NL-CLOUDLAB-URN", "A URN is of the kind that is wanted");

/**
 * Clusters that take requests from the CloudLab portal, by the name in the manual, and the authority in their URNs.
 * Source: CloudLab manual, "Hardware"; authorities as in public profiles and manifests.
 */
export const CLOUDLAB_SITES = {
  /** CloudLab at the University of Wisconsin. */
  wisconsin: "wisc.cloudlab.us",
  /** CloudLab at the University of Utah. */
  utah: "utah.cloudlab.us",
  /** CloudLab at Clemson University. */
  clemson: "clemson.cloudlab.us",
  /** Emulab, the older testbed at the University of Utah. */
  emulab: "emulab.net",
  /** Apt, a cluster at the University of Utah. */
  apt: "apt.emulab.net",
} as const;

/** Name of a CloudLab cluster. */
export type CloudLabSite = keyof typeof CLOUDLAB_SITES;

/** The image that CloudLab keeps for Ubuntu 22.04 on every cluster; the default, since it needs no reinstall. */
export const UBUNTU_22_IMAGE = "urn:publicid:IDN+emulab.net+image+emulab-ops//UBUNTU22-64-STD";
/** The image that CloudLab keeps for Ubuntu 24.04. */
export const UBUNTU_24_IMAGE = "urn:publicid:IDN+emulab.net+image+emulab-ops//UBUNTU24-64-STD";

const URN = /^urn:publicid:IDN\+([A-Za-z0-9.:_-]+)\+([a-z]+)\+([A-Za-z0-9.:_/-]+)$/;

/** The parts of a GENI URN. */
export interface Urn {
  /** Authority, e.g. `wisc.cloudlab.us`. */
  readonly authority: string;
  /** Kind, e.g. `node`, `image`, `authority`. */
  readonly type: string;
  /** Name, e.g. `c220g5-110521`. */
  readonly name: string;
}

/** Takes a GENI URN apart; `undefined` when it is none. */
export function parseUrn(text: string | undefined): Urn | undefined {
  const match = text === undefined ? null : URN.exec(text);
  return match ? { authority: match[1]!, type: match[2]!, name: match[3]! } : undefined;
}

/** Checks that `text` is a URN of the given kind and returns it. Throws `NL-CLOUDLAB-URN`. */
export function requireUrn(text: string, type: string, remedy: string): string {
  if (parseUrn(text)?.type !== type) {
    throw URN_KIND({ what: `not a URN of a CloudLab ${type}`, value: text, remedy });
  }
  return text;
}

/** URN of the component manager of a site. */
export function managerUrn(site: CloudLabSite): string {
  return `urn:publicid:IDN+${CLOUDLAB_SITES[site]}+authority+cm`;
}

/** The site that an authority belongs to, `undefined` for clusters that are not in the list. */
export function siteOf(authority: string | undefined): CloudLabSite | undefined {
  const sites = Object.keys(CLOUDLAB_SITES) as CloudLabSite[];
  return sites.find((site) => CLOUDLAB_SITES[site] === authority);
}
