import type { PortalPlan } from "../../../lib/constructs/cloudlab/portal/types";
import type { PortalHandlers } from "./portal-mock";

export const TOKEN = "tok-5ecret-0123456789";
const ID = "11111111-1111-4111-8111-111111111111";
export const MANIFESTS = {
  "urn:publicid:IDN+wisc.cloudlab.us+authority+cm": "<rspec/>",
  "urn:publicid:IDN+utah.cloudlab.us+authority+cm": "<rspec/>",
};

/** A portal that remembers one profile and one experiment, which becomes ready after two looks. */
export function statefulPortal(statuses: readonly string[] = ["provisioning", "booting", "ready"]) {
  const state = {
    script: undefined as string | undefined,
    experiment: undefined as { looks: number; expires: string } | undefined,
  };
  const view = () => ({
    id: ID,
    name: "demo",
    project: "proj",
    status: statuses[Math.min(state.experiment!.looks, statuses.length - 1)],
    expires_at: state.experiment!.expires,
    url: "https://www.cloudlab.us/status.php?uuid=x",
  });
  const handlers: PortalHandlers = {
    getProfile: () =>
      state.script === undefined
        ? undefined
        : { status: 200, body: { id: ID, name: "p", current_version: { script: state.script } } },
    createProfile: ({ body }) => {
      state.script = (body as { script: string }).script;
      return { status: 201, body: { id: ID } };
    },
    modifyProfile: ({ body }) => {
      state.script = (body as { script: string }).script;
      return { status: 200, body: { id: ID } };
    },
    getExperiment: () => {
      if (state.experiment === undefined) return undefined;
      const body = view();
      state.experiment.looks++;
      return { status: 200, body };
    },
    createExperiment: () => {
      state.experiment = { looks: 0, expires: "2026-12-01T00:00:00Z" };
      return { status: 201, body: view() };
    },
    extendExperiment: ({ body }) => {
      state.experiment!.expires = (body as { expires_at: string }).expires_at;
      return { status: 200, body: view() };
    },
    terminateExperiment: () => {
      if (state.experiment === undefined) return undefined;
      state.experiment = undefined;
      return { status: 204 };
    },
    getExperimentManifests: () => ({ status: 200, body: MANIFESTS }),
  };
  return { state, handlers };
}

export const PLAN: PortalPlan = {
  schema: "netloom.cloudlab-portal/1",
  project: "proj",
  experiment: "demo",
  profile: { name: "two-nodes", project: "proj", scriptFile: "cloudlab/two-nodes.py" },
  durationHours: 16,
  until: "2026-12-02T00:00:00Z",
  reason: "still measuring",
  bindings: { nodeCount: "2" },
  url: "set by the test",
  manifestFile: "manifest.json",
};
