import { defineProblem, type Problem } from "../../../errors";
import { EMULAB_NS, RSPEC_NS } from "../namespaces";
import type { XmlElement } from "../xml/read";

const RSPEC_CLIENT_ID = defineProblem("NL-RSPEC-CLIENT-ID", "A client_id is used once");
const RSPEC_REFERENCE = defineProblem("NL-RSPEC-REFERENCE", "References lead somewhere, and are used once");

/** Children with the given name in the RSpec namespace. */
export function childrenNamed(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name && child.namespace === RSPEC_NS);
}

/** Whether an Emulab switch such as `<emulab:jumboframes enabled="true"/>` is on in a link. */
export function isEnabled(link: XmlElement, name: string): boolean {
  return link.children.some(
    (child) => child.name === name && child.namespace === EMULAB_NS && child.attributes["enabled"] === "true",
  );
}

/** Client ids are unique, and every reference names something that exists and belongs to the link. */
export function checkReferences(root: XmlElement, errors: Problem[]): void {
  const owners = new Map<string, XmlElement>();
  const claim = (element: XmlElement): void => {
    const id = element.attributes["client_id"];
    if (id === undefined) return;
    const other = owners.get(id);
    if (other === undefined) owners.set(id, element);
    else {
      errors.push({
        code: RSPEC_CLIENT_ID.id,
        what: `lines ${other.line} and ${element.line} use one client_id for two things`,
        value: id,
        allowed: "a client_id of its own for every node, link and interface",
      });
    }
  };
  for (const node of childrenNamed(root, "node")) {
    claim(node);
    for (const port of childrenNamed(node, "interface")) claim(port);
  }
  for (const link of childrenNamed(root, "link")) claim(link);

  const linkOfPort = new Map<string, XmlElement>();
  for (const link of childrenNamed(root, "link")) checkLink(link, owners, linkOfPort, errors);
}

function checkLink(
  link: XmlElement,
  owners: ReadonlyMap<string, XmlElement>,
  linkOfPort: Map<string, XmlElement>,
  errors: Problem[],
): void {
  const name = link.attributes["client_id"] ?? `of line ${link.line}`;
  const members = childrenNamed(link, "interface_ref");
  const ids = new Set(members.map((member) => member.attributes["client_id"]));
  for (const member of members) {
    const id = member.attributes["client_id"];
    if (id === undefined) continue;
    if (owners.get(id)?.name !== "interface") {
      errors.push(dangling(member, `link ${name} has a member that is no interface of a node`, id));
    }
    const other = linkOfPort.get(id);
    if (other !== undefined) {
      errors.push({
        code: RSPEC_REFERENCE.id,
        what: `lines ${other.line} and ${link.line}: two links use one interface; each needs an interface of its own`,
        value: id,
      });
    }
    linkOfPort.set(id, link);
  }
  for (const property of childrenNamed(link, "property")) {
    for (const attribute of ["source_id", "dest_id"]) {
      const id = property.attributes[attribute];
      if (id === undefined || ids.has(id) || id === link.attributes["client_id"]) continue;
      errors.push(dangling(property, `the ${attribute} of a property of link ${name} is no member of the link`, id));
    }
  }
}

function dangling(element: XmlElement, what: string, id: string): Problem {
  return { code: RSPEC_REFERENCE.id, what: `line ${element.line}: ${what}`, value: id };
}
