import { describe, expect, it } from "vitest";
import { Host, JumboFabric } from "../../../lib";
import { neighbours } from "../../../lib/constructs/fabric/neighbours";
import { expectHost, expectStack, synthToFiles, testStack } from "../../../lib/testing";
import { labHosts, macOf } from "../../support/lab";

const fabricOf = (count: number, props: object = {}) =>
  synthToFiles((stack) => {
    new JumboFabric(stack, "fabric", { members: labHosts(stack, count), switchesCarryJumbo: true, ...props });
  });

describe("JumboFabric", () => {
  it("gives every port 9000 bytes, and proves it at the port and on the way to every neighbour", () => {
    const host = expectHost(fabricOf(3), "node-0");
    host.toHaveLink("exp0", { mtu: 9000 });
    host.toHaveCheck("mtu", `mac=${macOf(0)}`, 9000);
    host.toHaveCheck("path-mtu", "10.10.1.2", 9000);
    host.toHaveCheck("path-mtu", "10.10.1.3", 9000);
    host.not.toHaveCheck("path-mtu", "10.10.1.1");
  });

  it("lets TCP find out about hops that drop silently, and only where packets are large", () => {
    expectHost(fabricOf(2), "node-0").toHaveSysctl("net.ipv4.tcp_mtu_probing", 1);
    expectHost(fabricOf(2, { mtu: 1500 }), "node-0").not.toHaveSysctl("net.ipv4.tcp_mtu_probing");
  });

  it("pins the path MTU of what lies behind gateways", () => {
    const result = fabricOf(2, {
      offSegment: [
        { to: "10.20.0.0/16", via: "10.10.1.254" },
        { to: "FD00:20::/64", via: "FE80::1", mtu: 1400 },
      ],
    });
    expectStack(result).toHaveNoErrors();
    const host = expectHost(result, "node-0");
    host.toHaveRoute("exp0", { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 1500 });
    host.toHaveRoute("exp0", { to: "fd00:20::/64", via: "fe80::1", mtu: 1400 });
    host.toHaveCheck("route", `mac=${macOf(0)}`, "fd00:20::/64", "fe80::1", "mtu 1400");
  });

  it.each([
    ["an address that is none", { to: "10.20.0.0/16", via: "gateway" }, "NL-IP-ADDRESS"],
    ["a network with host bits", { to: "10.20.0.1/16", via: "10.10.1.254" }, "NL-CIDR"],
    ["an MTU that is none", { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 1 }, "NL-MTU-RANGE"],
  ])("refuses %s at once, with its own path", (_what, route, code) => {
    expect(() => new JumboFabric(testStack(), "fabric", { offSegment: [route] })).toThrow(
      new RegExp(`${code}[\\s\\S]*at: {6}test/fabric`),
    );
  });

  it("finds ports by the LAN they are on", () => {
    const result = synthToFiles((stack) => {
      const interfaces = [
        { id: "a", mac: macOf(1), lan: "lan0", addresses: ["10.0.0.1/24"] },
        { id: "b", mac: macOf(2), lan: "lan1", addresses: ["10.0.1.1/24"] },
      ];
      const host = new Host(stack, "node-0", { interfaces });
      new JumboFabric(stack, "fabric", { lan: { name: "lan1", jumbo: true }, members: [host] });
    });
    expectHost(result, "node-0").toHaveLink("b", { mtu: 9000 });
    expectHost(result, "node-0").not.toHaveLink("a", { mtu: 9000 });
  });

  it("takes one host by two ports into two fabrics, and refuses it twice in one", () => {
    const stack = testStack();
    const interfaces = ["a", "b"].map((id, i) => ({ id, mac: macOf(i), addresses: [`10.0.${i}.1/24`] }));
    const host = new Host(stack, "node-0", { interfaces });
    const [one, two] = ["one", "two"].map((id) => new JumboFabric(stack, id, { switchesCarryJumbo: true }));
    one!.attachPort(host, { interface: "a" });
    two!.attachPort(host, { interface: "b" });
    expectStack(synthToFiles(stack)).toHaveNoErrors();
    expect(one!.portOf(host)?.id).toBe("a");
    expect(() => one!.attachPort(host, { interface: "b" })).toThrow("NL-FABRIC-TWICE");
  });

  it("never takes the control port, though it were the only one", () => {
    const stack = testStack();
    const host = new Host(stack, "node-0", { interfaces: [{ id: "control", control: true }] });
    expect(() => new JumboFabric(stack, "fabric", { members: [host] })).toThrow(
      /NL-PORT-CHOICE[\s\S]*no experiment interface/,
    );
  });

  it("takes members at any time before the synthesis", () => {
    const stack = testStack();
    const hosts = labHosts(stack, 2);
    const fabric = new JumboFabric(stack, "fabric", { switchesCarryJumbo: true, members: [hosts[0]!] });
    expect(fabric.members).toHaveLength(1);
    synthToFiles(stack, {});
    fabric.attach(hosts[1]!);
    expectHost(synthToFiles(stack), "node-0").toHaveCheck("path-mtu", "10.10.1.2", 9000);
  });
});

describe("the neighbours that a member probes", () => {
  it("are all others in a small segment", () => {
    expect(neighbours(1, 4)).toEqual([0, 2, 3]);
    expect(neighbours(0, 1)).toEqual([]);
  });

  it("are few in a large one, yet every member is probed, and everybody reaches everybody over them", () => {
    const count = 100;
    const all = [...Array(count).keys()].map((i) => neighbours(i, count));
    expect(Math.max(...all.map((list) => list.length))).toBeLessThanOrEqual(8);
    expect(new Set(all.flat()).size).toBe(count);
    const reached = new Set([0]);
    for (const i of reached) for (const next of all[i]!) reached.add(next);
    expect(reached.size).toBe(count);
    for (const [i, list] of all.entries()) expect(list).not.toContain(i);
  });
});
