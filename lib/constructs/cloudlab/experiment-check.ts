import { defineProblem, type Problem } from "../../errors";
import type { Manifest } from "./manifest/types";
import { clientId, type RequestModel } from "./request/model";

const STALE_MANIFEST = defineProblem("NL-CLOUDLAB-STALE", "A manifest fits its profile");

/**
 * Compares what came with what the profile asks for now. A difference means that the profile has changed since the
 * experiment was made, or that the manifest is of another experiment.
 */
export function checkAgainstProfile(manifest: Manifest, request: RequestModel): readonly Problem[] {
  const problems: Problem[] = [];
  const differ = (what: string, value?: unknown, allowed?: string) =>
    problems.push({
      code: STALE_MANIFEST.id,
      what: `the manifest does not fit the profile: ${what}`,
      value,
      allowed,
      remedy: "instantiate the changed profile and fetch its manifest, or take the change back",
    });
  const nodes = new Map(manifest.nodes.map((node) => [node.name, node]));
  for (const wanted of request.nodes) {
    const node = nodes.get(wanted.name);
    if (node === undefined) {
      differ(`node ${wanted.name} is missing`);
      continue;
    }
    if (node.hardware !== undefined && node.hardware !== wanted.hardware) {
      differ(`node ${wanted.name} is of another hardware type`, node.hardware, wanted.hardware);
    }
    const addresses = new Set(node.interfaces.flatMap((port) => port.addresses.map(String)));
    for (const port of wanted.interfaces.filter((port) => !addresses.has(port.address.toString()))) {
      differ(`${clientId(port)} has not the address it was to have`, [...addresses], port.address.toString());
    }
  }
  const lans = new Map(manifest.lans.map((lan) => [lan.name, lan]));
  for (const wanted of request.lans) {
    const lan = lans.get(wanted.name);
    if (lan === undefined) differ(`LAN ${wanted.name} is missing`);
    else if (lan.jumbo !== wanted.jumbo) {
      differ(`LAN ${wanted.name} has ${lan.jumbo ? "" : "no "}jumbo frames`, lan.jumbo, String(wanted.jumbo));
    }
  }
  return problems;
}
