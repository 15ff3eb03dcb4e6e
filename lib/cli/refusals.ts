import type { RuleText } from "../constructs/cilium/rule-texts";

/** Numbered rules that a construct keeps by itself, at once and not on the merged fleet. What they refuse was not made, so it cannot be accepted. */
export const KEPT_BY_CONSTRUCTS: readonly RuleText[] = [
  {
    id: "NL-001",
    severity: "error",
    title: "Nothing is set on the control interface",
    why: "one wrong value there and the machine is out of reach",
    remedy: "the id of another port; control: true only on the port that the machine is managed over",
  },
  {
    id: "NL-005",
    severity: "error",
    title: "No tunnel takes over a default route or the address that a host is managed by",
    why: "the management connection moves into the tunnel, and with it goes the machine",
    remedy: "name the networks that are meant, without those that hosts are managed over",
  },
  {
    id: "NL-006",
    severity: "error",
    title: "Addresses of a mesh belong to one member, and endpoints lie outside of the tunnel",
    why: "wg gives an address to the last peer that claims it, without a word; a tunnel cannot carry itself",
    source: "wg(8), AllowedIPs",
    remedy: "another subnet, or narrower routes of members",
  },
  {
    id: "NL-007",
    severity: "error",
    title: "No endpoint is a control address",
    why: "tunnels would load the network that the machine is managed over",
    remedy: "an address of an experiment port",
  },
  {
    id: "NL-010",
    severity: "error",
    title: "A tunnel's packets fit into the underlay",
    why: "full-sized packets are fragmented or lost",
    source: "Linux drivers/net/wireguard/device.c, wg-quick: 60 bytes of overhead over IPv4, 80 over IPv6",
    remedy: "leave mtu out",
  },
  {
    id: "NL-022",
    severity: "error",
    title: "Traffic classes make a plan that a port can carry out",
    why: "a port has eight classes, a packet one DSCP of six bits, and bandwidth shares make 100 percent",
    source: "IEEE 802.1Q; RFC 2474",
    remedy: "what the message allows",
  },
  {
    id: "NL-051",
    severity: "error",
    title: "QUIC has room for 1,200 bytes",
    why: "clients must pad their first packet to that size, so connections would never start",
    source: "RFC 9000, section 14.1",
    remedy: "a larger MTU",
  },
  {
    id: "NL-053",
    severity: "error",
    title: "Queues of RDMA applications hold what is posted to them",
    why: "a completion queue that overruns takes its queue pairs down with it",
    source: "ibv_create_cq(3); InfiniBand specification 1.4, section 11.2.8",
    remedy: "the sizes that the message computes",
  },
];

/** Ids of what is malformed, unknown or said twice. The message says all there is to know: what, where, what is allowed. */
export const REFUSED_VALUES: readonly (readonly [about: string, ids: readonly string[]])[] = [
  ["sizes, rates, times", ["NL-BITS", "NL-BYTES", "NL-DURATION", "NL-MTU-RANGE", "NL-RATE"]],
  [
    "addresses and networks",
    ["NL-ADDRESS-POOL", "NL-CIDR", "NL-CIDR-HOST", "NL-INTERFACE-ADDRESS", "NL-IP-ADDRESS", "NL-MAC-ADDRESS"],
  ],
  ["catalogues of hardware", ["NL-MACHINE-TYPE", "NL-NIC-MODEL"]],
  [
    "arguments of derivations",
    ["NL-CPU-MASK", "NL-KEEPALIVE", "NL-RANKS", "NL-STREAM-COUNT", "NL-TCP-BUFFER", "NL-TCP-STREAMS"],
  ],
  [
    "hosts and their ports",
    [
      ...["NL-HOST-NAME", "NL-HOST-TWICE", "NL-INTERFACE-NAME", "NL-INTERFACE-TWICE", "NL-INTERFACE-UNKNOWN"],
      ...["NL-KERNEL", "NL-PORT-CHOICE", "NL-FABRIC-TWICE", "NL-FEATURE-TWICE"],
    ],
  ],
  [
    "what features ask of a host",
    [
      ...["NL-CHECK-ARGUMENT", "NL-CONFLICT", "NL-FILE-MODE", "NL-FILE-PATH", "NL-LIMIT", "NL-LINE", "NL-LINK"],
      ...[
        "NL-NFTABLES",
        "NL-NIXOS",
        "NL-NIXOS-FILE",
        "NL-NIXOS-OPTION",
        "NL-NIXOS-PACKAGE",
        "NL-NIXOS-SOURCE",
        "NL-NIXOS-UNIT",
        "NL-NUL",
        "NL-OPEN-PORT",
        "NL-PLAN",
        "NL-PORT-FILE",
      ],
      ...["NL-PRIORITY", "NL-REASON", "NL-ROUTE", "NL-SYSCTL-KEY", "NL-SYSCTL-VALUE", "NL-TEXT"],
      ...["NL-UNIT", "NL-UNIT-NAME", "NL-UNIT-SPECIFIER", "NL-WIREGUARD", "NL-WORD"],
    ],
  ],
  [
    "deployments and stack files",
    [
      ...["NL-ACKNOWLEDGE", "NL-DEPLOYMENT-TWICE", "NL-FILE-NAME", "NL-FILE-TWICE", "NL-LOCK", "NL-LOCK-FILE"],
      ...[
        "NL-MIXED-CDKTF",
        "NL-ROSTER",
        "NL-SHARED-FILE",
        "NL-TARGET",
        "NL-TARGET-TWICE",
        "NL-TOKEN-IN-FILE",
        "NL-WAVE",
      ],
      ...["NL-WINDOW"],
    ],
  ],
  [
    "meshes",
    [
      ...["NL-MESH-ENDPOINT", "NL-MESH-HUB", "NL-MESH-KEY", "NL-MESH-KEY-FILE", "NL-MESH-MEMBER", "NL-MESH-PORT"],
      ...["NL-MESH-STACK", "NL-MESH-SUBNET"],
    ],
  ],
  ["RDMA", ["NL-QOS-MARK", "NL-QOS-NETWORK", "NL-RDMA-ADDRESS", "NL-RDMA-CLASS", "NL-RDMA-QUEUE-PAIRS"]],
  [
    "Cilium clusters and their objects",
    [
      ...["CIDR", "DEVICES", "FEATURE-OFF", "FQDN", "IPV6", "L2-IDLE", "L2-LEASE", "MAGLEV", "MAP-RATIO"],
      ...["NAME", "NAMESPACE", "NODEPORT", "NODES", "OBJECT", "OBJECT-TWICE", "OFF-NETWORK", "PATH", "POD-CIDR"],
      ...["POOL", "POOL-OVERLAP", "POOL-SILENT", "REFERENCE", "SCOPE", "VALUES", "YAML"],
    ].map((name) => `NL-CILIUM-${name}`),
  ],
  [
    "CloudLab profiles, experiments and their life",
    [
      ...["ADDRESS", "BLOCKSTORE", "INSTALL", "LAN", "LAN-SIZE", "LIFECYCLE", "LOGIN", "MEMBER", "NAME", "NIXOS"],
      ...["NODE", "PORTS", "SHAPED-JUMBO", "SITE", "SITES", "STALE", "STARTUP", "SUBNET", "TWICE", "URN", "USER"],
    ].map((name) => `NL-CLOUDLAB-${name}`),
  ],
  [
    "CloudLab requests and manifests",
    [
      "NL-MANIFEST",
      ...["ADDRESS", "ATTRIBUTE", "CAPACITY", "CLIENT-ID", "ELEMENT", "NUMBER", "REFERENCE", "ROOT", "SUBNET"].map(
        (name) => `NL-RSPEC-${name}`,
      ),
      ...["NL-XML-CHARACTER", "NL-XML-NAME", "NL-XML-READ"],
    ],
  ],
  [
    "the command `netloom`",
    ["KEY", "KEYS", "NAME", "OUTPUT", "OVERWRITE", "RULE", "STACK", "USAGE"].map((name) => `NL-CLI-${name}`),
  ],
];
