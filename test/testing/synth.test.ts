import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Annotations, Aspects, type IAspect, type TerraformStack } from "cdktf";
import type { IConstruct } from "constructs";
import { describe, expect, it, vi } from "vitest";
import { Applier, BbrHost, Deployment, Host, Rules } from "../../lib";
import { HostFeature, type HostSettings } from "../../lib/features";
import { logicalIds, synthToFiles, testStack } from "../../lib/testing";
import { labHost, labHosts, labMesh } from "../support/lab";
import { inDirectory } from "../support/output";

describe("testStack", () => {
  it("leaves no directory behind, and none in the working directory", () => {
    const directory = mkdtempSync(join(tmpdir(), "netloom-cwd-"));
    const scratch = join(directory, "scratch");
    mkdirSync(scratch);
    vi.stubEnv("TMPDIR", scratch);
    const here = readdirSync(".");
    try {
      inDirectory(directory, () => expect(testStack("lab").node.path).toBe("lab"));
      expect(readdirSync(scratch)).toEqual([]);
      expect(readdirSync(directory)).toEqual(["scratch"]);
      expect(readdirSync(".")).toEqual(here);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("synthToFiles", () => {
  it("gives all files, the Terraform JSON and the merged settings without writing anything", () => {
    const directory = mkdtempSync(join(tmpdir(), "netloom-cwd-"));
    const here = readdirSync(".");
    const result = inDirectory(directory, () => synthToFiles((stack) => void labMesh(stack)));
    expect(result.errors).toEqual([]);
    expect([...result.files.keys()]).toEqual(
      expect.arrayContaining(["netloom.json", "agent.sh", "hosts/node-0/plan", "wireguard/test-mesh.peers"]),
    );
    expect(Object.keys(result.tf.resource?.["null_resource"] ?? {})).toHaveLength(5);
    expect(result.hosts.get("node-1")?.path).toBe("test/node-1");
    expect(JSON.parse(result.lock).meshes["test/mesh"].members).toHaveProperty("node-2");
    expect(readdirSync(directory)).toEqual([]);
    expect(readdirSync(".")).toEqual(here);
  });

  it("has no path of this machine in its Terraform JSON", () => {
    const result = synthToFiles((stack) => void labHosts(stack, 1));
    expect(JSON.stringify(result.tf)).not.toContain(process.cwd());
  });

  it("takes what an earlier run decided from the option, not from the disk", () => {
    const first = synthToFiles((stack) => void labMesh(stack, 2));
    const moved = first.lock.replace(/"10\.66\.0\.\d+"/, '"10.66.0.77"');
    const second = synthToFiles((stack) => void labMesh(stack, 2), { lock: moved });
    expect(second.files.get("wireguard/test-mesh.peers")).toContain("10.66.0.77/32");
    expect(second.lock).toBe(moved);
  });

  it("can be called again after the stack has changed, and sees the change", () => {
    const stack = testStack();
    const [host] = labHosts(stack, 1);
    expect(synthToFiles(stack).hosts.get("node-0")?.sysctls).toEqual([]);
    host!.sysctl("net.core.somaxconn", 8192, { because: "many clients" });
    expect(synthToFiles(stack).hosts.get("node-0")?.sysctls).toHaveLength(1);
  });

  it("runs aspects before hosts are asked", () => {
    const stack = testStack();
    labHosts(stack, 2);
    const aspect: IAspect = {
      visit(node: IConstruct) {
        if (node instanceof Host) node.sysctl("vm.swappiness", 10, { because: "latency" });
      },
    };
    Aspects.of(stack).add(aspect);
    const { hosts } = synthToFiles(stack);
    expect([...hosts.values()].map((host) => host.sysctls[0]?.value)).toEqual(["10", "10"]);
  });

  it("returns what the builder throws as an error with its construct path", () => {
    const result = synthToFiles((stack) => void new Host(stack, "Not_A_Label"));
    expect(result.errors).toHaveLength(1);
    expect(result.errors[0]).toContain("at:      test/Not_A_Label");
    expect(result.findings[0]).toMatchObject({ code: "NL-HOST-NAME", severity: "error" });
    expect(result.files.size).toBe(0);
  });

  it("returns errors of rules, of features and of other people's validations, all at once, and then no file", () => {
    class Broken extends HostFeature {
      contribute(_settings: HostSettings): void {
        throw new Error("a bug of mine");
      }
    }
    const bug = synthToFiles((stack) => void new Broken(labHosts(stack, 1)[0]!, "Broken"));
    expect(bug.errors).toEqual(["[test/node-0/Broken] a bug of mine"]);

    const stack = testStack();
    const [one, two] = labHosts(stack, 2);
    one!.link("exp0", { mtu: 9000 }, { because: "jumbo" });
    two!.sysctl("net.ipv4.tcp_mtu_probing", 7, { because: "wrong" });
    two!.node.addValidation({ validate: () => ["mine"] });
    Annotations.of(stack).addError("theirs");
    const result = synthToFiles(stack);
    expect(result.errors.join("\n")).toMatch(/NL-012[\s\S]*NL-035[\s\S]*\[test\/node-1\] mine[\s\S]*\[test\] theirs/);
    expect(result.files.size + result.hosts.size).toBe(0);
    expect(result.tf).toEqual({});
  });

  it("shows warnings and accepted findings as annotations", () => {
    const result = synthToFiles((stack) => {
      const host = new Host(stack, "node-0", labHost(0, { interfaces: [{ id: "exp0", addresses: ["10.0.0.1/24"] }] }));
      host.sysctl("net.ipv4.tcp_fack", 1, { because: "an old guide said so" });
      Rules.acknowledge(host, "NL-034-NOOP", "kept for the comparison");
    });
    expect(result.errors).toEqual([]);
    expect(result.annotations.map(({ level, message }) => [level, message.split(":")[0]])).toEqual(
      expect.arrayContaining([
        ["warning", "NL-002-NAME"],
        ["info", "NL-034-NOOP"],
      ]),
    );
    expect(result.annotations.find((a) => a.level === "info")?.message).toContain("kept for the comparison");
  });

  it("works on stacks that have nothing of Netloom in them", () => {
    const result = synthToFiles(testStack("empty"));
    expect(result).toMatchObject({ errors: [], findings: [], lock: "" });
    expect(result.files.size).toBe(0);
  });
});

describe("logicalIds", () => {
  const build = (applier: ReturnType<typeof Applier.nullResource>) =>
    logicalIds(
      synthToFiles((stack: TerraformStack) => {
        new Deployment(stack, { applier, waves: ["canary", "rest"] });
        new BbrHost(stack, "node-0", labHost(0, { wave: "canary" }));
        new BbrHost(stack, "node-1", labHost(1));
      }),
    );

  it("stay what they are for null_resource", () => {
    expect(build(Applier.nullResource())).toEqual([
      "null_resource.Deployment_Commit-1-canary_6764F068 = test/Deployment/Commit-1-canary",
      "null_resource.Deployment_Commit-2-rest_34B3E77B = test/Deployment/Commit-2-rest",
      "null_resource.Deployment_Confirmed-1-canary_28B87ECC = test/Deployment/Confirmed-1-canary",
      "null_resource.Deployment_Confirmed-2-rest_F8656508 = test/Deployment/Confirmed-2-rest",
      "null_resource.Deployment_Fleet_DBB1D904 = test/Deployment/Fleet",
      "null_resource.Deployment_Generations_5FC674CF = test/Deployment/Generations",
      "null_resource.Deployment_Roster_2CDC786C = test/Deployment/Roster",
    ]);
  });

  it("stay what they are for terraform_data", () => {
    expect(build(Applier.terraformData()).map((line) => line.split(" ")[0])).toEqual([
      "terraform_data.Deployment_Commit-1-canary_6764F068",
      "terraform_data.Deployment_Commit-2-rest_34B3E77B",
      "terraform_data.Deployment_Confirmed-1-canary_28B87ECC",
      "terraform_data.Deployment_Confirmed-2-rest_F8656508",
      "terraform_data.Deployment_Fleet_DBB1D904",
      "terraform_data.Deployment_Generations_5FC674CF",
      "terraform_data.Deployment_Roster_2CDC786C",
    ]);
  });
});
