import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { NetloomError, type Problem } from "../../../lib/errors";
import { MachineType } from "../../../lib/hardware";
import type { RequestModel } from "../../../lib/constructs/cloudlab/request/model";
import type { CloudLabTopologyProps } from "../../../lib/constructs/cloudlab/request/props";
import { resolveRequest } from "../../../lib/constructs/cloudlab/request/resolve";
import type { CloudLabSite } from "../../../lib/constructs/cloudlab/sites";

export const FIXTURES = join(__dirname, "../../fixtures/cloudlab");
export const SCHEMA = join(FIXTURES, "rspec-schema/request.xsd");

/** The model of a topology, and the problems that were found while making it. */
export function resolved(props: CloudLabTopologyProps): { readonly model: RequestModel; readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const siteOfType = (hardware: string) => MachineType.find(hardware)?.site.toLowerCase() as CloudLabSite | undefined;
  const model = resolveRequest(props, siteOfType, problems);
  return { model, problems };
}

/** The problems that a call throws. Fails when it throws none. */
export function problemsOf(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (error) {
    if (error instanceof NetloomError) return error.problems;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** Validates a request against the official schema, without a network. */
export function xmllint(rspec: string): { readonly status: number | null; readonly stderr: string } {
  const run = spawnSync("xmllint", ["--noout", "--nonet", "--schema", SCHEMA, "-"], { input: rspec, encoding: "utf8" });
  return { status: run.status, stderr: run.stderr };
}

/** Two c220g5 nodes on one jumbo LAN: what most tests start from. */
export const TWO_NODES: CloudLabTopologyProps = {
  nodes: [
    { name: "node0", hardware: "c220g5" },
    { name: "node1", hardware: "c220g5" },
  ],
  lans: [{ name: "lan0", members: ["node0", "node1"], jumbo: true }],
};
