import { failAll, type Problem } from "../../../errors";
import type { ManifestDocument } from "./parse";
import type { Manifest, ManifestLan, ManifestNode } from "./types";
import { MANIFEST } from "./elements";

/**
 * Puts the manifests of several sites together. Each site hands out its own, in which the nodes of the others are
 * listed without hardware; a LAN may appear in several. Throws `NL-MANIFEST` when two disagree.
 */
export function mergeManifests(documents: readonly ManifestDocument[]): Manifest {
  const problems: Problem[] = [];
  const nodes = new Map<string, ManifestNode>();
  const origin = new Map<string, string>();
  for (const { source, nodes: found } of documents) {
    for (const node of found) {
      const other = nodes.get(node.name);
      if (other !== undefined && other.component !== node.component) {
        problems.push({
          code: MANIFEST.id,
          what: `${origin.get(node.name)} and ${source} give node ${node.name} to different machines; they are of different experiments`,
          value: [other.component, node.component],
        });
      } else if (other !== undefined && origin.get(node.name) === source) {
        problems.push({ code: MANIFEST.id, what: `${source} lists node ${node.name} twice`, value: node.name });
      }
      nodes.set(node.name, node);
      origin.set(node.name, source);
    }
  }
  const lans = mergeLans(documents);
  checkUnique([...nodes.values()], problems);
  failAll(problems);
  return { nodes: [...nodes.values()], lans, notes: notesOn(documents, nodes, lans) };
}

function mergeLans(documents: readonly ManifestDocument[]): readonly ManifestLan[] {
  const lans = new Map<string, ManifestLan>();
  for (const lan of documents.flatMap((document) => document.lans)) {
    const other = lans.get(lan.name);
    lans.set(lan.name, other === undefined ? lan : combine(other, lan));
  }
  return [...lans.values()];
}

function combine(left: ManifestLan, right: ManifestLan): ManifestLan {
  return {
    name: left.name,
    members: [...new Set([...left.members, ...right.members])],
    // Only what every site confirms can be relied on from end to end.
    jumbo: left.jumbo && right.jumbo,
    vlan: left.vlan ?? right.vlan,
    tagged: left.tagged || right.tagged,
    capacity: left.capacity ?? right.capacity,
    shaped: left.shaped || right.shaped,
  };
}

/** Two ports with one MAC, or one address twice, would make every later step hit the wrong machine. */
function checkUnique(nodes: readonly ManifestNode[], problems: Problem[]): void {
  const owners = new Map<string, string>();
  const claim = (kind: string, value: string, owner: string) => {
    const other = owners.get(`${kind} ${value}`);
    if (other !== undefined) {
      problems.push({ code: MANIFEST.id, what: `${other} and ${owner} have the same ${kind}`, value });
    }
    owners.set(`${kind} ${value}`, owner);
  };
  for (const node of nodes) {
    for (const port of node.interfaces) {
      const owner = port.clientId === "" ? node.name : port.clientId;
      if (port.clientId !== "") claim("client_id", port.clientId, node.name);
      if (port.mac !== undefined) claim("MAC address", port.mac.toString(), owner);
      for (const { address } of port.addresses) claim("address", address.toString(), owner);
    }
  }
}

function notesOn(
  documents: readonly ManifestDocument[],
  nodes: ReadonlyMap<string, ManifestNode>,
  lans: readonly ManifestLan[],
): readonly string[] {
  const missing = [...new Set(documents.flatMap(({ elsewhere }) => elsewhere))].filter((name) => !nodes.has(name));
  const ports = new Set([...nodes.values()].flatMap((node) => node.interfaces.map((port) => port.clientId)));
  const isKnown = (member: string) => ports.has(member) || missing.includes(member.split(":")[0]!);
  const dangling = lans.flatMap((lan) =>
    lan.members.filter((member) => !isKnown(member)).map((member) => `${lan.name}: ${member}`),
  );
  return [
    ...missing.map((name) => `node ${name} has no hardware in these manifests; add the manifest of its site`),
    ...dangling.map((text) => `a LAN names an interface that no manifest here describes (${text})`),
  ];
}
