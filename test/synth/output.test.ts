import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LocalBackend, type TerraformStack } from "cdktf";
import { describe, expect, it, vi } from "vitest";
import { Applier, BbrHost, Deployment, Duration, Host, Platform, Rules, Target } from "../../lib";
import { HostFeature, type HostSettings, StackFeature, type StackFiles } from "../../lib/features";
import { labHost, labHosts, labMesh, WAN } from "../support/lab";
import { filesBelow, project, scratchDirectory, tracesBelow } from "../support/output";

const because = "the test wants it";

/** A stack with everything that the core rooms can make. */
function everything(stack: TerraformStack): void {
  labMesh(stack);
  const port = { id: "exp0", mac: "02:00:00:00:09:01", addresses: ["10.99.0.1/24"] };
  const wan = new BbrHost(stack, "wan", { interfaces: [port], path: WAN, platform: Platform.nixos() });
  wan.file("/etc/example.conf", { content: "x = 1\n" }, { because });
  wan.unit("netloom-x.service", { service: { ExecStart: "/bin/sh -c true" } }, { because });
}

describe("the output", () => {
  it("has the same bytes in another directory and on another run", () => {
    const [one, two] = [project(), project()];
    one.synth(everything);
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2031-05-05T05:05:05Z") });
    try {
      two.synth(everything);
    } finally {
      vi.useRealTimers();
    }
    expect(filesBelow(two.directory)).toEqual(filesBelow(one.directory));
    expect(filesBelow(one.directory).size).toBeGreaterThan(30);
  });

  it("names no path of the machine that it was made on, and no time", () => {
    const at = project();
    at.synth(everything);
    for (const [path, text] of filesBelow(at.directory)) {
      if (path.endsWith("deploy.cjs") || path.endsWith("agent.sh")) continue;
      expect(text, path).not.toContain(at.directory);
      expect(text, path).not.toContain(process.cwd());
      expect(text, path).not.toMatch(new RegExp(`\\b${new Date().getFullYear()}-\\d\\d-\\d\\d`));
      expect(text, path).not.toContain("\r");
    }
  });

  it("is not written again when nothing has changed: no file gets another time or inode", () => {
    const at = project();
    at.synth(everything);
    const before = tracesBelow(at.directory);
    at.synth(everything);
    expect(tracesBelow(at.directory)).toEqual(before);
    expect(Object.keys(before)).toEqual(
      expect.arrayContaining(["cdktf.out/manifest.json", "cdktf.out/stacks/lab/cdk.tf.json", "netloom.lock.json"]),
    );
  });

  it("does not depend on the order in which constructs are made", () => {
    const [one, two] = [project(), project()];
    const build = (order: readonly number[]) => (stack: TerraformStack) => {
      for (const i of order) {
        const host = new Host(stack, `node-${i}`, labHost(i));
        host.sysctl("vm.swappiness", 10, { because });
        host.sysctl("net.core.somaxconn", 8192, { because });
      }
    };
    one.synth(build([0, 1, 2]));
    two.synth(build([2, 0, 1]));
    const strip = (files: ReadonlyMap<string, string>) =>
      new Map([...files].filter(([path]) => !path.endsWith("cdk.tf.json")));
    expect(strip(filesBelow(two.directory))).toEqual(strip(filesBelow(one.directory)));
  });

  it("loses the files of a host that is gone, and keeps what others put there", () => {
    const at = project();
    at.synth((stack) => void labMesh(stack, 3));
    const stack = join(at.outdir, "stacks/lab");
    for (const path of ["report", "hosts/node-2/root/etc"]) mkdirSync(join(stack, path), { recursive: true });
    for (const path of [
      "terraform.tfstate",
      "report/last.json",
      "notes.txt",
      "flake.nix",
      "hosts/node-2/root/etc/mine",
    ]) {
      writeFileSync(join(stack, path), "mine\n");
    }
    at.synth((s) => void labHosts(s, 1));
    const left = [...filesBelow(stack).keys()];
    expect(left.filter((path) => /node-[12]|wireguard/.test(path))).toEqual(["hosts/node-2/root/etc/mine"]);
    expect(left).toEqual(expect.arrayContaining(["terraform.tfstate", "report/last.json", "notes.txt", "flake.nix"]));
    expect(existsSync(join(stack, "hosts/node-1"))).toBe(false);
  });

  it.each([
    "",
    "{",
    "null",
    "5",
    "[]",
    '{"hosts":null,"files":5}',
    '{"hosts":{"a":null,"b":{"files":["x"]},"c":[]},"files":"agent.sh"}',
    '{"hosts":{"../../..":{"files":{"mine":""}}},"files":["/etc/hosts",7,null,"../../../mine"]}',
  ])("replaces an index of an earlier run that cannot be used, %j, and removes nothing for it", (text) => {
    const at = project();
    at.synth((s) => void labHosts(s, 1));
    writeFileSync(join(at.directory, "mine"), "mine\n");
    const before = filesBelow(at.directory);
    writeFileSync(join(at.outdir, "stacks/lab/netloom.json"), text);
    at.synth((s) => void labHosts(s, 1));
    expect(filesBelow(at.directory)).toEqual(before);
  });

  /** What is said on standard error when a stack that deployed three hosts is synthesized anew. */
  function said(...stacks: ((stack: TerraformStack) => void)[]): string {
    const at = project();
    at.synth((stack) => void labHosts(stack, 3));
    const written: string[] = [];
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => written.push(String(text)) > 0);
    try {
      for (const stack of stacks) at.synth(stack);
    } finally {
      spy.mockRestore();
    }
    return written.join("");
  }

  it("says once that the next deploy withdraws from a machine whose host leaves the stack", () => {
    const two = (stack: TerraformStack) => void labHosts(stack, 2);
    expect(said(two, two)).toBe(
      "netloom: node-2 has left stack lab; the next deploy takes back what was deployed to it\n",
    );
  });

  it("says the same of a host that loses its target", () => {
    const heard = said((stack) => {
      labHosts(stack, 2);
      new Host(stack, "node-2", labHost(2, { target: undefined }));
    });
    expect(heard).toContain("node-2 has left stack lab; the next deploy takes back");
  });

  it("says that nothing is taken back when the last hosts leave, and how to do it", () => {
    expect(said((stack) => void new Deployment(stack))).toBe(
      "netloom: node-0, node-1, node-2 have left stack lab, which deploys to no host any more: Terraform forgets them, and what was deployed there stays.\n" +
        '  To take it back: put the hosts into the stack again, and run "cdktf destroy lab"\n',
    );
  });

  it("loses the flake and the programs when no host is left that needs them", () => {
    const at = project();
    at.synth((stack) => void new Host(stack, "node-0", labHost(0, { platform: Platform.nixos() })));
    expect(existsSync(join(at.outdir, "stacks/lab/flake.nix"))).toBe(true);
    at.synth((stack) => void new Deployment(stack));
    expect([...filesBelow(join(at.outdir, "stacks/lab")).keys()]).toEqual(["cdk.tf.json", "netloom.json"]);
  });

  it("never removes anything outside of the stack's folder, whatever the last index says", () => {
    const at = project();
    at.synth((stack) => void labHosts(stack, 1));
    writeFileSync(join(at.directory, "precious"), "x");
    const index = join(at.outdir, "stacks/lab/netloom.json");
    writeFileSync(
      index,
      readFileSync(index, "utf8").replace('"files": [', '"files": ["../../../precious", "/etc/hostname", '),
    );
    at.synth((stack) => void labHosts(stack, 1));
    expect(existsSync(join(at.directory, "precious"))).toBe(true);
    expect(existsSync("/etc/hostname")).toBe(true);
  });

  it("leaves a damaged index alone until it is replaced, and removes nothing by it", () => {
    const at = project();
    at.synth((stack) => void labHosts(stack, 1));
    const index = join(at.outdir, "stacks/lab/netloom.json");
    writeFileSync(index, "{");
    at.synth((stack) => void labHosts(stack, 1));
    expect(JSON.parse(readFileSync(index, "utf8"))).toMatchObject({ schema: 2, stack: "lab" });
  });

  it("has scripts that can be run and files that cannot", () => {
    const at = project();
    at.synth((stack) => void labMesh(stack, 2));
    const mode = (path: string) => Number(tracesBelow(join(at.outdir, "stacks/lab"))[path]!.split(" ")[3]) & 0o100;
    expect(mode("hosts/node-0/verify")).toBe(0o100);
    expect(mode("shared/root/etc/netloom/scripts/firewall")).toBe(0o100);
    expect(mode("hosts/node-0/plan")).toBe(0);
  });
});

describe("netloom.json", () => {
  const at = project();
  at.synth((stack) => {
    new Deployment(stack, { waves: ["canary", "rest"], window: Duration.seconds(30) });
    new Host(stack, "node-0", labHost(0, { wave: "canary" }));
    new Host(stack, "node-1", labHost(1, { target: Target.ssh({ host: "node-1", user: "admin" }) }));
    new Host(stack, "node-2", { ...labHost(2), target: undefined });
  });
  const index = JSON.parse(readFileSync(join(at.outdir, "stacks/lab/netloom.json"), "utf8"));

  it("says where the project is, which hosts there are, how to reach them and in which order", () => {
    expect(index).toMatchObject({
      schema: 2,
      stack: "lab",
      project: "../../..",
      lock: "netloom.lock.json",
      waves: [
        { name: "canary", hosts: ["node-0"] },
        { name: "rest", hosts: ["node-1"] },
      ],
    });
    expect(index.hosts["node-0"]).toMatchObject({
      path: "lab/node-0",
      platform: "linux",
      window: 30,
      target: { kind: "directory", path: "roots/node-0" },
    });
    expect(index.hosts["node-1"].target).toEqual({ kind: "ssh", host: "node-1", user: "admin" });
    expect(index.hosts["node-2"].target).toBeUndefined();
    expect(index.hosts["node-0"].digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("names the files that belong to no host", () => {
    expect(index.files).toEqual(["agent.sh", "checks.sh", "deploy.cjs"]);
  });

  it("has the hash of every file, once, and says how it is installed where that is not as usual", () => {
    const at = project();
    at.synth((stack) => {
      for (const host of labMesh(stack, 2).hosts)
        host.file("/etc/x", { content: "x", mode: "0600", install: "copy" }, { because });
    });
    const folder = join(at.outdir, "stacks/lab");
    const sum = (path: string) =>
      createHash("sha256")
        .update(readFileSync(join(folder, path)))
        .digest("hex");
    const { hosts, shared, files } = JSON.parse(readFileSync(join(folder, "netloom.json"), "utf8"));
    expect(shared).toEqual({
      "root/etc/netloom/scripts/firewall": `${sum("shared/root/etc/netloom/scripts/firewall")} 0755`,
      "wireguard/lab-mesh.peers": sum("wireguard/lab-mesh.peers"),
    });
    expect(files).toEqual(
      expect.arrayContaining(["shared/root/etc/netloom/scripts/firewall", "wireguard/lab-mesh.peers"]),
    );
    expect(hosts["node-1"]).toMatchObject({
      shared: ["root/etc/netloom/scripts/firewall", "wireguard/lab-mesh.peers"],
      keys: [{ device: "wg0", mesh: "lab/mesh", member: "node-1", epoch: 1 }],
    });
    const own = hosts["node-1"].files as Record<string, string>;
    const at1 = (path: string) => sum(`hosts/node-1/${path}`);
    expect(own["root/etc/x"]).toBe(`${at1("root/etc/x")} 0600 copy`);
    expect(own["verify"]).toBe(`${at1("verify")} 0755`);
    expect(own["plan"]).toBe(at1("plan"));
    expect(Object.keys(hosts["node-1"])).not.toContain("window");
  });
});

describe("the Terraform state", () => {
  const stateOf = (at: ReturnType<typeof project>) =>
    JSON.parse(readFileSync(join(at.outdir, "stacks/lab/cdk.tf.json"), "utf8")).terraform.backend;

  it("stays where cdktf keeps it, named from the stack's folder", () => {
    const at = project();
    at.synth((stack) => void labHosts(stack, 1));
    expect(stateOf(at)).toEqual({ local: { path: "../../../terraform.lab.tfstate" } });
  });

  it("is left alone where the user chose a place", () => {
    const at = project();
    at.synth((stack) => {
      new LocalBackend(stack, { path: "/srv/state/lab.tfstate" });
      labHosts(stack, 1);
    });
    expect(stateOf(at)).toEqual({ local: { path: "/srv/state/lab.tfstate" } });
  });
});

describe("the digest of a host", () => {
  const digests = (build: (stack: TerraformStack) => void) => {
    const at = project(scratchDirectory());
    at.synth(build);
    const index = JSON.parse(readFileSync(join(at.outdir, "stacks/lab/netloom.json"), "utf8"));
    return Object.fromEntries(
      Object.entries<{ digest: string }>(index.hosts).map(([name, { digest }]) => [name, digest]),
    );
  };

  it("changes with the settings of that host, and of no other", () => {
    const before = digests((stack) => void labHosts(stack, 2));
    const after = digests((stack) => labHosts(stack, 2)[0]!.sysctl("vm.swappiness", 10, { because }));
    expect(after["node-0"]).not.toBe(before["node-0"]);
    expect(after["node-1"]).toBe(before["node-1"]);
  });

  it("changes on every member when one joins a mesh, because all learn the new peer", () => {
    const before = digests((stack) => void labMesh(stack, 2));
    const after = digests((stack) => void labMesh(stack, 3));
    expect(after["node-0"]).not.toBe(before["node-0"]);
  });

  it("does not change with the target, the wave or the window", () => {
    const before = digests((stack) => void labHosts(stack, 1));
    const after = digests((stack) => {
      new Deployment(stack, { waves: ["w"], window: Duration.seconds(9), applier: Applier.terraformData() });
      labHosts(stack, 1, { target: Target.ssh({ host: "node-0" }) });
    });
    expect(after).toEqual(before);
  });
});

describe("shared files", () => {
  class Scripted extends HostFeature {
    text = "true";
    shared = true;
    contribute(settings: HostSettings): void {
      settings.script("common", { text: this.text, shared: this.shared }, { because });
    }
  }
  /** As many hosts as there are texts; those that begin with `own` are not shared. */
  const scripts = (stack: TerraformStack, ...texts: readonly string[]) => {
    for (const [i, host] of labHosts(stack, texts.length).entries()) {
      const [text, shared] = [texts[i]!, !texts[i]!.startsWith("own")];
      Object.assign(new Scripted(host, "Scripted"), { text, shared });
    }
  };
  const PLACE = "shared/root/etc/netloom/scripts/common";
  const below = (at: ReturnType<typeof project>) => filesBelow(join(at.outdir, "stacks/lab"));

  it("are written once, and are part of every host's digest", () => {
    const at = project();
    const hosts = () => JSON.parse(below(at).get("netloom.json")!).hosts;
    at.synth((stack) => scripts(stack, "echo 1", "echo 1", "echo 1"));
    expect([...below(at)].filter(([path]) => path.endsWith("/common"))).toEqual([[PLACE, "#!/bin/sh\necho 1\n"]]);
    const before = hosts();
    at.synth((stack) => scripts(stack, "echo 2", "echo 2", "echo 2"));
    expect(below(at).get(PLACE)).toBe("#!/bin/sh\necho 2\n");
    for (const name of Object.keys(before)) expect(hosts()[name].digest, name).not.toBe(before[name].digest);
  });

  it("go when nobody uses them any more", () => {
    const at = project();
    at.synth((stack) => scripts(stack, "true", "true"));
    at.synth((stack) => void labHosts(stack, 2));
    expect([...below(at).keys()].filter((path) => path.startsWith("shared"))).toEqual([]);
    expect(existsSync(join(at.outdir, "stacks/lab/shared"))).toBe(false);
  });

  it("may be a host's own on another host", () => {
    const at = project();
    at.synth((stack) => scripts(stack, "true", "own", "true"));
    expect(below(at).get("hosts/node-1/root/etc/netloom/scripts/common")).toBe("#!/bin/sh\nown\n");
    expect(below(at).get(PLACE)).toBe("#!/bin/sh\ntrue\n");
  });

  it("are refused with both constructs when they are not the same", () => {
    expect(() => project().synth((stack) => scripts(stack, "echo 1", "echo 2"))).toThrow(
      /NL-SHARED-FILE[\s\S]*lab\/node-1\/Scripted and lab\/node-0\/Scripted[\s\S]*\/etc\/netloom\/scripts\/common/,
    );
  });

  it("cannot hold what only Terraform knows", () => {
    expect(() => project().synth((stack) => scripts(stack, "echo ${TfToken[TOKEN.0]}"))).toThrow(
      /NL-TOKEN-IN-FILE[\s\S]*lab\/node-0\/Scripted/,
    );
  });

  it("stay in the module of a NixOS host", () => {
    const at = project();
    at.synth((stack) => void new Scripted(new Host(stack, "node-0", labHost(0, { platform: Platform.nixos() })), "S"));
    expect(below(at).has(PLACE)).toBe(false);
    expect(below(at).get("hosts/node-0/host.nix")).toContain("netloom/scripts/common");
  });
});

describe("a stack feature", () => {
  class Writes extends StackFeature {
    path = "notes/a.txt";
    content = "x\n";
    contributeFiles(files: StackFiles): void {
      files.add(this.node.path, this.path, this.content);
    }
  }
  const synth = (change: (feature: Writes, stack: TerraformStack) => void) => {
    const at = project();
    at.synth((stack) => change(new Writes(stack, "writes"), stack));
    return filesBelow(join(at.outdir, "stacks/lab"));
  };

  it("writes files of its own into the stack's folder", () => {
    expect(synth(() => {}).get("notes/a.txt")).toBe("x\n");
  });

  it.each([
    "../a",
    "/etc/a",
    "a/../../b",
    "cdk.tf.json",
    "netloom.json",
    "hosts/node-0/plan",
    "shared/a",
    "deploy.cjs",
    "a b",
    "",
  ])("cannot write %j", (path) => {
    expect(() => synth((feature) => void Object.assign(feature, { path }))).toThrow(/NL-FILE-NAME[\s\S]*lab\/writes/);
  });

  it("cannot write what another one writes", () => {
    expect(() => synth((_feature, stack) => void new Writes(stack, "again"))).toThrow(
      /NL-FILE-TWICE[\s\S]*lab\/again and lab\/writes/,
    );
  });

  it("reports problems in its own name, and writes its files when they are accepted", () => {
    class Reports extends Writes {
      override contributeFiles(files: StackFiles): void {
        files.report([{ code: "NL-MY-REPORT", what: "it is doubtful" }]);
        super.contributeFiles(files);
      }
    }
    const at = project();
    expect(() => at.synth((stack) => void new Reports(stack, "reports"))).toThrow(
      /NL-MY-REPORT: it is doubtful\n {2}at: {6}lab\/reports/,
    );
    at.synth((stack) => Rules.acknowledge(new Reports(stack, "reports"), "NL-MY-REPORT", "we know"));
    expect(filesBelow(join(at.outdir, "stacks/lab")).get("notes/a.txt")).toBe("x\n");
  });

  it("cannot write what only Terraform knows", () => {
    expect(() => synth((feature) => void Object.assign(feature, { content: "${TfToken[TOKEN.0]}" }))).toThrow(
      "NL-TOKEN-IN-FILE",
    );
  });
});
