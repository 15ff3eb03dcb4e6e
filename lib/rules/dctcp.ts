import { type ResolvedHost, SegmentMembership, type Setting, sysctlValue } from "../host";
import type { FleetModel, Rule } from "./engine";

const CONGESTION = "net.ipv4.tcp_congestion_control";

interface Member {
  readonly host: ResolvedHost;
  readonly segment: Setting<SegmentMembership>;
  /** Construct that put DCTCP on a route through the port. */
  readonly dctcp?: string;
}

/** Members of each segment, with who set DCTCP there. */
function segments(fleet: FleetModel): ReadonlyMap<string, readonly Member[]> {
  const map = new Map<string, Member[]>();
  for (const host of fleet.hosts) {
    for (const segment of host.facts(SegmentMembership)) {
      const dctcp = host.routes.find(
        ({ value }) => value.interface === segment.key && value.settings.congestion === "dctcp",
      )?.origin;
      const members = map.get(segment.value.segment);
      if (members === undefined) map.set(segment.value.segment, [{ host, segment, dctcp }]);
      else members.push({ host, segment, dctcp });
    }
  }
  return map;
}

/** What a host without DCTCP on the route sends with. */
function othersControl(host: ResolvedHost): string {
  return sysctlValue(host, CONGESTION)?.value ?? "the kernel's default";
}

/** Rules about DCTCP that is set for one segment, not for a whole host. */
export const DCTCP_RULES: readonly Rule[] = [
  {
    id: "NL-027-ROUTE",
    severity: "error",
    title: "DCTCP towards a segment only where its switches mark and all its hosts run it",
    why: "without marks DCTCP never slows down in time; beside BBR or CUBIC in one queue either side starves",
    source: "RFC 8257, section 6",
    *check(fleet) {
      for (const [segment, members] of segments(fleet)) {
        const users = members.filter(({ dctcp }) => dctcp !== undefined);
        if (users.length === 0) continue;
        for (const { dctcp, segment: membership } of users) {
          if (membership.value.marking) continue;
          yield {
            path: dctcp!,
            others: [segment],
            what: "DCTCP on a segment whose switches are not known to mark ECN",
            allowed: "a segment whose every switch marks",
            remedy: "switchesMarkEcn: true on the fabric, if they do; else CUBIC, which suits such a segment",
          };
        }
        for (const { host, dctcp } of members) {
          if (dctcp !== undefined || othersControl(host) === "dctcp") continue;
          yield {
            path: users[0]!.dctcp!,
            others: [host.path, segment],
            what: `${host.name} is on the same segment and sends with ${othersControl(host)}`,
            value: othersControl(host),
            allowed: "DCTCP on every host of the segment",
            remedy: `new Dctcp(host, "Dctcp", …) for ${host.name} too, or for nobody`,
          };
        }
      }
    },
  },
];
