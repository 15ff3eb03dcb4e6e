import { defineProblem } from "../../../errors";
import { EMULAB_NS, RSPEC2_NS, RSPEC_NS } from "../namespaces";
import type { XmlElement } from "../xml/read";

export const MANIFEST = defineProblem("NL-MANIFEST", "A manifest is whole, and all of one experiment");

/** Whether elements of a manifest come in this namespace; the portal still has experiments with version 2. */
export function isManifestNamespace(namespace: string): boolean {
  return namespace === RSPEC_NS || namespace === RSPEC2_NS;
}

/** Children of a manifest element by local name, whichever version of RSpec they are in. */
export function manifestChildren(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name && isManifestNamespace(child.namespace));
}

/** Emulab extension children by local name. */
export function emulabChildren(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name && child.namespace === EMULAB_NS);
}
