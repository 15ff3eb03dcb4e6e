import { rmSync } from "node:fs";
import * as netloom from "netloom";
import { fleet, type FleetSpec } from "../fleet";
import { measured, type Sample } from "../measure";

/** Builds and synthesizes a fleet, as `node main.js` of a user's project does after its imports. */
export function synth(spec: FleetSpec, fresh: boolean): Sample {
  // Rooms load on first use; what loading costs is the start-up line's to say.
  void [netloom.Host, netloom.WireGuardMesh, spec.features === "rdma" && netloom.RdmaNode];
  if (fresh) for (const path of ["cdktf.out", "netloom.lock.json"]) rmSync(path, { recursive: true, force: true });
  return measured(() => fleet(spec).synth(), "cdktf.out");
}
