import type { TerraformStack } from "cdktf";
import { describe, expect, it } from "vitest";
import {
  BbrHost,
  bdp,
  CiliumCluster,
  Deployment,
  Duration,
  Host,
  JumboFabric,
  Mtu,
  Rate,
  WireGuardMesh,
} from "../../lib";
import { Encryption } from "../../lib/constructs/cilium";
import { CloudLabProfile } from "../../lib/constructs/cloudlab";
import { QosPolicy } from "../../lib/constructs/rdma";
import { requireUnit } from "../../lib/units/unit-value";
import { synthToFiles } from "../../lib/testing";
import { labHosts } from "../support/lab";

const rtt = Duration.millis(20);
const rate = Rate.gbps(10);

/** What TypeScript refuses, and plain JavaScript does not. */
// biome-ignore lint/suspicious/noExplicitAny: the point of these tests is input that has escaped the types
type Escaped = any;

interface Place {
  readonly name: string;
  readonly build: (stack: TerraformStack, value: Escaped) => void;
  readonly code: string;
  readonly at: string;
  readonly fix: string;
}

const PLACES: readonly Place[] = [
  {
    name: "rate of a path",
    build: (stack, value) => new BbrHost(stack, "h", { path: { rate: value, rtt } }),
    code: "NL-RATE",
    at: "test/h/Bbr",
    fix: "rate: Rate.gbps(10)",
  },
  {
    name: "round trip of a path",
    build: (stack, value) => new BbrHost(stack, "h", { path: { rate, rtt: value } }),
    code: "NL-DURATION",
    at: "test/h/Bbr",
    fix: "rtt: Duration.millis(20)",
  },
  {
    name: "speed of a port",
    build: (stack, value) => new Host(stack, "h", { interfaces: [{ id: "exp0", name: "eno1", speed: value }] }),
    code: "NL-RATE",
    at: "test/h",
    fix: "speed: Rate.gbps(10)",
  },
  {
    name: "keepalive of Cilium's tunnels",
    build: (stack, value) =>
      new CiliumCluster(stack, "k8s", {
        nodes: labHosts(stack, 1),
        encryption: Encryption.wireguard({ persistentKeepalive: value }),
      }),
    code: "NL-DURATION",
    at: "test/k8s",
    fix: "persistentKeepalive: Duration.seconds(15)",
  },
  ...(["leaseDuration", "renewDeadline", "retryPeriod"] as const).map((property) => ({
    name: `${property} of announcements`,
    build: (stack: TerraformStack, value: Escaped) =>
      new CiliumCluster(stack, "k8s", { nodes: labHosts(stack, 1), l2Announcements: { [property]: value } }),
    code: "NL-DURATION",
    at: "test/k8s",
    fix: `${property}: Duration.seconds(15)`,
  })),
  ...(["speed", "shapedTo"] as const).map((property) => ({
    name: `${property} of a LAN that is asked for`,
    build: (stack: TerraformStack, value: Escaped) =>
      new CloudLabProfile(stack, "profile", {
        nodes: ["a", "b"].map((name) => ({ name, hardware: "c220g5" })),
        lans: [{ name: "lan", members: ["a", "b"], [property]: value }],
      }),
    code: "NL-RATE",
    at: "test/profile",
    fix: `${property}: Rate.gbps(10)`,
  })),
  {
    name: "window of a deployment",
    build: (stack, value) => new Deployment(stack, { window: value }),
    code: "NL-DURATION",
    at: "test/Deployment",
    fix: "window: Duration.minutes(2)",
  },
  {
    name: "window of a host",
    build: (stack, value) => new Host(stack, "h", { window: value }),
    code: "NL-DURATION",
    at: "test/h",
    fix: "window: Duration.minutes(2)",
  },
  {
    name: "MTU of a fabric",
    build: (stack, value) => new JumboFabric(stack, "fabric", { mtu: value, members: labHosts(stack, 1) }),
    code: "NL-MTU-RANGE",
    at: "test/fabric",
    fix: "1500 for plain Ethernet, 9000 for jumbo frames",
  },
  {
    name: "MTU of a mesh",
    build: (stack, value) =>
      new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", mtu: value, members: labHosts(stack, 1) }),
    code: "NL-MTU-RANGE",
    at: "test/mesh",
    fix: "1500 for plain Ethernet, 9000 for jumbo frames",
  },
  {
    name: "MTU of a policy",
    build: (stack, value) => {
      const [host] = labHosts(stack, 1);
      new QosPolicy(stack, "qos", { mtu: value }).attach(host!, { queues: "software" });
    },
    code: "NL-MTU-RANGE",
    at: "test/node-0/Qos-test-qos-exp0",
    fix: "1500 for plain Ethernet, 9000 for jumbo frames",
  },
];

describe("a bare value where a quantity with a unit is wanted, as plain JavaScript lets pass,", () => {
  it.each(PLACES)("is refused as the $name, with place, value and a fix", ({ build, ...expected }) => {
    for (const value of [10, 0, "20ms", { bps: 10 }]) {
      const { errors, files } = synthToFiles((stack) => build(stack, value));
      const shown =
        expected.code === "NL-MTU-RANGE" && typeof value === "number" ? `"${value}"` : JSON.stringify(value);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain(`${expected.code}: `);
      expect(errors[0]).toContain(`  at:      ${expected.at}\n  value:   ${shown}\n  allowed: `);
      expect(errors[0]).toContain(`  fix:     ${expected.fix}`);
      expect(files.size).toBe(0);
    }
  });

  it("is refused by name in functions too, when it is left out", () => {
    expect(() => bdp(rate, undefined as Escaped)).toThrow(
      ["NL-DURATION: rtt has no unit", "  allowed: a Duration", "  fix:     rtt: Duration.millis(20)"].join("\n"),
    );
  });

  it("is not told from a value of another copy of the library, which has the same methods", () => {
    const foreign = { toBps: () => 10 } as unknown as Rate;
    expect(requireUnit("Rate", "speed", foreign)).toBe(foreign);
    expect(Mtu.of(Mtu.jumbo)).toBe(Mtu.jumbo);
  });
});
