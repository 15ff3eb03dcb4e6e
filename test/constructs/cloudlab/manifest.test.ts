import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readManifests } from "../../../lib/constructs/cloudlab/manifest/read";
import type { Manifest } from "../../../lib/constructs/cloudlab/manifest/types";
import { FIXTURES, problemsOf } from "./support";

const text = (name: string) => readFileSync(join(FIXTURES, "manifests", name), "utf8");
const read = (...names: string[]): Manifest =>
  readManifests(names.map((name) => ({ source: name, content: text(name) })));
const parse = (content: string) => readManifests([{ source: "m.xml", content }]);
const refused = (content: string) => problemsOf(() => parse(content));

/** One line for each node, for comparison. */
function nodes(manifest: Manifest): readonly string[] {
  return manifest.nodes.map((node) => {
    const ports = node.interfaces.map(
      (p) => `${p.clientId}=${p.mac ?? "?"}${p.virtual ? "*" : ""}[${p.addresses.join(" ")}]`,
    );
    return [node.name, node.kind, node.site, node.hardware, node.controlAddress, ...ports].join(" ");
  });
}

const GOOD = text("two-c220g5-jumbo.xml");

describe("manifests as the portal hands them out", () => {
  it("two bare-metal nodes on a jumbo LAN", () => {
    const manifest = read("two-c220g5-jumbo.xml");
    expect(nodes(manifest)).toEqual([
      "node0 bare-metal wisconsin c220g5 128.105.145.11 node0:exp0=3c:fd:fe:04:10:a1[10.10.1.1/24]",
      "node1 bare-metal wisconsin c220g5 128.105.145.13 node1:exp0=3c:fd:fe:04:12:c9[10.10.1.2/24]",
    ]);
    expect(manifest.nodes[0]).toMatchObject({
      component: "c220g5-110521",
      image: "urn:publicid:IDN+emulab.net+image+emulab-ops//UBUNTU22-64-STD",
      controlName: "node0.demo.proj-PG0.wisc.cloudlab.us",
      logins: [{ host: "c220g5-110521.wisc.cloudlab.us", port: 22, user: "alice" }],
    });
    expect(manifest.nodes[0]?.interfaces[0]?.port).toBe("eth2");
    expect(manifest.lans).toMatchObject([
      { name: "lan0", members: ["node0:exp0", "node1:exp0"], jumbo: true, vlan: 268, tagged: false, shaped: false },
    ]);
    expect(manifest.lans[0]?.capacity?.toString()).toBe("10 Gbit/s");
    expect(manifest.notes).toEqual([]);
  });

  it("the portal's view, which says request, with several users and no image", () => {
    const manifest = read("three-m510-portal-view.xml");
    expect(nodes(manifest)).toHaveLength(3);
    expect(manifest.nodes[2]).toMatchObject({ site: "utah", hardware: "m510", image: undefined });
    expect(manifest.nodes[2]?.logins.map((login) => login.user)).toEqual(["alice", "bob", "Carol"]);
    expect(manifest.lans).toMatchObject([{ name: "link-1", jumbo: false, capacity: undefined }]);
  });

  it("two LANs on one port, with made-up MACs, and a storage node that is no machine", () => {
    const manifest = read("tagged-with-blockstore.xml");
    expect(nodes(manifest)).toEqual([
      "nfs bare-metal emulab d430 155.98.36.136 nfs:if0=02:57:51:9c:3c:19*[10.10.1.1/24] nfs:if1=02:bd:fa:22:ba:f2*[10.254.254.254/30]",
      "dsnode other emulab blockstore  dsnode:if0=02:21:bd:7b:16:83*[10.254.254.253/30]",
      "node1 bare-metal emulab d710 155.98.38.27 node1:if0=02:e7:45:7e:10:0f*[10.10.1.2/24]",
    ]);
    expect(manifest.nodes[0]?.interfaces.map((port) => port.port)).toEqual(["eth3", "eth3"]);
    expect(manifest.lans.map((lan) => [lan.name, lan.tagged, lan.vlan])).toEqual([
      ["nfsLan", true, 212],
      ["dslink", true, 213],
    ]);
  });

  it("virtual machines and a container among bare metal, under other prefixes", () => {
    const manifest = read("vms-among-metal.xml");
    expect(manifest.nodes.map((node) => [node.name, node.kind, node.logins[0]?.port])).toEqual([
      ["server", "bare-metal", 22],
      ["VM_1", "virtual-machine", 30010],
      ["box", "container", 30011],
      ["bridge", "other", undefined],
    ]);
    expect(manifest.nodes[0]?.hardware).toBe("xl170");
    expect(manifest.nodes[0]?.interfaces[0]?.addresses.map(String)).toEqual(["192.168.1.1/16"]);
    expect(manifest.lans[0]).toMatchObject({ shaped: true, members: ["interface-0", "interface-1", "interface-2"] });
  });

  it("IPv6, several LANs, every way to write a MAC, and parts that are missing", () => {
    const manifest = read("ipv6-and-gaps.xml");
    expect(nodes(manifest)).toEqual([
      "six bare-metal clemson r650 2620:103:a006::201 six:if0=0c:42:a1:00:00:01[10.10.1.1/24 fd00:10:1::1/64] six:if1=0c:42:a1:00:00:02[fd00:10:2::1/64] six:if2=?[]",
      "bare bare-metal clemson  130.127.133.202 bare:if0=0c:42:a1:00:00:03[]",
    ]);
    expect(manifest.nodes[0]?.logins).toEqual([{ host: "clnode201.clemson.cloudlab.us", port: 22, user: "alice" }]);
    expect(manifest.lans.map((lan) => [lan.name, lan.jumbo, lan.capacity?.toString()])).toEqual([
      ["lan0", true, "25 Gbit/s"],
      ["lan1", false, undefined],
    ]);
    expect(manifest.notes).toEqual(["a LAN names an interface that no manifest here describes (lan1: gone:if0)"]);
  });

  it("one manifest for each of two sites, in either order, as the API's JSON, or all in one file", () => {
    const wanted = [
      "left bare-metal utah m510 128.110.219.5 left:if0=14:58:d0:58:0a:03[10.10.1.1/24]",
      "right bare-metal clemson r650 130.127.134.5 right:if0=0c:42:a1:00:00:31[10.10.1.2/24]",
    ];
    expect(nodes(read("two-sites-utah.xml", "two-sites-clemson.xml"))).toEqual(wanted);
    expect([...nodes(read("two-sites-clemson.xml", "two-sites-utah.xml"))].sort()).toEqual(wanted);
    expect([...nodes(read("two-sites-api.json"))].sort()).toEqual(wanted);
    expect(nodes(read("two-sites-one-file.xml"))).toEqual(wanted);
    expect(read("two-sites-api.json").lans).toMatchObject([{ name: "wan", members: ["left:if0", "right:if0"] }]);
  });

  it("says which site's manifest is missing", () => {
    const manifest = read("two-sites-utah.xml");
    expect(manifest.nodes.map((node) => node.name)).toEqual(["left"]);
    expect(manifest.notes).toContain("node right has no hardware in these manifests; add the manifest of its site");
  });

  it("version 2 of RSpec, which has no sliver types", () => {
    const manifest = read("version-2.xml");
    expect(manifest.nodes.map((node) => [node.name, node.kind, node.site, node.controlAddress])).toEqual([
      ["left", "bare-metal", "emulab", undefined],
      ["right", "bare-metal", "emulab", undefined],
    ]);
    expect(manifest.lans[0]?.capacity?.toString()).toBe("100 Mbit/s");
  });

  it("is the same with CRLF, a byte order mark and comments", () => {
    const crlf = `\ufeff${GOOD.replace(/\n/g, "\r\n").replace("<services>", "<services><!-- c -->")}`;
    expect(nodes(parse(crlf))).toEqual(nodes(parse(GOOD)));
  });
});

describe("what is refused in a manifest", () => {
  it.each([
    [
      "the request instead of the manifest",
      GOOD.replace(/ (sliver_id|component_id)="[^"]*"/g, ""),
      /no allocated node: it is the request/,
    ],
    ["another kind of XML", "<html/>", /is no RSpec/],
    ["a MAC that is none", GOOD.replace("3cfdfe0410a1", "3cfdfe0410"), /not the MAC address/],
    [
      "a MAC twice",
      GOOD.replace("3cfdfe0412c9", "3CFDFE0410A1"),
      /node0:exp0 and node1:exp0 have the same MAC address/,
    ],
    ["an address twice", GOOD.replace("10.10.1.2", "10.10.1.1"), /have the same address/],
    ["an address that is none", GOOD.replace("10.10.1.2", "10.10.1.256"), /not an interface address/],
    ["a netmask that is none", GOOD.replace("255.255.255.0", "255.255.0.255"), /no valid netmask/],
    ["a node twice", GOOD.replaceAll("node1", "node0").replace("110523", "110521"), /twice|different machines/],
    ["a node without name", GOOD.replace(`client_id="node0"`, ""), /no usable client_id/],
    [
      "a node named like an option",
      GOOD.replace(`client_id="node0"`, `client_id="-oProxyCommand=x"`),
      /no usable client_id/,
    ],
    [
      "a login host that ssh would take for an option",
      GOOD.replace("c220g5-110521.wisc.cloudlab.us", "-oProxyCommand=x"),
      /cannot be passed to ssh/,
    ],
    [
      "a login with shell characters",
      GOOD.replace(`username="alice"`, `username="a;rm -rf"`),
      /cannot be passed to ssh/,
    ],
    ["a login port out of range", GOOD.replace(`port="22"`, `port="65536"`), /cannot be passed to ssh/],
    ["a capacity in words", GOOD.replace(`capacity="10000000"`, `capacity="fast"`), /not a number of kbit/],
    ["a link without name", GOOD.replace(`client_id="lan0"`, ""), /a link has no client_id/],
    ["a control address that is none", GOOD.replace("128.105.145.11", "128.105.145"), /not an IP address/],
    ["JSON that is none", "{ <rspec/>", /starts like JSON but cannot be read/],
    ["JSON of another shape", `{ "error": { "code": 404 } }`, /error holds no RSpec text/],
  ])("%s", (_what, content, message) => {
    expect(
      refused(content)
        .map((problem) => problem.what)
        .join("\n"),
    ).toMatch(message);
  });

  it("manifests of two experiments", () => {
    const other = GOOD.replaceAll("110521", "110999");
    const files = [
      { source: "a.xml", content: GOOD },
      { source: "b.xml", content: other },
    ];
    expect(problemsOf(() => readManifests(files))[0]?.what).toContain("they are of different experiments");
  });

  it("tells everything that is wrong at once", () => {
    const content = GOOD.replace("3cfdfe0410a1", "x")
      .replace("10.10.1.2", "y")
      .replace(`username="alice"`, `username="$"`);
    expect(refused(content)).toHaveLength(3);
  });

  it("no manifest at all", () => {
    expect(problemsOf(() => readManifests([]))[0]?.code).toBe("NL-MANIFEST");
  });
});
