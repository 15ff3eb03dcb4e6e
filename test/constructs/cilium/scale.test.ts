import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { CiliumNetworkPolicy } from "../../../lib/constructs/cilium";
import { clusterStack, compile } from "./support";

const COUNT = 1000;

function policies() {
  const { stack, cluster } = clusterStack({ hubble: false }, { nodes: 1 });
  for (let i = 0; i < COUNT; i++) {
    new CiliumNetworkPolicy(cluster, `p${i}`, {
      metadata: { namespace: `ns-${i % 20}`, labels: { team: `t${i % 7}` } },
      spec: {
        endpointSelector: { matchLabels: { app: `app-${i}` } },
        ingress: [
          {
            fromEndpoints: [{ matchLabels: { app: `caller-${i}` } }],
            toPorts: [{ ports: [{ port: String(1024 + i), protocol: "TCP" }] }],
          },
        ],
        egress: [{ toCIDR: [`10.200.${i % 256}.0/24`], toPorts: [{ ports: [{ port: "443", protocol: "TCP" }] }] }],
      },
    });
  }
  return { stack, cluster };
}

/** Milliseconds of processor time; unlike the clock's they do not grow when the machine is busy with other things. */
function work(run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

describe("a thousand policies", () => {
  it("cost at most 3 times what the bare YAML library needs to print the same objects", () => {
    const plain = policies()
      .cluster.objects()
      .map((object) => JSON.parse(JSON.stringify(object.toJson())));
    const floors: number[] = [];
    const wholes: number[] = [];
    for (let round = 0; round < 4; round++) {
      floors.push(work(() => void plain.map((object) => stringify(object))));
      wholes.push(work(() => void compile(policies().stack)));
    }
    const [floor, whole] = [Math.min(...floors), Math.min(...wholes)];
    const ratio = whole / floor;
    console.log(
      `1,000 policies: ${whole.toFixed(0)} ms for constructs, checks and files; bare YAML printing ${floor.toFixed(0)} ms; ratio ${ratio.toFixed(2)}`,
    );
    expect(ratio).toBeLessThan(3);
  });
});

it("a stack without Cilium loads neither ajv nor the YAML library nor Cilium's data", () => {
  const script = `
    require("tsx/cjs");
    require(${JSON.stringify(join(__dirname, "../../../lib/index.ts"))});
    const heavy = Object.keys(require.cache).filter((path) => /node_modules\\/(ajv|yaml)\\/|constructs\\/cilium\\/data\\/.*json/.test(path));
    process.stdout.write(JSON.stringify(heavy));
  `;
  const heavy = execFileSync(process.execPath, ["-e", script], { cwd: join(__dirname, "../../.."), encoding: "utf8" });
  expect(JSON.parse(heavy)).toEqual([]);
});
