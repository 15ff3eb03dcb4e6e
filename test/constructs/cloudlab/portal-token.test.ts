import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PortalClient } from "../../../lib/constructs/cloudlab/portal/client";
import { shippedPortalClient } from "../../../lib/constructs/cloudlab/portal/shipped";
import { MockPortal } from "./portal-mock";
import { MANIFESTS, PLAN, statefulPortal, TOKEN } from "./portal-state";

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
    const portal = await MockPortal.start(TOKEN, handlers);
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
