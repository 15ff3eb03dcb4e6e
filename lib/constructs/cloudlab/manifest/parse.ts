import { failAll, type Problem } from "../../../errors";
import { RSPEC_NS } from "../namespaces";
import { readXml } from "../xml/read";
import { isManifestNamespace, manifestChildren } from "./elements";
import { parseLink } from "./parse-link";
import { isAllocated, parseNode } from "./parse-node";
import type { ManifestLan, ManifestNode } from "./types";
import { MANIFEST } from "./elements";

/** One manifest as it stands in one document. Nodes that another site holds are in `elsewhere`. */
export interface ManifestDocument {
  readonly source: string;
  readonly nodes: readonly ManifestNode[];
  readonly elsewhere: readonly string[];
  readonly lans: readonly ManifestLan[];
}

/**
 * Reads one manifest document. The portal shows manifests with `type="request"` as often as with `type="manifest"`,
 * so what makes a manifest is that nodes have been allocated, not what the root says.
 * Throws `NL-XML-READ` when it is no XML and `NL-MANIFEST` with everything that is wrong otherwise.
 */
export function parseManifestDocument(text: string, source: string): ManifestDocument {
  const root = readXml(text, source);
  const problems: Problem[] = [];
  if (root.name !== "rspec" || !isManifestNamespace(root.namespace)) {
    failAll([
      {
        code: MANIFEST.id,
        what: `${source} is no RSpec`,
        value: `<${root.name} xmlns="${root.namespace}">`,
        allowed: `<rspec xmlns="${RSPEC_NS}" type="manifest">`,
        remedy: "download it from the Manifest tab of the experiment, or let the portal client fetch it",
      },
    ]);
  }
  const elements = manifestChildren(root, "node");
  const allocated = elements.filter(isAllocated);
  if (elements.length > 0 && allocated.length === 0) {
    problems.push({
      code: MANIFEST.id,
      what: `${source} has no allocated node: it is the request, not the manifest`,
      allowed: "nodes with component_id and sliver_id, as in the Manifest tab of a running experiment",
    });
  }
  const nodes = allocated.map((element) => parseNode(element, source, problems));
  const links = manifestChildren(root, "link").map((element) => parseLink(element, source, problems));
  failAll(problems);
  const elsewhere = elements
    .filter((element) => !isAllocated(element))
    .map((element) => element.attributes["client_id"] ?? "");
  return { source, nodes, elsewhere, lans: links };
}
