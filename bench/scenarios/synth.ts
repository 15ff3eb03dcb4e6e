import { rmSync } from "node:fs";
import { fleet, type FleetSpec } from "../fleet";
import { measured, type Sample } from "../measure";

/** Builds and synthesizes a fleet, as `node main.js` of a user's project does after its imports. */
export function synth(spec: FleetSpec, fresh: boolean): Sample {
  if (fresh) for (const path of ["cdktf.out", "netloom.lock.json"]) rmSync(path, { recursive: true, force: true });
  return measured(() => fleet(spec).synth(), "cdktf.out");
}
