import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lintRequestRspec } from "../../../lib/constructs/cloudlab/lint/request-lint";
import { writeProfileScript } from "../../../lib/constructs/cloudlab/request/profile-script";
import type { CloudLabTopologyProps } from "../../../lib/constructs/cloudlab/request/props";
import { writeRequestRspec } from "../../../lib/constructs/cloudlab/request/rspec";
import { readXml, type XmlElement } from "../../../lib/constructs/cloudlab/xml/read";
import { Rate } from "../../../lib/units";
import { itWith } from "../../support/tools";
import { FIXTURES, resolved, TWO_NODES, xmllint } from "./support";

const EVERYTHING: CloudLabTopologyProps = {
  nodes: [
    {
      name: "head",
      hardware: "c220g5",
      component: "c220g5-110521",
      image: "urn:publicid:IDN+emulab.net+image+emulab-ops//UBUNTU24-64-STD",
      install: [{ url: "https://example.org/a.tar.gz?x=1&y=2", path: "/local" }],
      startup: [`sudo sh -c 'echo "a < b" >> /tmp/x'`, "first\nsecond\tthird", "echo ${HOME} é \u{1f600} \\n"],
      blockstores: [
        { name: "bs0", mountpoint: "/mydata", gigabytes: 100, placement: "nonsysvol" },
        { name: "bs1", mountpoint: "/data", dataset: "urn:publicid:IDN+wisc.cloudlab.us:proj+imdataset+set" },
      ],
      publicAddress: true,
      tolerateBootFailure: true,
    },
    { name: "w1", hardware: "c220g2", site: "wisconsin" },
    { name: "w2", hardware: "c220g5" },
    { name: "spare", hardware: "c220g5" },
  ],
  lans: [
    {
      name: "fast",
      members: ["head", "w1", { node: "w2", address: "10.10.1.200" }],
      jumbo: true,
      sameSwitch: true,
      speed: Rate.gbps(10),
    },
    {
      name: "slow_1",
      members: [{ node: "head", address: "10.99.0.1" }, "w2"],
      subnet: "10.99.0.0/30",
      shapedTo: Rate.mbps(100),
    },
    { name: "t0", members: ["w1", "spare"], sharedPort: true },
  ],
};

const TEXTS = { description: 'A "quoted" profile \\ with \\n', instructions: 'Line one\nLine two """ quotes' };

describe("the request RSpec", () => {
  it("is exactly this for two nodes on a jumbo LAN", () => {
    expect(writeRequestRspec(resolved(TWO_NODES).model)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<rspec xmlns="http://www.geni.net/resources/rspec/3" xmlns:emulab="http://www.protogeni.net/resources/rspec/ext/emulab/1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.geni.net/resources/rspec/3 http://www.geni.net/resources/rspec/3/request.xsd" type="request">
  <node client_id="node0" exclusive="true" component_manager_id="urn:publicid:IDN+wisc.cloudlab.us+authority+cm">
    <sliver_type name="raw-pc">
      <disk_image name="urn:publicid:IDN+emulab.net+image+emulab-ops//UBUNTU22-64-STD"/>
    </sliver_type>
    <hardware_type name="c220g5"/>
    <interface client_id="node0:exp0">
      <ip address="10.10.1.1" netmask="255.255.255.0" type="ipv4"/>
    </interface>
  </node>
  <node client_id="node1" exclusive="true" component_manager_id="urn:publicid:IDN+wisc.cloudlab.us+authority+cm">
    <sliver_type name="raw-pc">
      <disk_image name="urn:publicid:IDN+emulab.net+image+emulab-ops//UBUNTU22-64-STD"/>
    </sliver_type>
    <hardware_type name="c220g5"/>
    <interface client_id="node1:exp0">
      <ip address="10.10.1.2" netmask="255.255.255.0" type="ipv4"/>
    </interface>
  </node>
  <link client_id="lan0">
    <interface_ref client_id="node0:exp0"/>
    <interface_ref client_id="node1:exp0"/>
    <link_type name="lan"/>
    <emulab:vlan_tagging enabled="false"/>
    <emulab:best_effort enabled="true"/>
    <emulab:jumboframes enabled="true"/>
  </link>
</rspec>
`);
  });

  it("asks for no shaping unless it is asked to shape", () => {
    const rspec = writeRequestRspec(resolved(EVERYTHING).model);
    const links = readXml(rspec, "r").children.filter((child) => child.name === "link");
    const names = links.map((link) => link.children.map((child) => child.name));
    expect(names[0]).toContain("best_effort");
    expect(names[1]).not.toContain("best_effort");
    // A rate alone can bring a shaper; a LAN without one has nothing that could be shaped.
    expect(names.map((children) => children.includes("force_nobwshaping"))).toEqual([true, false, false]);
    expect(rspec).toContain(`<property source_id="head:exp0" dest_id="fast" capacity="10000000"/>`);
    expect(rspec).toContain(`<property source_id="head:exp1" dest_id="slow_1" capacity="100000"/>`);
    expect(writeRequestRspec(resolved(TWO_NODES).model)).not.toContain("capacity");
  });

  itWith(["xmllint"], "is accepted by the official schema, with everything in it", () => {
    const { model, problems } = resolved(EVERYTHING);
    expect(problems).toEqual([]);
    for (const props of [EVERYTHING, TWO_NODES, { nodes: TWO_NODES.nodes }]) {
      expect(xmllint(writeRequestRspec(resolved(props).model))).toMatchObject({ status: 0 });
    }
    expect(lintRequestRspec(writeRequestRspec(model))).toEqual({ errors: [], warnings: [] });
  });

  itWith(["xmllint"], "is checked by a schema that does refuse mistakes", () => {
    expect(xmllint(readFileSync(join(FIXTURES, "negative-bad-attributes.xml"), "utf8")).status).toBe(3);
  });

  itWith(
    ["xmllint"],
    "stays valid and free of findings for any topology",
    () => {
      const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/);
      const topology = fc
        .record({
          names: fc.uniqueArray(name, { minLength: 2, maxLength: 12, selector: (text) => text.toLowerCase() }),
          lans: fc.array(fc.record({ jumbo: fc.boolean(), sameSwitch: fc.boolean(), sharedPort: fc.boolean() }), {
            maxLength: 4,
          }),
          startup: fc.array(fc.string({ minLength: 1 }).filter((text) => text.trim() !== "")),
        })
        .map(
          ({ names, lans, startup }): CloudLabTopologyProps => ({
            nodes: names.map((node) => ({ name: node, hardware: "c220g5", startup })),
            lans: lans.map((lan, i) => ({ ...lan, name: `lan_${i}`, members: names })),
          }),
        );
      fc.assert(
        fc.property(topology, (props) => {
          const { model, problems } = resolved(props);
          const rspec = writeRequestRspec(model);
          expect(problems).toEqual([]);
          expect(xmllint(rspec).status).toBe(0);
          expect(lintRequestRspec(rspec).errors).toEqual([]);
        }),
        { numRuns: 40 },
      );
    },
    60_000,
  );
});

/** Elements without line numbers, for comparison. */
function shape(element: XmlElement): unknown {
  return [element.name, { ...element.attributes }, element.children.map(shape)];
}

function runProfile(script: string, args: readonly string[] = []) {
  return spawnSync("python3", ["-", ...args], {
    input: script,
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: FIXTURES, PYTHONDONTWRITEBYTECODE: "1" },
  });
}

describe("the profile script", () => {
  itWith(["python3"], "prints the same nodes and links as the RSpec", () => {
    for (const props of [TWO_NODES, EVERYTHING]) {
      const { model } = resolved(props);
      const run = runProfile(writeProfileScript(model, TEXTS));
      expect(run.stderr).toBe("");
      expect(readXml(run.stdout, "profile.py").children.map(shape)).toEqual(
        readXml(writeRequestRspec(model), "rspec").children.map(shape),
      );
    }
  });

  itWith(["python3", "xmllint"], "prints a valid request with fewer nodes, another type and another image", () => {
    const script = writeProfileScript(resolved(TWO_NODES).model, TEXTS);
    const image = "urn:publicid:IDN+emulab.net+image+emulab-ops//UBUNTU24-64-STD";
    const changed = runProfile(script, ["hardwareType=c220g2", `image=${image}`]);
    expect(changed.stdout.match(/hardware_type name="c220g2"/g)).toHaveLength(2);
    expect(changed.stdout).toContain(image);
    expect(xmllint(changed.stdout).status).toBe(0);
    const one = runProfile(script, ["nodeCount=1"]);
    expect(one.stdout.match(/<node /g)).toHaveLength(1);
    expect(one.stdout).not.toContain("<link");
    expect(xmllint(one.stdout).status).toBe(0);
  });

  itWith(["python3"], "refuses a number of nodes that it does not have", () => {
    const script = writeProfileScript(resolved(TWO_NODES).model, TEXTS);
    for (const count of ["0", "3"]) {
      const run = runProfile(script, [`nodeCount=${count}`]);
      expect(run.status).toBe(1);
      expect(run.stderr).toContain("nodeCount must be 1 to 2");
    }
  });

  it("offers type and image as parameters only where all nodes share them", () => {
    const script = writeProfileScript(resolved(EVERYTHING).model, TEXTS);
    expect(script).not.toContain('"hardwareType"');
    expect(script).toContain('node.hardware_type = row["hardware"]');
    expect(writeProfileScript(resolved(TWO_NODES).model, TEXTS)).toContain("node.hardware_type = params.hardwareType");
  });

  itWith(
    ["python3"],
    "carries any text into Python unchanged",
    () => {
      const unit = fc.string({ unit: "grapheme", minLength: 1 });
      const text = fc.oneof(
        unit,
        fc.constantFrom('"""', "\\", "'; import os #", "\u2028", "\r\n", "%s {x}", "\\N{DASH}", "\u0085"),
      );
      fc.assert(
        fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (startup) => {
          const { model } = resolved({ nodes: [{ name: "n", hardware: "c220g5", startup }] });
          const script = writeProfileScript(model, {
            description: startup.join(" "),
            instructions: startup.join("\n"),
          });
          const check = `${script}\nimport json, sys\nsys.stderr.write(json.dumps(NODES[0]["startup"]))\n`;
          expect(JSON.parse(runProfile(check.replace("pc.printRequestRSpec(request)", "")).stderr)).toEqual(startup);
          expect(script).toMatch(/^[\x20-\x7e\n]*$/);
        }),
        { numRuns: 10 },
      );
    },
    60_000,
  );
});
