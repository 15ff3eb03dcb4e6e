import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import { afterAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { unknownPaths } from "../../../lib/constructs/cilium/values/paths";
import { objectSchemaProblems } from "../../../lib/constructs/cilium/schema";
import { FIXTURES, itWithFixtures } from "./support";

const ROOT = join(__dirname, "../../..");
const output = mkdtempSync(join(tmpdir(), "netloom-examples-"));
afterAll(() => rmSync(output, { recursive: true, force: true }));

for (const name of ["cilium-cluster", "cilium-mellanox"]) {
  describe(`the example ${name}`, () => {
    const outdir = join(output, name);
    const run = spawnSync(process.execPath, ["--import", "tsx", `examples/${name}/main.ts`], {
      cwd: ROOT,
      encoding: "utf8",
      env: { ...process.env, CDKTF_OUTDIR: outdir, TSX_TSCONFIG_PATH: "tsconfig.check.json" },
    });
    const folder = join(outdir, "stacks", name, "k8s");
    const read = (path: string): string => readFileSync(join(folder, path), "utf8");

    it("synthesizes without an error or a warning", () => {
      expect(run.stderr.replace(/^npm warn.*\n/gm, "")).toBe("");
      expect(run.status).toBe(0);
      const { stacks } = JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8"));
      const { annotations } = Object.values(stacks)[0] as { annotations: { level: string; message: string }[] };
      expect(annotations.filter(({ level }) => level !== "@cdktf/info").map(({ message }) => message)).toEqual([]);
    });

    itWithFixtures("writes values that the chart's own schema takes and whose paths are all real", () => {
      const values = parse(read("values.yaml"), { version: "1.1" });
      const validate = new Ajv({ strict: false }).compile(
        JSON.parse(readFileSync(join(FIXTURES, "values.schema.json"), "utf8")),
      );
      expect(validate(values), JSON.stringify(validate.errors)).toBe(true);
      expect(unknownPaths(values)).toEqual([]);
    });

    it("writes objects that fit their schemas", () => {
      const files = readdirSync(folder).includes("manifests") ? readdirSync(join(folder, "manifests")) : [];
      const objects = files.flatMap((file) =>
        parseAllDocuments(read(`manifests/${file}`), { version: "1.1" }).map((document) => document.toJS()),
      );
      expect(objects.length).toBe(name === "cilium-cluster" ? 11 : 0);
      for (const object of [...objects, parse(read("k3s/cilium.yaml"))])
        expect(objectSchemaProblems(object.kind, object)).toEqual([]);
    });
  });
}
