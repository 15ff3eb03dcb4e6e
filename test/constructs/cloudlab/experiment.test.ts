import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CloudLabExperiment, CloudLabProfile, type CloudLabProfileProps } from "../../../lib/constructs/cloudlab";
import { JumboFabric } from "../../../lib/constructs/fabric";
import { LossyFabric, RdmaNode } from "../../../lib/constructs/rdma";
import { BbrHost } from "../../../lib/constructs/transport";
import type { TerraformStack } from "../../../lib/synth/cdktf";
import { expectHost, expectStack, synthToFiles, testStack } from "../../../lib/testing";
import { Duration, Rate } from "../../../lib/units";
import { itWith } from "../../support/tools";
import { FIXTURES, problemsOf, TWO_NODES, xmllint } from "./support";

const manifest = (name: string) => join(FIXTURES, "manifests", name);
const PATH = { rate: Rate.gbps(10), rtt: Duration.micros(200) };
const PLAIN_LAN: CloudLabProfileProps = { ...TWO_NODES, lans: [{ name: "lan0", members: ["node0", "node1"] }] };

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cloudlab-"));
  file = join(directory, "manifest.xml");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The stack of the documentation: profile, experiment, fabric, one host for each node. */
function build(stack: TerraformStack, profileProps: CloudLabProfileProps = PLAIN_LAN): CloudLabExperiment {
  const profile = new CloudLabProfile(stack, "two-nodes", profileProps);
  const experiment = new CloudLabExperiment(stack, "experiment", { profile, manifest: file });
  const fabric = new JumboFabric(stack, "fabric", { lan: experiment.lan("lan0") });
  fabric.attach(...experiment.nodes.map((machine) => new BbrHost(stack, machine.name, { machine, path: PATH })));
  return experiment;
}

describe("an experiment in two phases", () => {
  itWith(["xmllint"], "is a profile first: no hosts, and the fabric has asked for jumbo frames by itself", () => {
    const result = synthToFiles((stack) => {
      const experiment = build(stack);
      expect([experiment.allocated, experiment.nodes]).toEqual([false, []]);
    });
    expectStack(result).toHaveNoErrors();
    expect([...result.hosts.keys()]).toEqual([]);
    const rspec = result.files.get("cloudlab/two-nodes.rspec.xml")!;
    expect(xmllint(rspec).status).toBe(0);
    expect(rspec).toContain(`<emulab:jumboframes enabled="true"/>`);
    expect(result.files.get("cloudlab/two-nodes.py")).toContain(`"jumbo": True`);
  });

  it("asks for no jumbo frames where no fabric wants them", () => {
    const result = synthToFiles((stack) => {
      const profile = new CloudLabProfile(stack, "p", PLAIN_LAN);
      const experiment = new CloudLabExperiment(stack, "experiment", { profile });
      new JumboFabric(stack, "fabric", { lan: experiment.lan("lan0"), mtu: 1500 });
    });
    expect(result.files.get("cloudlab/p.rspec.xml")).not.toContain("jumboframes");
  });

  it("is hosts once the manifest is there, from the same program", () => {
    writeFileSync(file, readFileSync(manifest("two-c220g5-jumbo.xml")));
    const result = synthToFiles((stack) => void build(stack));
    expectStack(result).toHaveNoErrors();
    expect([...result.hosts.keys()]).toEqual(["node0", "node1"]);
    expectHost(result, "node0").toHaveLink("exp0", { mtu: 9000 });
    expectHost(result, "node0").toHaveAddress("exp0", "10.10.1.1/24");
    expectHost(result, "node1").toHaveCheck("mtu", "mac=3c:fd:fe:04:12:c9", 9000);
    expect(result.hosts.get("node0")).toMatchObject({
      policy: { name: "CloudLab" },
      machineType: "c220g5",
      managementAddress: "c220g5-110521.wisc.cloudlab.us",
    });
    expect(result.files.has("cloudlab/two-nodes.rspec.xml")).toBe(true);
    const deployed = JSON.stringify(result.tf);
    expect(deployed).toContain("c220g5-110521.wisc.cloudlab.us");
  });

  it("writes the same bytes every time", () => {
    writeFileSync(file, readFileSync(manifest("two-c220g5-jumbo.xml")));
    const run = () => [...synthToFiles((stack) => void build(stack)).files];
    expect(run()).toEqual(run());
  });

  it("refuses a manifest whose LAN was made before the fabric wanted jumbo frames", () => {
    writeFileSync(
      file,
      readFileSync(manifest("two-c220g5-jumbo.xml"), "utf8").replace(/<emulab:jumboframes[^>]*>/, ""),
    );
    const result = synthToFiles((stack) => void build(stack));
    expectStack(result).toHaveFinding("NL-011", { message: "without jumbo frames" });
    expectStack(result).toHaveFinding("NL-CLOUDLAB-STALE", { message: "LAN lan0 has no jumbo frames" });
  });

  it("refuses a manifest that does not fit the profile, and says everything that differs", () => {
    writeFileSync(file, readFileSync(manifest("two-c220g5-jumbo.xml"), "utf8").replaceAll(`"c220g5"`, `"c220g2"`));
    const three: CloudLabProfileProps = {
      nodes: [...TWO_NODES.nodes, { name: "node2", hardware: "c220g5" }],
      lans: [
        { name: "lan0", members: ["node0", { node: "node1", address: "10.10.1.77" }] },
        { name: "lan1", members: ["node0", "node2"] },
      ],
    };
    const result = synthToFiles((stack) => void build(stack, three));
    const stale = result.findings
      .filter((finding) => finding.code === "NL-CLOUDLAB-STALE")
      .map((finding) => finding.what);
    expect(stale).toEqual([
      "the manifest does not fit the profile: node node0 is of another hardware type",
      "the manifest does not fit the profile: node0:exp1 has not the address it was to have",
      "the manifest does not fit the profile: node node1 is of another hardware type",
      "the manifest does not fit the profile: node1:exp0 has not the address it was to have",
      "the manifest does not fit the profile: node node2 is missing",
      "the manifest does not fit the profile: LAN lan1 is missing",
    ]);
  });

  it("stops the synthesis on what is wrong with the profile, at the profile", () => {
    const bad: CloudLabProfileProps = {
      nodes: [
        { name: "node0", hardware: "c220g55" },
        { name: "node1", hardware: "m510" },
      ],
      lans: [
        { name: "lan0", members: ["node0", "node1"], speed: Rate.gbps(40) },
        { name: "lan1", members: ["node0", "node1"], subnet: "172.20.0.0/24" },
        { name: "lan2", members: ["node0", "node1"], subnet: "10.10.1.128/25" },
      ],
    };
    const result = synthToFiles((stack) => void new CloudLabProfile(stack, "p", bad));
    expectStack(result).toHaveFinding("NL-MACHINE-TYPE", { path: "test/p" });
    expectStack(result).toHaveFinding("NL-CLOUDLAB-PORTS");
    expectStack(result).toHaveFinding("NL-RSPEC-ADDRESS", { message: "172.16.0.0/12" });
    expectStack(result).toHaveFinding("NL-RSPEC-SUBNET", { message: "overlapping" });
    expect(result.files.size).toBe(0);
  });

  it("shows warnings of the profile and notes on the manifest", () => {
    const result = synthToFiles((stack) => {
      new CloudLabProfile(stack, "p", {
        nodes: TWO_NODES.nodes,
        lans: [{ name: "lan0", members: ["node0", "node1"], jumbo: true, shapedTo: Rate.gbps(1) }],
      });
      CloudLabExperiment.fromManifest(stack, "e", manifest("two-sites-utah.xml"));
    });
    const messages = result.annotations.filter((annotation) => annotation.level === "warning");
    expect(messages.map(({ path, message }) => [path, message.split(":")[0]])).toEqual([
      ["test/p", "NL-CLOUDLAB-SHAPED-JUMBO"],
      ["test/e", "NL-MANIFEST"],
    ]);
  });
});

describe("the typed nodes of a manifest", () => {
  const experiment = (name: string, login = {}) =>
    CloudLabExperiment.fromManifest(testStack(), "e", manifest(name), login);

  it("carry what hosts need: SSH target, machine type, experiment ports, and the control port apart", () => {
    expect(experiment("two-c220g5-jumbo.xml").nodes[0]).toMatchObject({
      name: "node0",
      clientId: "node0",
      kind: "bare-metal",
      hardware: "c220g5",
      site: "wisconsin",
      component: "c220g5-110521",
      controlAddress: "128.105.145.11",
      testbed: { name: "CloudLab" },
      target: { kind: "ssh", host: "c220g5-110521.wisc.cloudlab.us", port: 22, user: "alice" },
      interfaces: [
        { id: "exp0", mac: "3c:fd:fe:04:10:a1", addresses: ["10.10.1.1/24"], lan: "lan0", control: false },
        { id: "control", control: true, addresses: ["128.105.145.11/32"] },
      ],
    });
  });

  it("go into RdmaNode where the type has RoCE, and are refused by it where it has not", () => {
    const rdma = (name: string, node: string) =>
      synthToFiles((stack) => {
        const found = CloudLabExperiment.fromManifest(stack, "e", manifest(name), { user: "alice" });
        const machine = found.machine(node);
        const segment = new JumboFabric(stack, "segment", { lan: found.lan("lan0") });
        const fabric = new LossyFabric(stack, "fabric", { segment });
        new RdmaNode(stack, machine.name, { machine, interface: "exp0", fabric });
      });
    const result = rdma("ipv6-and-gaps.xml", "six");
    expectStack(result).toHaveNoErrors();
    expectHost(result, "six").toHaveLink("exp0", { mtu: 9000 });
    expectStack(rdma("two-c220g5-jumbo.xml", "node0")).toHaveFinding("NL-RDMA-CARD");
  });

  it("need to be told the user where the manifest lists several", () => {
    expect(problemsOf(() => experiment("three-m510-portal-view.xml"))[0]).toMatchObject({
      code: "NL-CLOUDLAB-USER",
      path: "test/e",
      allowed: "Carol, alice, bob",
      remedy: `{ user: "Carol" }`,
    });
    const { nodes } = experiment("three-m510-portal-view.xml", { user: "bob", identityFile: "~/.ssh/cloudlab" });
    expect(nodes.map((node) => node.target)).toEqual(
      ["ms0101", "ms0102", "ms0103"].map((name) => ({
        kind: "ssh",
        host: `${name}.utah.cloudlab.us`,
        port: 22,
        user: "bob",
        identityFile: "~/.ssh/cloudlab",
      })),
    );
  });

  it("leave out storage nodes and delay bridges, and take virtual machines by their port", () => {
    expect(experiment("tagged-with-blockstore.xml").nodes.map((node) => node.clientId)).toEqual(["nfs", "node1"]);
    const { nodes } = experiment("vms-among-metal.xml");
    expect(nodes.map((node) => [node.name, node.clientId, node.kind, node.target])).toMatchObject([
      ["server", "server", "bare-metal", { port: 22 }],
      ["vm-1", "VM_1", "virtual-machine", { host: "hp020.utah.cloudlab.us", port: 30010 }],
      ["box", "box", "container", { port: 30011 }],
    ]);
    expect(nodes[1]?.interfaces[0]).toMatchObject({ id: "exp0", mac: "02:65:b6:20:5a:d1" });
  });

  it("find ports that share a cable by their VLAN device, since their MACs are made up", () => {
    expect(experiment("tagged-with-blockstore.xml").nodes[0]?.interfaces).toMatchObject([
      { id: "exp0", name: "vlan212", lan: "nfsLan" },
      { id: "exp1", name: "vlan213", lan: "dslink" },
      { id: "control" },
    ]);
  });

  it("say when two nodes would become one host, or nobody can log in", () => {
    const text = readFileSync(manifest("two-c220g5-jumbo.xml"), "utf8");
    writeFileSync(file, text.replaceAll("node0", "no.de").replaceAll("node1", "no-de"));
    expect(problemsOf(() => CloudLabExperiment.fromManifest(testStack(), "e", file))[0]).toMatchObject({
      code: "NL-CLOUDLAB-NAME",
      value: "no-de",
    });
    writeFileSync(file, text.replace(/<login[^>]*>/g, "").replace(/<host [^>]*>/g, ""));
    expect(problemsOf(() => CloudLabExperiment.fromManifest(testStack(), "e", file))[0]?.code).toBe(
      "NL-CLOUDLAB-LOGIN",
    );
  });

  it("are found by name, and LANs as well; a slip gets the list", () => {
    const found = experiment("ipv6-and-gaps.xml", { user: "alice" });
    expect(found.machine("six").hardware).toBe("r650");
    expect(found.lan("lan0")).toMatchObject({ jumbo: true, members: ["six", "bare"] });
    expect(found.lan("lan0").subnet?.toString()).toBe("10.10.1.0/24");
    expect(problemsOf(() => found.machine("seven"))[0]).toMatchObject({
      code: "NL-CLOUDLAB-NODE",
      allowed: "six, bare",
    });
    expect(problemsOf(() => found.lan("lan9"))[0]).toMatchObject({ code: "NL-CLOUDLAB-LAN", allowed: "lan0, lan1" });
  });

  it("come from several sites together", () => {
    const stack = testStack();
    const files = [manifest("two-sites-utah.xml"), manifest("two-sites-clemson.xml")];
    expect(CloudLabExperiment.fromManifest(stack, "e", files).nodes.map((node) => [node.name, node.site])).toEqual([
      ["left", "utah"],
      ["right", "clemson"],
    ]);
    expect(CloudLabExperiment.fromManifest(stack, "j", manifest("two-sites-api.json")).nodes).toHaveLength(2);
  });

  it("are refused on a missing file, and on nothing at all", () => {
    expect(problemsOf(() => CloudLabExperiment.fromManifest(testStack(), "e", file))[0]?.what).toContain(
      "does not exist",
    );
    expect(problemsOf(() => new CloudLabExperiment(testStack(), "e", {}))[0]?.what).toContain(
      "a profile, a manifest, or both",
    );
    const profile = new CloudLabProfile(testStack(), "p", TWO_NODES);
    const partly = [manifest("two-sites-utah.xml"), file];
    expect(problemsOf(() => new CloudLabExperiment(testStack(), "e", { profile, manifest: partly }))[0]?.value).toEqual(
      [file],
    );
    expect(
      problemsOf(() => new CloudLabExperiment(testStack(), "f", { profile }).machine("node0"))[0]?.remedy,
    ).toContain("allocated");
  });
});
