import { isIp } from "../net-formats";

/** A rule that the API server evaluates beside the schema, and that we port by hand. */
interface CelRule {
  readonly kind: string;
  /** Path to what the rule looks at; `[]` stands for every item of a list. */
  readonly at: readonly string[];
  readonly holds: (self: Fields) => boolean;
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

const has = (self: Fields, name: string): boolean => self[name] !== undefined && self[name] !== null;
const isIpOrEmpty = (self: Fields): boolean =>
  self["egressIP"] === undefined || self["egressIP"] === "" || isIp(String(self["egressIP"]));

const ADVERTISEMENT = { kind: "CiliumBGPAdvertisement", at: ["spec", "advertisements", "[]"] };
const HOLD_SECONDS = 90;
const KEEPALIVE_SECONDS = 30;

/**
 * The CEL rules of the kinds that users write, cilium.io as of 1.20. The immutability rules of CiliumLocalRedirectPolicy
 * compare with the object in the cluster and are left to the API server. One rule is not CEL but the agent's: an egress
 * gateway takes its address from `egressIP` or from `interface`, not from both.
 */
const RULES: readonly CelRule[] = [
  ...["CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"].map((kind) => ({
    kind,
    at: [],
    holds: (self: Fields) => has(self, "spec") || has(self, "specs"),
    message: "spec or specs must be provided",
  })),
  {
    ...ADVERTISEMENT,
    holds: (self) => self["advertisementType"] !== "Service" || has(self, "service"),
    message: "service field is required for the 'Service' advertisementType",
  },
  {
    ...ADVERTISEMENT,
    holds: (self) => self["advertisementType"] === "Service" || !has(self, "service"),
    message: "service field is not allowed for non-'Service' advertisementType",
  },
  {
    ...ADVERTISEMENT,
    holds: (self) => self["advertisementType"] !== "Interface" || has(self, "interface"),
    message: "interface field is required for the 'Interface' advertisementType",
  },
  {
    ...ADVERTISEMENT,
    holds: (self) => self["advertisementType"] === "Interface" || !has(self, "interface"),
    message: "interface field is not allowed for non-'Interface' advertisementType",
  },
  {
    ...ADVERTISEMENT,
    holds: (self) => self["advertisementType"] !== "PodCIDR" || !has(self, "selector"),
    message: "selector field is not allowed for the 'PodCIDR' advertisementType",
  },
  {
    kind: "CiliumBGPPeerConfig",
    at: ["spec", "timers"],
    holds: (self) =>
      Number(self["keepAliveTimeSeconds"] ?? KEEPALIVE_SECONDS) <= Number(self["holdTimeSeconds"] ?? HOLD_SECONDS),
    message: "keepAliveTimeSeconds can not be larger than holdTimeSeconds",
  },
  ...[
    ["spec", "egressGateway"],
    ["spec", "egressGateways", "[]"],
  ].flatMap((at) => [
    {
      kind: "CiliumEgressGatewayPolicy",
      at,
      holds: isIpOrEmpty,
      message: "egressIP must be a valid IP address",
    },
    {
      kind: "CiliumEgressGatewayPolicy",
      at,
      holds: (self: Fields) => !(Boolean(self["egressIP"]) && Boolean(self["interface"])),
      message: "egressIP and interface exclude each other",
    },
  ]),
];

/** Messages of all rules that the object violates, each with the place. */
export function celViolations(kind: string, object: unknown): readonly string[] {
  return RULES.filter((rule) => rule.kind === kind).flatMap((rule) =>
    subjects(object, rule.at, "").flatMap(([where, self]) =>
      rule.holds(self) ? [] : [`${where === "" ? "" : `${where}: `}${rule.message}`],
    ),
  );
}

function subjects(node: unknown, [name, ...rest]: readonly string[], where: string): [string, Fields][] {
  if (typeof node !== "object" || node === null) return [];
  if (name === undefined) return Array.isArray(node) ? [] : [[where, node as Fields]];
  if (name === "[]") {
    return Array.isArray(node) ? node.flatMap((item, i) => subjects(item, rest, `${where}.${i}`)) : [];
  }
  return subjects((node as Fields)[name], rest, where === "" ? name : `${where}.${name}`);
}
