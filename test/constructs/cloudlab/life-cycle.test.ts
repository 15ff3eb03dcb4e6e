import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloudLabExperiment, type CloudLabLifeCycleProps, CloudLabProfile } from "../../../lib/constructs/cloudlab";
import { Applier } from "../../../lib/synth";
import { expectStack, synthToFiles, testStack } from "../../../lib/testing";
import { itWith } from "../../support/tools";
import { MockPortal } from "./portal-mock";
import { FIXTURES, problemsOf, TWO_NODES } from "./support";

const TOKEN = "tok-5ecret-terraform";
const LIFE: CloudLabLifeCycleProps = {
  project: "proj",
  experiment: "demo",
  durationHours: 16,
  until: "2026-12-24T18:00:00Z",
};

function build(stack: TerraformStack, life: CloudLabLifeCycleProps, manifest = "manifest.json"): void {
  const profile = new CloudLabProfile(stack, "two-nodes", TWO_NODES);
  new CloudLabExperiment(stack, "experiment", { profile, manifest, user: "alice", lifeCycle: life });
}

describe("the life cycle in a stack", () => {
  it("writes the plan and the client, and two resources: the experiment and its lifetime", () => {
    const result = synthToFiles((stack) => build(stack, LIFE));
    expectStack(result).toHaveNoErrors();
    expect(JSON.parse(result.files.get("cloudlab/proj.demo.portal.json")!)).toEqual({
      schema: "netloom.cloudlab-portal/1",
      project: "proj",
      experiment: "demo",
      profile: { name: "two-nodes", project: "proj", scriptFile: "cloudlab/two-nodes.py" },
      durationHours: 16,
      until: "2026-12-24T18:00:00Z",
      reason: "experiment still running",
      url: "https://boss.emulab.net:43794",
      manifestFile: "manifest.json",
    });
    expect(result.files.get("cloudlab/portal.cjs")).toContain("X-Api-Token");
    const resources = Object.entries(result.tf.resource?.["null_resource"] ?? {});
    expect(resources.map(([, r]) => [r["triggers"], r["provisioner"]])).toEqual([
      [
        { project: "proj", experiment: "demo", url: "https://boss.emulab.net:43794" },
        [
          { "local-exec": { command: "node cloudlab/portal.cjs apply cloudlab/proj.demo.portal.json" } },
          {
            "local-exec": {
              when: "destroy",
              command: "node cloudlab/portal.cjs terminate cloudlab/proj.demo.portal.json",
            },
          },
        ],
      ],
      [
        { until: "2026-12-24T18:00:00Z" },
        [{ "local-exec": { command: "node cloudlab/portal.cjs extend cloudlab/proj.demo.portal.json" } }],
      ],
    ]);
    expect(resources[1]?.[1]["depends_on"]).toEqual([`null_resource.${resources[0]?.[0]}`]);
  });

  it("keeps the machines when they are told so, and needs no lifetime", () => {
    const result = synthToFiles((stack) =>
      build(stack, { project: "p", experiment: "e", terminateOnDestroy: false, portalProfile: "owner,base" }),
    );
    expect(JSON.stringify(result.tf)).not.toContain("terminate");
    expect(Object.keys(result.tf.resource?.["null_resource"] ?? {})).toHaveLength(1);
    expect(JSON.parse(result.files.get("cloudlab/p.e.portal.json")!).profile).toEqual({
      name: "base",
      project: "owner",
    });
  });

  it("refuses names, times and addresses that the portal would not take, all at once", () => {
    const bad = {
      project: "a b",
      experiment: "name-longer-than-16",
      durationHours: 0,
      until: "tomorrow",
      portalProfile: "a,b c",
      portalUrl: "javascript:x",
    };
    const problems = problemsOf(() => build(testStack(), bad));
    expect(problems.map((problem) => problem.value)).toEqual([
      "a b",
      "name-longer-than-16",
      0,
      "tomorrow",
      "a,b c",
      "javascript:x",
    ]);
    const noFile = () =>
      new CloudLabExperiment(testStack(), "e", {
        profile: new CloudLabProfile(testStack(), "p", TWO_NODES),
        lifeCycle: LIFE,
      });
    expect(problemsOf(noFile)[0]?.what).toContain("one file to write the manifests");
  });
});

describe("the life cycle under Terraform", () => {
  let directory: string;
  let portal: MockPortal;
  let expires: string | undefined;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "cloudlab-tf-"));
    expires = undefined;
    const manifest = readFileSync(join(FIXTURES, "manifests/two-c220g5-jumbo.xml"), "utf8");
    const id = "11111111-1111-4111-8111-111111111111";
    const view = () => ({ id, name: "demo", project: "proj", status: "ready", expires_at: expires });
    portal = await MockPortal.start(TOKEN, {
      getExperiment: () => (expires === undefined ? undefined : { status: 200, body: view() }),
      createProfile: () => ({ status: 201, body: { id } }),
      createExperiment: () => {
        expires = "2026-12-01T00:00:00Z";
        return { status: 201, body: view() };
      },
      extendExperiment: ({ body }) => {
        expires = (body as { expires_at: string }).expires_at;
        return { status: 200, body: view() };
      },
      terminateExperiment: () => {
        expires = undefined;
        return { status: 204 };
      },
      getExperimentManifests: () => ({
        status: 200,
        body: { "urn:publicid:IDN+wisc.cloudlab.us+authority+cm": manifest },
      }),
    });
  });

  afterEach(async () => {
    await portal.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Synthesizes to disk, as `cdktf synth` does; returns the stack's directory. */
  function synth(until: string): string {
    const app = new App({ outdir: join(directory, "out") });
    const stack = new TerraformStack(app, "lab");
    new LocalBackend(stack, { path: "terraform.tfstate" });
    const life = { ...LIFE, until, portalUrl: portal.url, applier: Applier.terraformData() };
    build(stack, life, join(directory, "manifest.json"));
    app.synth();
    return join(directory, "out/stacks/lab");
  }

  async function terraform(cwd: string, ...args: readonly string[]): Promise<string> {
    const env = { ...process.env, CLOUDLAB_TOKEN: TOKEN, TF_LOG: "", TF_IN_AUTOMATION: "1" };
    const child = spawn("terraform", args, { cwd, env });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const status = await new Promise((done) => child.on("close", done));
    expect(status === 0 ? "" : output).toBe("");
    return output;
  }

  const calls = () => portal.calls.splice(0).map((call) => call.operation);

  itWith(
    ["terraform"],
    "makes, extends and terminates; the second synthesis knows the hosts; the token is nowhere",
    async () => {
      let cwd = synth("2026-12-02T00:00:00Z");
      const outputs = [await terraform(cwd, "init", "-input=false")];
      outputs.push(await terraform(cwd, "apply", "-auto-approve", "-input=false"));
      expect(calls()).toEqual([
        ...["getExperiment", "getProfile", "createProfile", "createExperiment", "getExperiment", "extendExperiment"],
        ...["getExperimentManifests", "getExperiment"],
      ]);
      expect(expires).toBe("2026-12-02T00:00:00Z");

      const experiment = CloudLabExperiment.fromManifest(testStack(), "e", join(directory, "manifest.json"));
      expect(experiment.nodes.map((node) => node.name)).toEqual(["node0", "node1"]);

      outputs.push(await terraform(cwd, "apply", "-auto-approve", "-input=false"));
      expect(calls()).toEqual([]);

      cwd = synth("2026-12-05T00:00:00Z");
      outputs.push(await terraform(cwd, "apply", "-auto-approve", "-input=false"));
      expect(calls()).toEqual(["getExperiment", "extendExperiment"]);
      expect(expires).toBe("2026-12-05T00:00:00Z");

      outputs.push(await terraform(cwd, "destroy", "-auto-approve", "-input=false"));
      expect(calls()).toEqual(["terminateExperiment"]);
      expect(portal.violations).toEqual([]);

      expect(outputs.join("")).not.toContain(TOKEN);
      for (const path of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        if (path.isFile()) expect(readFileSync(join(path.parentPath, path.name), "latin1")).not.toContain(TOKEN);
      }
      expect(existsSync(join(cwd, "terraform.tfstate"))).toBe(true);
    },
    120_000,
  );
});
