import type { PortalClient } from "./client";
import { PortalError } from "./client";
import type { PortalExperiment, PortalPlan } from "./types";

/** What the life cycle does besides calling the portal; tests pass their own. */
export interface Surroundings {
  readonly readFile: (path: string) => string;
  readonly writeFile: (path: string, content: string) => void;
  readonly log: (line: string) => void;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly now: () => number;
}

const POLL_MS = 15_000;
/** Loading images on tens of nodes takes up to half an hour; the community provider gives up after that, too. */
const READY_TIMEOUT_MS = 45 * 60_000;
const READY = "ready";
const BROKEN: ReadonlySet<string> = new Set(["failed", "canceled", "terminated", "terminating"]);

/**
 * Makes the portal hold what the plan says: the profile with the current script, the experiment, its lifetime, and
 * the manifest in a file. Every step looks first, so running it again after any interruption picks up where it was.
 */
export async function applyPlan(client: PortalClient, plan: PortalPlan, around: Surroundings): Promise<void> {
  const existing = await client.experiment(plan.project, plan.experiment);
  if (existing === undefined) {
    await uploadProfile(client, plan, around);
    await create(client, plan, around);
  } else {
    around.log(`experiment ${plan.project},${plan.experiment} exists (${existing.status ?? "no status"})`);
  }
  const ready = await waitUntilReady(client, plan, around);
  await extendIfNeeded(client, plan, ready, around);
  await writeManifests(client, plan, around);
}

/** Fetches the manifests into the file of the plan. */
export async function writeManifests(client: PortalClient, plan: PortalPlan, around: Surroundings): Promise<void> {
  const manifests = await client.manifests(plan.project, plan.experiment);
  const clusters = Object.keys(manifests).sort();
  if (clusters.length === 0) throw new PortalError(0, "the portal has no manifest for this experiment yet");
  const sorted = Object.fromEntries(clusters.map((cluster) => [cluster, manifests[cluster]]));
  around.writeFile(plan.manifestFile, `${JSON.stringify(sorted, undefined, 2)}\n`);
  around.log(`wrote the manifests of ${clusters.join(", ")} to ${plan.manifestFile}`);
}

/** Gives the hardware back; nothing to do is success. */
export async function terminate(client: PortalClient, plan: PortalPlan, around: Surroundings): Promise<void> {
  const existed = await client.terminate(plan.project, plan.experiment);
  around.log(existed ? `terminated ${plan.project},${plan.experiment}` : "nothing to terminate");
}

/** Extends the experiment to the plan's `until`, when it would end before. */
export async function extendIfNeeded(
  client: PortalClient,
  plan: PortalPlan,
  experiment: PortalExperiment,
  around: Surroundings,
): Promise<void> {
  if (plan.until === undefined) return;
  const ends = experiment.expires_at ? Date.parse(experiment.expires_at) : Number.NaN;
  if (ends >= Date.parse(plan.until)) {
    around.log(`it lives until ${experiment.expires_at}, long enough`);
    return;
  }
  await client.extend(plan.project, plan.experiment, plan.until, plan.reason);
  around.log(`extended to ${plan.until}`);
}

async function uploadProfile(client: PortalClient, plan: PortalPlan, around: Surroundings): Promise<void> {
  const { name, project, scriptFile } = plan.profile;
  if (scriptFile === undefined) return;
  const script = around.readFile(scriptFile);
  const profile = await client.profile(project, name);
  if (profile === undefined) {
    await client.createProfile(project, name, script);
    around.log(`created profile ${project},${name}`);
  } else if (profile.current_version?.script !== script) {
    await client.updateProfile(project, name, script);
    around.log(`updated profile ${project},${name}`);
  }
}

async function create(client: PortalClient, plan: PortalPlan, around: Surroundings): Promise<void> {
  await client.createExperiment({
    name: plan.experiment,
    project: plan.project,
    profile_name: plan.profile.name,
    profile_project: plan.profile.project,
    duration: plan.durationHours,
    bindings: plan.bindings,
  });
  around.log(`asked for experiment ${plan.project},${plan.experiment}`);
}

async function waitUntilReady(client: PortalClient, plan: PortalPlan, around: Surroundings): Promise<PortalExperiment> {
  const deadline = around.now() + READY_TIMEOUT_MS;
  for (let last = ""; ; ) {
    const experiment = await client.experiment(plan.project, plan.experiment);
    const status = experiment?.status ?? "gone";
    if (status !== last) around.log(`experiment is ${status}`);
    last = status;
    if (experiment !== undefined && status === READY) return experiment;
    if (experiment === undefined || BROKEN.has(status)) {
      throw new PortalError(0, `the experiment is ${status}; see ${experiment?.url ?? "the portal"} for the log`);
    }
    if (around.now() >= deadline)
      throw new PortalError(0, `the experiment is still ${status} after 45 minutes; run this again to keep waiting`);
    await around.sleep(POLL_MS);
  }
}
