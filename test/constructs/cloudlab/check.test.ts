import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRequest } from "../../../lib/constructs/cloudlab/request/check";
import { netmask, prefixLengthOf } from "../../../lib/constructs/cloudlab/request/model";
import type { CloudLabLanProps, CloudLabNodeProps } from "../../../lib/constructs/cloudlab/request/props";
import { MachineType } from "../../../lib/hardware";
import { Rate } from "../../../lib/units";
import { resolved, TWO_NODES } from "./support";

function check(nodes: readonly CloudLabNodeProps[], lans: readonly CloudLabLanProps[] = []) {
  const { model, problems } = resolved({ nodes, lans });
  expect(problems).toEqual([]);
  return checkRequest(model, (hardware) => MachineType.find(hardware));
}

const pair = (hardware: string): readonly CloudLabNodeProps[] => [
  { name: "a", hardware },
  { name: "b", hardware },
];
const lans = (count: number, extra: Partial<CloudLabLanProps> = {}): readonly CloudLabLanProps[] =>
  Array.from({ length: count }, (_, i) => ({ name: `lan${i}`, members: ["a", "b"], ...extra }));

describe("checking a request against the hardware", () => {
  it("finds nothing wrong with two c220g5 on one LAN at 10 Gbit/s", () => {
    expect(check(pair("c220g5"), lans(1, { speed: Rate.gbps(10) }))).toEqual({ errors: [], warnings: [] });
  });

  it("refuses a type that does not exist and suggests the nearest", () => {
    const { errors } = check([{ name: "a", hardware: "c220g6" }]);
    expect(errors[0]).toMatchObject({ code: "NL-MACHINE-TYPE", value: "c220g6" });
    expect(errors[0]?.remedy).toContain('"c220g5"');
  });

  it("refuses a rate that no port of the type has", () => {
    const { errors } = check(pair("c220g5"), lans(1, { speed: Rate.gbps(25) }));
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({ code: "NL-CLOUDLAB-PORTS", allowed: "10 Gbit/s, 10 Gbit/s" });
  });

  it("refuses more LANs than the machine has ports, control port not counted", () => {
    expect(check(pair("c220g5"), lans(2)).errors).toEqual([]);
    expect(check(pair("c220g5"), lans(3)).errors.map((problem) => problem.code)).toEqual([
      "NL-CLOUDLAB-PORTS",
      "NL-CLOUDLAB-PORTS",
    ]);
    expect(check(pair("m510"), lans(2)).errors.map((problem) => problem.code)).toEqual([
      "NL-CLOUDLAB-PORTS",
      "NL-CLOUDLAB-PORTS",
    ]);
  });

  it("only warns where the number of usable ports is inferred", () => {
    const { errors, warnings } = check(pair("xl170"), lans(2));
    expect(errors).toEqual([]);
    expect(warnings.map((problem) => problem.code)).toEqual(["NL-CLOUDLAB-PORTS", "NL-CLOUDLAB-PORTS"]);
  });

  it("counts LANs that share a port once", () => {
    expect(check(pair("m510"), lans(4, { sharedPort: true }))).toEqual({ errors: [], warnings: [] });
  });

  it("gives the demanding LAN the fast port", () => {
    const mixed = [
      { name: "any", members: ["a", "b"] },
      { name: "fast", members: ["a", "b"], speed: Rate.gbps(100) },
    ];
    expect(check(pair("c6525-100g"), mixed)).toEqual({ errors: [], warnings: [] });
    expect(check(pair("c6525-100g"), lans(2, { speed: Rate.gbps(100) })).errors).toHaveLength(2);
  });

  it("warns of a LAN that spans clusters and of shaped jumbo frames", () => {
    const nodes = [
      { name: "a", hardware: "c220g5" },
      { name: "b", hardware: "m510" },
    ];
    const codes = (list: readonly CloudLabLanProps[]) => check(nodes, list).warnings.map((problem) => problem.code);
    expect(codes(lans(1))).toEqual(["NL-CLOUDLAB-SITES"]);
    expect(codes(lans(1, { jumbo: true, shapedTo: Rate.gbps(1) }))).toContain("NL-CLOUDLAB-SHAPED-JUMBO");
  });

  it("refuses block stores over the system, twice, or without size", () => {
    const stores = [
      { name: "a1", mountpoint: "/usr/share" },
      { name: "a1", mountpoint: "/data" },
      { name: "a2", mountpoint: "/data", gigabytes: 0.5 },
      { name: "a 3", mountpoint: "relative" },
      { name: "a4", mountpoint: "/ok", dataset: "mine" },
    ];
    const { errors } = check([{ name: "a", hardware: "c220g5", blockstores: stores }]);
    expect(errors.map((problem) => problem.value)).toEqual([
      "/usr/share",
      "a1",
      "/data",
      0.5,
      "a 3",
      "relative",
      "mine",
    ]);
  });

  it("refuses archives without address and empty commands", () => {
    const node = { name: "a", hardware: "c220g5", install: [{ url: "ftp://x/y", path: "/local" }], startup: [" "] };
    expect(check([node]).errors.map((problem) => problem.code)).toEqual(["NL-CLOUDLAB-INSTALL", "NL-CLOUDLAB-STARTUP"]);
  });
});

describe("filling in a request", () => {
  it("tells everything that is wrong in itself at once", () => {
    const { problems } = resolved({
      nodes: [
        { name: "a b", hardware: "c220g5", image: "ubuntu" },
        { name: "a", hardware: "c220g5", site: "mars" as never, component: "../x" },
        { name: "a", hardware: "c220g5" },
      ],
      lans: [
        { name: "lan 0", members: ["a", "a", "zzz"] },
        { name: "a", members: ["a"], subnet: "10.0.0.0/33" },
        { name: "l2", members: ["a", "a b"], subnet: "fd00::/64" },
        {
          name: "l3",
          members: [
            { node: "a", address: "10.1.0.1" },
            { node: "a b", address: "10.1.0.1" },
          ],
          subnet: "10.1.0.0/24",
        },
        { name: "l4", members: [{ node: "a", address: "10.9.0.1" }, "a b"], subnet: "10.1.1.0/24" },
      ],
    });
    expect(problems.map((problem) => problem.code)).toEqual([
      "NL-CLOUDLAB-NAME",
      "NL-CLOUDLAB-TWICE",
      "NL-CLOUDLAB-NAME",
      "NL-CLOUDLAB-TWICE",
      "NL-CLOUDLAB-MEMBER",
      "NL-CLOUDLAB-TWICE",
      "NL-CLOUDLAB-LAN-SIZE",
      "NL-CIDR",
      "NL-CLOUDLAB-SUBNET",
      "NL-CLOUDLAB-ADDRESS",
      "NL-CLOUDLAB-ADDRESS",
      "NL-CLOUDLAB-URN",
      "NL-CLOUDLAB-SITE",
      "NL-CLOUDLAB-NAME",
    ]);
  });

  it("says when a subnet is too small", () => {
    const nodes = Array.from({ length: 4 }, (_, i) => ({ name: `n${i}`, hardware: "c220g5" }));
    const { problems } = resolved({
      nodes,
      lans: [{ name: "l", members: nodes.map((node) => node.name), subnet: "10.0.0.0/30" }],
    });
    expect(problems.map((problem) => problem.what)).toEqual([
      "LAN l has no address left for n2",
      "LAN l has no address left for n3",
    ]);
  });

  it("keeps fixed addresses clear of counted ones, and counts in the order of the members", () => {
    const { model } = resolved({
      ...TWO_NODES,
      lans: [{ name: "l", members: ["node1", { node: "node0", address: "10.10.1.1" }] }],
    });
    expect(model.lans[0]?.members.map((port) => `${port.node} ${port.address}`)).toEqual([
      "node1 10.10.1.2/24",
      "node0 10.10.1.1/24",
    ]);
  });

  it("takes the site from the catalogue, unless it is told another", () => {
    const { model } = resolved({
      nodes: [
        { name: "a", hardware: "r650" },
        { name: "b", hardware: "x", site: "emulab" },
        { name: "c", hardware: "x" },
      ],
    });
    expect(model.nodes.map((node) => node.manager)).toEqual([
      "urn:publicid:IDN+clemson.cloudlab.us+authority+cm",
      "urn:publicid:IDN+emulab.net+authority+cm",
      undefined,
    ]);
  });

  it("turns prefix lengths into netmasks and back, and refuses every other mask", () => {
    expect([0, 8, 24, 30, 32].map(netmask)).toEqual([
      "0.0.0.0",
      "255.0.0.0",
      "255.255.255.0",
      "255.255.255.252",
      "255.255.255.255",
    ]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), (length) => {
        expect(prefixLengthOf(netmask(length))).toBe(length);
      }),
    );
    const octet = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const length = prefixLengthOf(octets.join("."));
        if (length !== undefined) expect(netmask(length)).toBe(octets.join("."));
      }),
    );
  });
});
