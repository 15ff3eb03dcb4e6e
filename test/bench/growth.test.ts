import { readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type FleetSpec, fleet } from "../../bench/fleet";
import { filesBelow, measured, sizeOf } from "../../bench/measure";
import { inDirectory, scratchDirectory } from "../support/output";

const scratch = scratchDirectory();
const outdir = join(scratch, "cdktf.out");

function synth(spec: FleetSpec, fresh = true) {
  if (fresh)
    for (const path of [outdir, join(scratch, "netloom.lock.json")]) rmSync(path, { recursive: true, force: true });
  return measured(() => inDirectory(scratch, () => fleet(spec, outdir).synth()), outdir);
}

/** What every stack carries once, whatever its size. */
function programs(): number {
  return sizeOf(outdir, (path) => /\/(agent\.sh|checks\.sh|deploy\.cjs)$/.test(path)).bytes;
}

function bytesPerHost(spec: FleetSpec): number {
  return (synth(spec).bytes - programs()) / spec.hosts;
}

describe("the output of a fleet", () => {
  it.each(["mesh", "hub-and-spoke", "all", "rdma"] as const)(
    "grows with its hosts and not with their pairs: %s",
    (features) => {
      const small = bytesPerHost({ hosts: 40, features, platform: "mixed" });
      const large = bytesPerHost({ hosts: 160, features, platform: "mixed" });
      // With one entry for each pair, four times the hosts would mean four times the bytes for each.
      expect(large / small).toBeLessThan(1.1);
    },
  );

  it("costs a mesh member less than 6 kB, peer table and all", () => {
    const plain = bytesPerHost({ hosts: 100, features: "plain", platform: "linux" });
    const member = bytesPerHost({ hosts: 100, features: "mesh", platform: "linux" });
    expect(member - plain).toBeLessThan(6000);
  });
});

describe("a second synthesis", () => {
  const spec: FleetSpec = { hosts: 30, features: "all", platform: "mixed" };
  const traces = () =>
    new Map(
      filesBelow(outdir).map((path) => {
        const { ino, mtimeMs } = statSync(path);
        return [path, `${ino} ${mtimeMs}`];
      }),
    );

  it("of a fleet with one host changed writes the files of that host, the index and Terraform's file", () => {
    synth(spec);
    const first = traces();
    const stack = join(outdir, "stacks/fleet");
    const index = readFileSync(`${stack}/netloom.json`, "utf8");
    synth({ ...spec, changed: 16 }, false);
    const written = [...traces()].filter(([path, trace]) => first.get(path) !== trace).map(([path]) => path);
    expect(written).toEqual([
      `${stack}/cdk.tf.json`,
      `${stack}/hosts/node-0016/plan`,
      `${stack}/hosts/node-0016/root/etc/sysctl.d/60-netloom.conf`,
      `${stack}/hosts/node-0016/settings.json`,
      `${stack}/hosts/node-0016/verify`,
      `${stack}/netloom.json`,
    ]);
    const changed = readFileSync(`${stack}/netloom.json`, "utf8").split("\n");
    expect(index.split("\n").filter((line, i) => line !== changed[i])).toEqual([
      expect.stringContaining('"node-0016": {'),
    ]);
  });

  it("of the same fleet writes nothing", () => {
    synth(spec);
    const first = traces();
    synth(spec, false);
    expect(traces()).toEqual(first);
  });
});
