import { clientId, netmask, type RequestLan, type RequestModel, type RequestNode } from "./model";
import { pythonDocstring, pythonLiteral, type PythonValue } from "./python";

/** What the portal shows about the profile. */
export interface ProfileTexts {
  /** First paragraph on the portal's page, Markdown. */
  readonly description: string;
  /** Shown once the experiment runs, Markdown. */
  readonly instructions: string;
}

/**
 * The request as a geni-lib profile for Python 3. Run without parameters it prints the same topology as
 * `writeRequestRspec`; on the portal the number of nodes can be lowered, and the hardware type and the image be
 * changed where all nodes share one.
 */
export function writeProfileScript(model: RequestModel, texts: ProfileTexts): string {
  const shared = {
    hardware: sharedValue(model.nodes.map((node) => node.hardware)),
    image: sharedValue(model.nodes.map((node) => node.image)),
  };
  return [
    `"""${pythonDocstring(texts.description)}`,
    "",
    "Instructions:",
    `${pythonDocstring(texts.instructions)}`,
    '"""',
    "",
    "import geni.portal as portal",
    "import geni.rspec.pg as pg",
    "import geni.rspec.emulab  # registers blockstores, jumbo frames, same-switch placement, no shaping",
    "",
    ...table("NODES", model.nodes.map(nodeRow)),
    "",
    ...table("LANS", model.lans.map(lanRow)),
    "",
    "pc = portal.Context()",
    ...countParameter(model.nodes.length),
    ...sharedParameter("hardwareType", "Hardware type of every node", "NODETYPE", shared.hardware),
    ...sharedParameter("image", "Disk image of every node", "IMAGE", shared.image),
    "params = pc.bindParameters()",
    "if not 1 <= params.nodeCount <= len(NODES):",
    '    pc.reportError(portal.ParameterError("nodeCount must be 1 to %d" % len(NODES), ["nodeCount"]))',
    "pc.verifyParameters()",
    "",
    "request = pc.makeRequestRSpec()",
    "interfaces = {}",
    "",
    "for row in NODES[: params.nodeCount]:",
    '    node = request.RawPC(row["name"])',
    `    node.hardware_type = ${shared.hardware === undefined ? 'row["hardware"]' : "params.hardwareType"}`,
    `    node.disk_image = ${shared.image === undefined ? 'row["image"]' : "params.image"}`,
    ...NODE_BODY,
    "",
    "for row in LANS:",
    ...LAN_BODY,
    "",
    "pc.printRequestRSpec(request)",
    "",
  ].join("\n");
}

const NODE_BODY = [
  '    if row["manager"]:',
  '        node.component_manager_id = row["manager"]',
  '    if row["component"]:',
  '        node.component_id = row["component"]',
  '    for port in row["ports"]:',
  '        interface = node.addInterface(port["role"])',
  '        interface.addAddress(pg.IPv4Address(port["address"], port["netmask"]))',
  "        interfaces[interface.client_id] = interface",
  '    for url, path in row["install"]:',
  "        node.addService(pg.Install(url, path))",
  '    for command in row["startup"]:',
  '        node.addService(pg.Execute("sh", command))',
  '    node.routable_control_ip = row["publicAddress"]',
  '    for entry in row["blockstores"]:',
  '        store = node.Blockstore(entry["name"], entry["mountpoint"])',
  '        store.placement = entry["placement"]',
  '        if entry["size"]:',
  '            store.size = entry["size"]',
  '        if entry["dataset"]:',
  '            store.dataset = entry["dataset"]',
  '    if row["tolerateBootFailure"]:',
  '        node.setFailureAction("nonfatal")',
];

const LAN_BODY = [
  '    members = [interfaces[name] for name in row["members"] if name in interfaces]',
  "    if len(members) < 2:",
  "        continue",
  '    lan = request.LAN(row["name"])',
  "    for interface in members:",
  "        lan.addInterface(interface)",
  '    lan.vlan_tagging = row["sharedPort"]',
  '    lan.link_multiplexing = row["sharedPort"]',
  '    lan.best_effort = not row["shaped"]',
  '    if row["capacityKbps"] and not row["shaped"]:',
  "        lan.setNoBandwidthShaping()",
  '    if row["jumbo"]:',
  "        lan.setJumboFrames()",
  '    if row["sameSwitch"]:',
  "        lan.setNoInterSwitchLinks()",
  '    if row["capacityKbps"]:',
  '        lan.bandwidth = row["capacityKbps"]',
];

function nodeRow(node: RequestNode): PythonValue {
  return {
    name: node.name,
    hardware: node.hardware,
    image: node.image,
    manager: node.manager,
    component: node.component,
    ports: node.interfaces.map(({ role, address }) => ({
      role,
      address: address.address.toString(),
      netmask: netmask(address.prefixLength),
    })),
    install: node.install.map(({ url, path }) => [url, path]),
    startup: node.startup,
    publicAddress: node.publicAddress,
    blockstores: node.blockstores.map((store) => ({
      name: store.name,
      mountpoint: store.mountpoint,
      placement: store.placement ?? "any",
      size: store.gigabytes === undefined ? undefined : `${store.gigabytes}GB`,
      dataset: store.dataset,
    })),
    tolerateBootFailure: node.tolerateBootFailure,
  };
}

function lanRow(lan: RequestLan): PythonValue {
  return {
    name: lan.name,
    members: lan.members.map(clientId),
    jumbo: lan.jumbo,
    sameSwitch: lan.sameSwitch,
    capacityKbps: lan.capacityKbps,
    shaped: lan.shaped,
    sharedPort: lan.sharedPort,
  };
}

/** A list of dictionaries, one key a line. */
function table(name: string, rows: readonly PythonValue[]): readonly string[] {
  const lines = rows.flatMap((row) => [
    "    {",
    ...Object.entries(row as Readonly<Record<string, PythonValue>>).map(
      ([key, value]) => `        ${pythonLiteral(key)}: ${pythonLiteral(value)},`,
    ),
    "    },",
  ]);
  return [`${name} = [`, ...lines, "]"];
}

function countParameter(count: number): readonly string[] {
  const description = pythonLiteral("Number of nodes, counted from the first");
  return [`pc.defineParameter("nodeCount", ${description}, portal.ParameterType.INTEGER, ${count})`];
}

function sharedParameter(name: string, description: string, type: string, value: string | undefined): string[] {
  if (value === undefined) return [];
  return [
    "pc.defineParameter(",
    `    ${pythonLiteral(name)}, ${pythonLiteral(description)}, portal.ParameterType.${type}, ${pythonLiteral(value)}`,
    ")",
  ];
}

/** The value that all have in common; `undefined` when they differ or there are none. */
function sharedValue(values: readonly string[]): string | undefined {
  const [first, ...others] = values;
  return others.every((value) => value === first) ? first : undefined;
}
