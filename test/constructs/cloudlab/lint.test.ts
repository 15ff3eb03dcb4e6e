import { describe, expect, it } from "vitest";
import { lintRequestRspec } from "../../../lib/constructs/cloudlab";
import { writeRequestRspec } from "../../../lib/constructs/cloudlab/request/rspec";
import { itWith } from "../../support/tools";
import { problemsOf, resolved, TWO_NODES, xmllint } from "./support";

const GOOD = writeRequestRspec(
  resolved({ ...TWO_NODES, lans: [{ name: "lan0", members: ["node0", "node1"], jumbo: true }] }).model,
).replace(
  `<emulab:jumboframes enabled="true"/>`,
  `<emulab:jumboframes enabled="true"/>
    <property source_id="node0:exp0" dest_id="lan0" capacity="10000000"/>`,
);

function lint(from: string, to: string) {
  expect(GOOD).toContain(from);
  return lintRequestRspec(GOOD.replace(from, to), "x.rspec.xml");
}

/** Mistakes that the official schema accepts, and what we say to them. */
const PASSED_BY_THE_SCHEMA: readonly (readonly [what: string, from: string, to: string, code: string, text: RegExp])[] =
  [
    [
      "a misspelt extension element",
      "emulab:jumboframes",
      "emulab:jumboframe",
      "NL-RSPEC-ELEMENT",
      /no element emulab:jumboframe and would ignore it/,
    ],
    [
      "an extension element in another case",
      "emulab:best_effort",
      "emulab:bestEffort",
      "NL-RSPEC-ELEMENT",
      /bestEffort/,
    ],
    [
      "a misspelt extension attribute",
      `emulab:jumboframes enabled=`,
      `emulab:jumboframes enable=`,
      "NL-RSPEC-ATTRIBUTE",
      /no attribute enable$/m,
    ],
    [
      "a switch that is neither true nor false",
      `jumboframes enabled="true"`,
      `jumboframes enabled="yes"`,
      "NL-RSPEC-ATTRIBUTE",
      /only true or false/,
    ],
    [
      "a capacity in words",
      `capacity="10000000"`,
      `capacity="ten"`,
      "NL-RSPEC-NUMBER",
      /capacity is not such a number/,
    ],
    ["a capacity with a unit", `capacity="10000000"`, `capacity="10G"`, "NL-RSPEC-NUMBER", /capacity/],
    ["a capacity of zero", `capacity="10000000"`, `capacity="0"`, "NL-RSPEC-NUMBER", /capacity/],
    [
      "a property that names no interface",
      `source_id="node0:exp0"`,
      `source_id="node0:exp9"`,
      "NL-RSPEC-REFERENCE",
      /source_id of a property of link lan0/,
    ],
    [
      "a member that is no interface",
      `interface_ref client_id="node1:exp0"`,
      `interface_ref client_id="node1:if1"`,
      "NL-RSPEC-REFERENCE",
      /no interface of a node/,
    ],
    [
      "a member that is a node",
      `interface_ref client_id="node1:exp0"`,
      `interface_ref client_id="node1"`,
      "NL-RSPEC-REFERENCE",
      /no interface/,
    ],
    [
      "an address twice",
      `address="10.10.1.2"`,
      `address="10.10.1.1"`,
      "NL-RSPEC-ADDRESS",
      /node1:exp0 has the same address as node0:exp0/,
    ],
    [
      "an address in another subnet",
      `address="10.10.1.2"`,
      `address="10.10.2.2"`,
      "NL-RSPEC-SUBNET",
      /different subnets/,
    ],
    [
      "an address of the virtual control network",
      `address="10.10.1.2"`,
      `address="172.20.1.2"`,
      "NL-RSPEC-ADDRESS",
      /172\.16\.0\.0\/12/,
    ],
    ["something that is no address", `address="10.10.1.2"`, `address="10.10.1"`, "NL-INTERFACE-ADDRESS", /./],
    [
      "a broadcast address",
      `address="10.10.1.2"`,
      `address="10.10.1.255"`,
      "NL-INTERFACE-ADDRESS",
      /no interface can carry/,
    ],
    [
      "a netmask with holes",
      `netmask="255.255.255.0"`,
      `netmask="255.0.255.0"`,
      "NL-RSPEC-ADDRESS",
      /no valid netmask/,
    ],
    ["no netmask", ` netmask="255.255.255.0"`, "", "NL-RSPEC-ADDRESS", /no valid netmask/],
    [
      "a node name twice",
      `node client_id="node1"`,
      `node client_id="node0"`,
      "NL-RSPEC-CLIENT-ID",
      /one client_id for two things/,
    ],
  ];

describe("checking a request RSpec for what the schema lets pass", () => {
  it("finds nothing in a good one", () => {
    expect(lintRequestRspec(GOOD)).toEqual({ errors: [], warnings: [] });
  });

  it.each(PASSED_BY_THE_SCHEMA)("finds %s", (_what, from, to, code, text) => {
    const { errors } = lint(from, to);
    expect(errors.map((problem) => problem.code)).toContain(code);
    expect(errors.map((problem) => problem.what).join("\n")).toMatch(text);
  });

  itWith(["xmllint"], "is needed: the schema accepts every one of these mistakes", () => {
    for (const [what, from, to] of PASSED_BY_THE_SCHEMA) {
      expect([what, xmllint(GOOD.replace(from, to)).status]).toEqual([what, 0]);
    }
  });

  it("suggests the element that was meant", () => {
    expect(lint("emulab:jumboframes", "emulab:jumbo_frames").errors[0]?.remedy).toBe("<emulab:jumboframes>");
  });

  it("takes a capacity in bit/s for what it is", () => {
    const { errors, warnings } = lint(`capacity="10000000"`, `capacity="10000000000"`);
    expect(errors).toEqual([]);
    expect(warnings[0]).toMatchObject({ code: "NL-RSPEC-CAPACITY", remedy: `capacity="10000000"` });
  });

  it("finds one interface in two links, and two links in one subnet", () => {
    const again = `<link client_id="lan1"><interface_ref client_id="node0:exp0"/><interface_ref client_id="node1:exp0"/></link></rspec>`;
    const codes = lintRequestRspec(GOOD.replace("</rspec>", again)).errors.map((problem) => problem.what);
    expect(codes.filter((what) => what.includes("two links use one interface"))).toHaveLength(2);
    expect(codes.some((what) => what.includes("overlapping subnets"))).toBe(true);
  });

  it("leaves elements of other vocabularies alone", () => {
    const { errors } = lint(
      "<link ",
      `<icon xmlns="http://www.protogeni.net/resources/rspec/ext/jacks/1" whatever="1"/><link `,
    );
    expect(errors).toEqual([]);
  });

  it("tells all mistakes at once, each with its line", () => {
    const text = GOOD.replace("emulab:jumboframes", "emulab:jumbo").replace(`capacity="10000000"`, `capacity="x"`);
    const { errors } = lintRequestRspec(text);
    expect(errors.map((problem) => problem.what.match(/^line \d+/)?.[0])).toEqual(["line 27", "line 28"]);
  });

  it("refuses a manifest, an advertisement and other XML", () => {
    for (const text of [
      GOOD.replace(`type="request"`, `type="manifest"`),
      "<a/>",
      GOOD.replaceAll("rspec/3", "rspec/2"),
    ]) {
      expect(lintRequestRspec(text).errors[0]?.code).toBe("NL-RSPEC-ROOT");
    }
  });

  it("refuses what is no XML", () => {
    expect(problemsOf(() => lintRequestRspec("<rspec"))[0]?.code).toBe("NL-XML-READ");
  });
});
