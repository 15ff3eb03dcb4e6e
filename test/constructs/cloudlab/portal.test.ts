import { afterEach, describe, expect, it } from "vitest";
import { PortalClient } from "../../../lib/constructs/cloudlab/portal/client";
import {
  applyPlan,
  extendIfNeeded,
  type Surroundings,
  terminate,
} from "../../../lib/constructs/cloudlab/portal/life-cycle";
import { MockPortal, type PortalHandlers } from "./portal-mock";
import { MANIFESTS, PLAN, statefulPortal, TOKEN } from "./portal-state";

let portal: MockPortal;

function recording() {
  const files: Record<string, string> = { "cloudlab/two-nodes.py": "# the script\n" };
  const log: string[] = [];
  const waits: number[] = [];
  const around: Surroundings = {
    readFile: (path) => files[path]!,
    writeFile: (path, content) => {
      files[path] = content;
    },
    log: (line) => log.push(line),
    sleep: async (ms) => void waits.push(ms),
    now: () => waits.reduce((sum, ms) => sum + ms, 0),
  };
  const client = new PortalClient({ url: portal.url, token: TOKEN, sleep: around.sleep });
  return { files, log, waits, around, client };
}

const operations = () => portal.calls.map((call) => call.operation);

describe("the life cycle against a portal made from its description", () => {
  afterEach(async () => {
    await portal.stop();
    expect(portal.violations).toEqual([]);
  });

  it("uploads the profile, asks for the experiment, waits, extends and writes the manifests", async () => {
    const { handlers, state } = statefulPortal();
    portal = await MockPortal.start(TOKEN, handlers);
    const { files, around, client, waits } = recording();
    await applyPlan(client, PLAN, around);
    expect(operations()).toEqual([
      ...["getExperiment", "getProfile", "createProfile", "createExperiment"],
      ...["getExperiment", "getExperiment", "getExperiment", "extendExperiment", "getExperimentManifests"],
    ]);
    expect(portal.calls[3]?.body).toEqual({
      name: "demo",
      project: "proj",
      profile_name: "two-nodes",
      profile_project: "proj",
      duration: 16,
      bindings: { nodeCount: "2" },
    });
    expect(portal.calls[4]?.parameters).toEqual({ experiment_id: "proj,demo" });
    expect(state.experiment?.expires).toBe(PLAN.until);
    expect(waits).toEqual([15_000, 15_000]);
    expect(JSON.parse(files["manifest.json"]!)).toEqual(MANIFESTS);
    expect(Object.keys(JSON.parse(files["manifest.json"]!))).toEqual(Object.keys(MANIFESTS).sort());
  });

  it("changes nothing when it is run again", async () => {
    const { handlers } = statefulPortal();
    portal = await MockPortal.start(TOKEN, handlers);
    const first = recording();
    await applyPlan(first.client, PLAN, first.around);
    portal.calls.length = 0;
    const second = recording();
    await applyPlan(second.client, PLAN, second.around);
    expect(operations()).toEqual(["getExperiment", "getExperiment", "getExperimentManifests"]);
    expect(second.files["manifest.json"]).toBe(first.files["manifest.json"]);
  });

  it("picks up an experiment that an interrupted run had asked for", async () => {
    const { handlers, state } = statefulPortal();
    state.experiment = { looks: 0, expires: "2027-01-01T00:00:00Z" };
    portal = await MockPortal.start(TOKEN, handlers);
    const { around, client } = recording();
    await applyPlan(client, PLAN, around);
    expect(operations()).not.toContain("createExperiment");
    expect(operations()).not.toContain("extendExperiment");
  });

  it("updates a profile whose script has changed, and leaves an equal one alone", async () => {
    const { handlers, state } = statefulPortal();
    state.script = "# older\n";
    portal = await MockPortal.start(TOKEN, handlers);
    const { around, client } = recording();
    await applyPlan(client, PLAN, around);
    expect(operations()).toContain("modifyProfile");
    expect(state.script).toBe("# the script\n");
  });

  it.each(["failed", "canceled", "terminating"])("stops and says so when the experiment is %s", async (status) => {
    const { handlers } = statefulPortal(["provisioning", status]);
    portal = await MockPortal.start(TOKEN, handlers);
    const { around, client, files } = recording();
    await expect(applyPlan(client, PLAN, around)).rejects.toThrow(
      `the experiment is ${status}; see https://www.cloudlab.us/`,
    );
    expect(files["manifest.json"]).toBeUndefined();
  });

  it("gives up waiting after 45 minutes and says that it can be continued", async () => {
    const { handlers } = statefulPortal(["provisioning"]);
    portal = await MockPortal.start(TOKEN, handlers);
    const { around, client } = recording();
    await expect(applyPlan(client, PLAN, around)).rejects.toThrow(
      "still provisioning after 45 minutes; run this again",
    );
  });

  it("terminates, and takes an experiment that is gone for terminated", async () => {
    const { handlers, state } = statefulPortal();
    state.experiment = { looks: 0, expires: "" };
    portal = await MockPortal.start(TOKEN, handlers);
    const { around, client, log } = recording();
    await terminate(client, PLAN, around);
    await terminate(client, PLAN, around);
    expect(log).toEqual(["terminated proj,demo", "nothing to terminate"]);
  });

  it("extends an experiment without an end, and does nothing when no end is wanted", async () => {
    const { handlers, state } = statefulPortal();
    state.experiment = { looks: 0, expires: "" };
    portal = await MockPortal.start(TOKEN, handlers);
    const { around, client } = recording();
    await extendIfNeeded(client, PLAN, { expires_at: null }, around);
    await extendIfNeeded(client, { ...PLAN, until: undefined }, {}, around);
    expect(portal.calls.map((call) => call.body)).toEqual([{ expires_at: PLAN.until, reason: PLAN.reason }]);
  });

  it("refuses a wrong token with the portal's words and without the token", async () => {
    portal = await MockPortal.start("another", {});
    const { client } = recording();
    const error = await client.experiment("proj", "demo").catch((e: Error) => e);
    expect(String(error)).toContain("401 no such token");
    expect(String(error)).not.toContain(TOKEN);
  });

  it("waits when the portal is overloaded, and does not repeat a write that may have worked", async () => {
    let refusals = 2;
    const { handlers } = statefulPortal();
    const busy: PortalHandlers = {
      ...handlers,
      createExperiment: (call) =>
        refusals-- > 0 ? { status: 429, body: { error: "slow down" } } : handlers["createExperiment"]!(call),
      terminateExperiment: () => ({ status: 503, body: { error: "gateway" } }),
      getExperimentManifests: () => ({ status: 503, body: { error: "gateway" } }),
    };
    portal = await MockPortal.start(TOKEN, busy);
    const { client, waits } = recording();
    await client.createExperiment({ name: "demo", project: "proj", profile_name: "p", profile_project: "proj" });
    expect(waits).toEqual([2_000, 4_000]);
    portal.calls.length = 0;
    await expect(client.terminate("proj", "demo")).rejects.toThrow("503 gateway");
    expect(operations()).toEqual(["terminateExperiment"]);
    await expect(client.manifests("proj", "demo")).rejects.toThrow("503 gateway");
    expect(operations().filter((name) => name === "getExperimentManifests")).toHaveLength(5);
  });
});

describe("the mock itself", () => {
  it("refuses what the description does not allow, so that passing it means something", async () => {
    portal = await MockPortal.start(TOKEN, {});
    const send = (method: string, path: string, body?: unknown) =>
      fetch(`${portal.url}${path}`, {
        method,
        headers: { "X-Api-Token": TOKEN, "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    await send("POST", "/experiments", { name: "x", project: "p" });
    await send("POST", "/experiments", { name: "x", project: "p", profile_name: "a", profile_project: "p", nodes: 2 });
    await send("PUT", "/experiments/p,x", { extend_by: "two days" });
    await send("POST", "/experiment", {});
    await portal.stop();
    expect(portal.violations).toEqual([
      expect.stringContaining("createExperiment: data must have required property 'profile_name'"),
      "createExperiment: unknown nodes",
      expect.stringContaining("extendExperiment: data/extend_by must be"),
      "POST /experiment is not in the description",
    ]);
  });
});
