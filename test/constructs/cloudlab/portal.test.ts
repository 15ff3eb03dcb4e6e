import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PortalClient } from "../../../lib/constructs/cloudlab/portal/client";
import {
  applyPlan,
  extendIfNeeded,
  type Surroundings,
  terminate,
} from "../../../lib/constructs/cloudlab/portal/life-cycle";
import { shippedPortalClient } from "../../../lib/constructs/cloudlab/portal/shipped";
import type { PortalPlan } from "../../../lib/constructs/cloudlab/portal/types";
import { MockPortal, type PortalHandlers } from "./portal-mock";

const TOKEN = "tok-5ecret-0123456789";
const ID = "11111111-1111-4111-8111-111111111111";
const MANIFESTS = {
  "urn:publicid:IDN+wisc.cloudlab.us+authority+cm": "<rspec/>",
  "urn:publicid:IDN+utah.cloudlab.us+authority+cm": "<rspec/>",
};

/** A portal that remembers one profile and one experiment, which becomes ready after two looks. */
function statefulPortal(statuses: readonly string[] = ["provisioning", "booting", "ready"]) {
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

const PLAN: PortalPlan = {
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

describe("where the token goes", () => {
  it.each([
    "http://boss.emulab.net:43795",
    "ftp://127.0.0.1",
    "https://user:pw@boss.emulab.net",
    "boss.emulab.net",
    "http://127.0.0.1.example.org/",
  ])("never to %s", (url) => {
    expect(() => new PortalClient({ url, token: TOKEN, sleep: async () => {} })).toThrow(
      "is not an address to send a token to",
    );
  });

  it.each(["", "two words", "line\nbreak", "ünicode"])("not at all when it is %j", (token) => {
    expect(() => new PortalClient({ url: "https://h", token, sleep: async () => {} })).toThrow("CLOUDLAB_TOKEN");
  });

  it("not to where a redirect leads", async () => {
    const received: string[] = [];
    const other = createServer((request, response) => {
      received.push(String(request.headers["x-api-token"]));
      response.end("{}");
    });
    await new Promise<void>((ready) => other.listen(0, "127.0.0.1", ready));
    const redirecting = createServer((_request, response) => {
      response.writeHead(307, { Location: `http://127.0.0.1:${(other.address() as AddressInfo).port}/` });
      response.end();
    });
    await new Promise<void>((ready) => redirecting.listen(0, "127.0.0.1", ready));
    const url = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}`;
    const client = new PortalClient({ url, token: TOKEN, sleep: async () => {} });
    await expect(client.extend("p", "e", "2026-01-01T00:00:00Z", "r")).rejects.toThrow("no usable answer");
    expect(received).toEqual([]);
    other.close();
    redirecting.close();
  });

  it("not into the message when the portal repeats it", async () => {
    const rude = (async () =>
      new Response(JSON.stringify({ error: `bad token ${TOKEN}` }), { status: 403 })) as typeof fetch;
    const client = new PortalClient({ url: "https://h", token: TOKEN, sleep: async () => {}, fetch: rude });
    await expect(client.manifests("p", "e")).rejects.toThrow(/403 bad token \*\*\*$/);
  });
});

describe("the client as it ships", () => {
  let stack: string;

  beforeEach(() => {
    stack = mkdtempSync(join(tmpdir(), "cloudlab-portal-"));
    mkdirSync(join(stack, "cdktf.out/cloudlab"), { recursive: true });
    writeFileSync(join(stack, "cdktf.out/netloom.json"), JSON.stringify({ project: ".." }));
    writeFileSync(join(stack, "cdktf.out/cloudlab/two-nodes.py"), "# the script\n");
    writeFileSync(join(stack, "cdktf.out/cloudlab/portal.cjs"), shippedPortalClient());
  });

  afterEach(() => rmSync(stack, { recursive: true, force: true }));

  function run(
    args: readonly string[],
    token: string | undefined = TOKEN,
  ): Promise<{ status: number | null; output: string }> {
    const child = spawn(process.execPath, ["cloudlab/portal.cjs", ...args], {
      cwd: join(stack, "cdktf.out"),
      env: { PATH: process.env["PATH"], ...(token === undefined ? {} : { CLOUDLAB_TOKEN: token }) },
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    return new Promise((done) => child.on("close", (status) => done({ status, output })));
  }

  it("runs from one file: apply, status, extend, terminate; the token is in no output and no file", async () => {
    const { handlers } = statefulPortal(["ready"]);
    portal = await MockPortal.start(TOKEN, handlers);
    const plan = "cloudlab/demo.portal.json";
    writeFileSync(join(stack, "cdktf.out", plan), JSON.stringify({ ...PLAN, url: portal.url }));
    const outputs: string[] = [];
    for (const command of ["apply", "status", "extend", "manifest", "terminate"]) {
      const { status, output } = await run([command, plan]);
      expect([command, status, output]).toEqual([command, 0, output]);
      outputs.push(output);
    }
    expect(outputs[1]).toBe("cloudlab: ready, until 2026-12-02T00:00:00Z\n");
    expect(JSON.parse(readFileSync(join(stack, "manifest.json"), "utf8"))).toEqual(MANIFESTS);
    expect(outputs.join("") + readFileSync(join(stack, "manifest.json"), "utf8")).not.toContain(TOKEN);
    expect(portal.violations).toEqual([]);
    await portal.stop();
  }, 30_000);

  it("fails with a sentence on a missing token, plan or command", async () => {
    writeFileSync(join(stack, "cdktf.out/cloudlab/p.json"), JSON.stringify({ ...PLAN, url: "https://127.0.0.1:9" }));
    expect(await run(["apply", "cloudlab/p.json"], "")).toMatchObject({
      status: 1,
      output: expect.stringContaining("CLOUDLAB_TOKEN is empty"),
    });
    expect(await run(["apply", "cloudlab/none.json"])).toMatchObject({
      status: 1,
      output: expect.stringContaining("ENOENT"),
    });
    expect(await run(["explode", "cloudlab/p.json"])).toMatchObject({
      status: 2,
      output: expect.stringContaining("usage:"),
    });
    writeFileSync(join(stack, "cdktf.out/cloudlab/x.json"), "{}");
    expect(await run(["apply", "cloudlab/x.json"])).toMatchObject({
      status: 1,
      output: expect.stringContaining("no plan for the portal"),
    });
  }, 30_000);
});
