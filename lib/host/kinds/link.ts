import { defineProblem, failAll, type Problem } from "../../errors";
import { defineKind } from "./kind";
import { isWhole, MOST_UINT32 } from "./words";

const BAD_LINK = defineProblem("NL-LINK", "Link settings are known and have values that the kernel takes");

/** What can be set on a network port. Everything that is left out stays as it is. */
export interface LinkSettings {
  /** Largest IP packet in bytes. @default - unchanged */
  readonly mtu?: number;
  /** Receive ring entries, or the hardware's own limit. @default - unchanged */
  readonly rxRing?: number | "max";
  /** Transmit ring entries, or the hardware's own limit. @default - unchanged */
  readonly txRing?: number | "max";
  /** Combined channels (queue pairs). @default - unchanged */
  readonly channels?: number;
  /** Global pause frames in receive direction. @default - unchanged */
  readonly rxPause?: boolean;
  /** Global pause frames in transmit direction. @default - unchanged */
  readonly txPause?: boolean;
  /** Negotiation of pause frames. @default - unchanged */
  readonly autoPause?: boolean;
  /** Large receive offload. @default - unchanged */
  readonly lro?: boolean;
  /** Generic receive offload. @default - unchanged */
  readonly gro?: boolean;
  /** TCP segmentation offload. @default - unchanged */
  readonly tso?: boolean;
  /** Microseconds to wait before a receive interrupt. @default - unchanged */
  readonly rxCoalesceMicros?: number;
  /** Let the driver adapt receive coalescing. @default - unchanged */
  readonly adaptiveRxCoalesce?: boolean;
}

/** One property of one interface, e.g. `mtu` of `exp0`. */
export interface LinkSetting {
  /** Id of the interface. */
  readonly interface: string;
  /** Which of {@link LinkSettings}, e.g. `mtu`. */
  readonly property: string;
  /** In the property's unit; `"max"` for rings of the largest size that the hardware allows. */
  readonly value: number | string | boolean;
}

/** Drivers set these without stopping their queues. */
const WITHOUT_RESET = new Set(["gro", "rxCoalesceMicros", "adaptiveRxCoalesce"]);

export const LINK = defineKind({
  noun: "link property",
  record({ origin, port }, interfaceId: string, link: LinkSettings) {
    port(interfaceId);
    assertLink(origin, interfaceId, link);
    return Object.entries(link)
      .filter(([, value]) => value !== undefined)
      .map(([property, value]): [string, LinkSetting] => [
        `${interfaceId} ${property}`,
        { interface: interfaceId, property, value },
      ]);
  },
  effect: (_, { property }) => (WITHOUT_RESET.has(property) ? "none" : "link reset"),
  show: ({ value }) => value,
  // How the plan sets it and how checks read it back.
  needs: ({ property }) =>
    property === "mtu"
      ? undefined
      : {
          package: { debian: "ethtool", nix: "ethtool" },
          because: "the driver settings of ports are made and read with it",
        },
});

interface NumberRange {
  readonly least: number;
  readonly most: number;
  readonly unit: string;
}

/** Link MTUs go up to what a 16-bit length field holds; rings, channels and times to the fields of ethtool. */
const NUMBERS: Readonly<Record<string, NumberRange>> = {
  mtu: { least: 68, most: 65535, unit: "bytes" },
  rxRing: { least: 1, most: MOST_UINT32, unit: "entries" },
  txRing: { least: 1, most: MOST_UINT32, unit: "entries" },
  channels: { least: 1, most: 65535, unit: "queues" },
  rxCoalesceMicros: { least: 0, most: MOST_UINT32, unit: "µs" },
};

const SWITCHES = new Set(["rxPause", "txPause", "autoPause", "lro", "gro", "tso", "adaptiveRxCoalesce"]);

/** Refuses properties that are none, and values that no driver takes; all of them at once. */
function assertLink(path: string, interfaceId: string, link: LinkSettings): void {
  const problems = Object.entries(link).flatMap(([property, value]): Problem[] => {
    if (value === undefined || isLinkValue(property, value)) return [];
    const range = NUMBERS[property];
    const known = range !== undefined || SWITCHES.has(property);
    return [
      {
        code: BAD_LINK.id,
        path,
        what: known
          ? `${property} of interface ${interfaceId} cannot have this value`
          : `links have no property ${property}`,
        value,
        allowed:
          range !== undefined
            ? `a whole number of ${range.unit} from ${range.least} to ${range.most}${isRing(property) ? `, or "max"` : ""}`
            : known
              ? "true or false"
              : [...Object.keys(NUMBERS), ...SWITCHES].join(", "),
      },
    ];
  });
  failAll(problems);
}

function isRing(property: string): boolean {
  return property === "rxRing" || property === "txRing";
}

function isLinkValue(property: string, value: unknown): boolean {
  if (SWITCHES.has(property)) return typeof value === "boolean";
  if (isRing(property) && value === "max") return true;
  const range = NUMBERS[property];
  return range !== undefined && isWhole(value, range.least, range.most);
}
