import { defineProblem, type Problem } from "../../../errors";
import { MachineType } from "../../../hardware";
import { nearMatches } from "../../../hardware/lookup";
import { Rate } from "../../../units";
import type { Findings } from "../lint/findings";
import type { RequestLan, RequestModel, RequestNode } from "./model";
import { checkStorage } from "./check-storage";
import { MACHINE_TYPE } from "../../../hardware/machine-type";

const FREE_PORTS = defineProblem("NL-CLOUDLAB-PORTS", "A node has a port for each of its LANs");
const SHAPED_JUMBO = defineProblem("NL-CLOUDLAB-SHAPED-JUMBO", "A shaped LAN has no jumbo frames");
const STITCHED_LAN = defineProblem("NL-CLOUDLAB-SITES", "A LAN stays within one cluster");
const KILO = 1000;

/** Finds the machine type behind a name, e.g. in the catalogue. */
export type MachineLookup = (hardware: string) => MachineType | undefined;

/** Checks a request against the hardware: types exist, have enough ports for their LANs, and the ports are fast enough. */
export function checkRequest(model: RequestModel, lookup: MachineLookup): Findings {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  const lans = new Map(model.lans.map((lan) => [lan.name, lan]));
  for (const node of model.nodes) {
    const type = lookup(node.hardware);
    if (type === undefined) errors.push(unknownType(node));
    else checkPorts(node, type, lans, errors, warnings);
  }
  const nodes = new Map(model.nodes.map((node) => [node.name, node]));
  for (const lan of model.lans) checkLan(lan, nodes, warnings);
  checkStorage(model, errors);
  return { errors, warnings };
}

function unknownType(node: RequestNode): Problem {
  const near = nearMatches(
    node.hardware,
    MachineType.all().map((type) => type.id),
  );
  return {
    code: MACHINE_TYPE.id,
    what: `node ${node.name} asks for a hardware type that the catalogue does not have`,
    value: node.hardware,
    allowed: "a type of MachineType.all(), or one described in the profile's machineTypes",
    remedy: near.length > 0 ? near.map((id) => JSON.stringify(id)).join(" or ") : undefined,
  };
}

/**
 * Gives every LAN of the node the slowest port that is fast enough, the demanding ones first; LANs that share a port
 * need one together. Ports that are known not to be for experiments do not count.
 */
function checkPorts(
  node: RequestNode,
  type: MachineType,
  lans: ReadonlyMap<string, RequestLan>,
  errors: Problem[],
  warnings: Problem[],
): void {
  const own = node.interfaces.map((port) => lans.get(port.lan)!);
  const shared = own.filter((lan) => lan.sharedPort);
  const needs = own.filter((lan) => !lan.sharedPort).map((lan) => ({ lans: lan.name, bps: wantedBps(lan) }));
  if (shared.length > 0) {
    needs.push({ lans: shared.map((lan) => lan.name).join(", "), bps: Math.max(...shared.map(wantedBps)) });
  }
  const documented = type.nics.flatMap((nic) => Array<number>(nic.experimentPorts).fill(nic.rate.toBps()));
  const physical = type.nics.filter((nic) => nic.role !== "control");
  const conceivable = physical.flatMap((nic) => Array<number>(nic.ports).fill(nic.rate.toBps()));
  const unmet = firstUnmet(needs, documented);
  if (unmet === undefined) return;
  const problem: Problem = {
    code: FREE_PORTS.id,
    what: `${type.id} has not enough fast ports for the LANs of node ${node.name}: none is left for ${unmet.lans}`,
    value: needs.map((need) => `${need.lans}${need.bps > 0 ? ` at ${Rate.bps(need.bps)}` : ""}`),
    allowed: documented.map((bps) => Rate.bps(bps).toString()).join(", ") || "no experiment port is documented",
    remedy: "another hardware type, fewer LANs, or sharedPort: true on LANs that may share a port",
  };
  const sure = physical.every((nic) => nic.roleKnown) || firstUnmet(needs, conceivable) !== undefined;
  (sure ? errors : warnings).push(problem);
}

interface PortNeed {
  readonly lans: string;
  readonly bps: number;
}

function firstUnmet(needs: readonly PortNeed[], ports: readonly number[]): PortNeed | undefined {
  const free = [...ports].sort((left, right) => left - right);
  const demanding = [...needs].sort((left, right) => right.bps - left.bps);
  return demanding.find(({ bps }) => {
    const at = free.findIndex((port) => port >= bps);
    if (at < 0) return true;
    free.splice(at, 1);
    return false;
  });
}

function wantedBps(lan: RequestLan): number {
  return (lan.capacityKbps ?? 0) * KILO;
}

function checkLan(lan: RequestLan, nodes: ReadonlyMap<string, RequestNode>, warnings: Problem[]): void {
  const managers = new Set(lan.members.map((member) => nodes.get(member.node)?.manager));
  managers.delete(undefined);
  if (managers.size > 1) {
    warnings.push({
      code: STITCHED_LAN.id,
      what: `LAN ${lan.name} spans clusters; the portal has to stitch it, without jumbo frames or a common switch`,
      value: [...managers],
      remedy: "one LAN for each cluster, and WireGuard between them",
    });
  }
  if (lan.jumbo && lan.shaped) {
    warnings.push({
      code: SHAPED_JUMBO.id,
      what: `LAN ${lan.name} is shaped and has jumbo frames: the shaping bridge in between must carry 9000 bytes as well, which is not documented`,
      remedy: "leave out shapedTo, or shape on the hosts",
    });
  }
}
