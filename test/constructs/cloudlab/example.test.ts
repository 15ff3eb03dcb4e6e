import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { itWith } from "../../support/tools";
import { xmllint } from "./support";

const ROOT = join(__dirname, "../../..");
const EXAMPLE = join(ROOT, "examples/cloudlab-c220g5");
const STACK = "cdktf.out/stacks/cloudlab-c220g5";

describe("the example cloudlab-c220g5", () => {
  let project: string;
  const at = (path: string) => join(project, path);
  const read = (path: string) => readFileSync(at(path), "utf8");

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), "cloudlab-example-"));
  });

  afterEach(() => rmSync(project, { recursive: true, force: true }));

  function run(program: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
    const done = spawnSync(program, args, { cwd, env: { ...process.env, ...env }, encoding: "utf8" });
    expect(done.status === 0 ? "" : `${done.stdout}${done.stderr}`).toBe("");
    return done.stdout;
  }

  function synth(manifest: string): void {
    const args = ["--tsconfig", join(ROOT, "tsconfig.check.json"), join(EXAMPLE, "main.ts")];
    run(join(ROOT, "node_modules/.bin/tsx"), args, project, { MANIFEST: manifest });
  }

  it("is a profile with jumbo frames as long as there is no manifest", () => {
    synth("not-there.xml");
    expect(existsSync(at(`${STACK}/hosts`))).toBe(false);
    const rspec = read(`${STACK}/cloudlab/three-c220g5.rspec.xml`);
    expect(rspec).toContain(`<emulab:jumboframes enabled="true"/>`);
    expect(rspec.match(/<node /g)).toHaveLength(3);
    expect(read(`${STACK}/cloudlab/three-c220g5.py`)).toContain("pc.printRequestRSpec(request)");
  });

  itWith(
    ["terraform", "xmllint"],
    "goes from its manifest to deployed directories, and back",
    () => {
      synth(join(EXAMPLE, "manifest.xml"));
      expect(xmllint(read(`${STACK}/cloudlab/three-c220g5.rspec.xml`)).status).toBe(0);
      const terraform = (...args: readonly string[]) => run("terraform", args, at(STACK), { TF_IN_AUTOMATION: "1" });
      terraform("init", "-input=false");
      terraform("apply", "-auto-approve", "-input=false");
      for (const [i, mac] of ["3c:fd:fe:04:10:a1", "3c:fd:fe:04:11:a1", "3c:fd:fe:04:12:a1"].entries()) {
        const network = read(`target/cloudlab-c220g5/node${i}/etc/systemd/network/10-netloom-exp0.network`);
        expect(network).toContain(`PermanentMACAddress=${mac}`);
        expect(network).toContain("MTUBytes=9000");
        expect(network).toContain(`Address=10.10.1.${i + 1}/24`);
        expect(read(`target/cloudlab-c220g5/node${i}/etc/sysctl.d/60-netloom.conf`)).toContain(
          "tcp_congestion_control = bbr",
        );
      }
      expect(terraform("apply", "-auto-approve", "-input=false")).toContain("No changes.");
      terraform("destroy", "-auto-approve", "-input=false");
      expect(existsSync(at("target/cloudlab-c220g5/node0/etc/sysctl.d/60-netloom.conf"))).toBe(false);
    },
    180_000,
  );
});
