import { describe, expect, it } from "vitest";
import { print, toNix } from "../../lib/nix-ts-builder";

const data = Array.from({ length: 10_000 }, (_, index) => ({
  hostName: `node-${index}`,
  enable: index % 2 === 0,
  addresses: [`10.0.${index >> 8}.${index & 255}/24`, "fd00::1/64"],
  sysctl: { "net.core.rmem_max": 67108864, "net.ipv4.tcp_rmem": "4096 87380 67108864" },
  script: "set -eu\nip link set eth0 mtu 9000\n",
}));

/** Best CPU time of five runs in milliseconds; other processes on the machine do not count. */
function cpu(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

describe("speed", () => {
  it("prints within 60 times of what JSON.stringify takes for the same data", () => {
    const tree = toNix(data);
    const reference = cpu(() => JSON.stringify(data, undefined, 2));
    expect(cpu(() => print(tree))).toBeLessThan(60 * reference);
    expect(cpu(() => print(tree, { layout: "compact" }))).toBeLessThan(60 * reference);
    expect(cpu(() => toNix(data))).toBeLessThan(60 * reference);
  });

  it("takes time in proportion to the size", () => {
    const part = toNix(data.slice(0, 2_000));
    const whole = toNix(data);
    const small = cpu(() => print(part));
    expect(cpu(() => print(whole))).toBeLessThan(15 * small);
  });
});
