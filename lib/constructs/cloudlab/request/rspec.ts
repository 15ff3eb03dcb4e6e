import { EMULAB_NS, RSPEC_NS, XSI_NS } from "../namespaces";
import { element, writeXml, type XmlNode } from "../xml/write";
import {
  clientId,
  netmask,
  type RequestInterface,
  type RequestLan,
  type RequestModel,
  type RequestNode,
} from "./model";
import type { CloudLabBlockstore } from "./props";

/**
 * The request as GENI RSpec version 3 with Emulab extension elements. Elements come in the order in which geni-lib
 * writes them, so that the output of the profile script can be compared with it.
 */
export function writeRequestRspec(model: RequestModel): string {
  return writeXml(
    element(
      "rspec",
      {
        xmlns: RSPEC_NS,
        "xmlns:emulab": EMULAB_NS,
        "xmlns:xsi": XSI_NS,
        "xsi:schemaLocation": `${RSPEC_NS} ${RSPEC_NS}/request.xsd`,
        type: "request",
      },
      [...model.nodes.map(nodeElement), ...model.lans.map(linkElement)],
    ),
  );
}

function nodeElement(node: RequestNode): XmlNode {
  const services = [
    ...node.install.map(({ url, path }) => element("install", { url, install_path: path })),
    ...node.startup.map((command) => element("execute", { shell: "sh", command })),
  ];
  return element(
    "node",
    {
      client_id: node.name,
      exclusive: "true",
      component_id: node.component,
      component_manager_id: node.manager,
    },
    [
      element("sliver_type", { name: "raw-pc" }, [element("disk_image", { name: node.image })]),
      element("hardware_type", { name: node.hardware }),
      ...node.interfaces.map(interfaceElement),
      ...(services.length > 0 ? [element("services", {}, services)] : []),
      ...(node.publicAddress ? [element("emulab:routable_control_ip")] : []),
      ...node.blockstores.map(blockstoreElement),
      ...(node.tolerateBootFailure ? [element("emulab:failure_action", { action: "nonfatal" })] : []),
    ],
  );
}

function interfaceElement(port: RequestInterface): XmlNode {
  const { address, prefixLength } = port.address;
  return element("interface", { client_id: clientId(port) }, [
    element("ip", { address: address.toString(), netmask: netmask(prefixLength), type: "ipv4" }),
  ]);
}

function blockstoreElement(store: CloudLabBlockstore): XmlNode {
  return element("emulab:blockstore", {
    name: store.name,
    mountpoint: store.mountpoint,
    class: "local",
    size: store.gigabytes === undefined ? undefined : `${store.gigabytes}GB`,
    placement: store.placement ?? "any",
    dataset: store.dataset,
  });
}

function linkElement(lan: RequestLan): XmlNode {
  const enabled = (name: string, value = "true") => element(`emulab:${name}`, { enabled: value });
  return element("link", { client_id: lan.name }, [
    ...lan.members.map((member) => element("interface_ref", { client_id: clientId(member) })),
    element("link_type", { name: "lan" }),
    enabled("vlan_tagging", String(lan.sharedPort)),
    // Best effort means: no bandwidth is set aside and no delay node is put in between.
    ...(lan.shaped ? [] : [enabled("best_effort")]),
    ...(lan.sharedPort ? [enabled("link_multiplexing")] : []),
    // A rate alone can bring a shaper: this keeps it out whatever the mapper finds necessary.
    ...(lan.capacityKbps === undefined || lan.shaped ? [] : [enabled("force_nobwshaping")]),
    ...(lan.jumbo ? [enabled("jumboframes")] : []),
    ...(lan.sameSwitch ? [element("emulab:interswitch", { allow: "false" })] : []),
    ...(lan.capacityKbps === undefined ? [] : lan.members.map((member) => capacity(member, lan))),
  ]);
}

function capacity(member: RequestInterface, lan: RequestLan): XmlNode {
  return element("property", {
    source_id: clientId(member),
    dest_id: lan.name,
    capacity: String(lan.capacityKbps),
  });
}
