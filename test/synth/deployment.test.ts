import { createHash } from "node:crypto";
import { type App, Aspects, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { describe, expect, it } from "vitest";
import { Applier, Deployment, Duration, type DeploymentProps, Host, Rules, Target } from "../../lib";
import { HostFeature, type HostSettings } from "../../lib/features";
import { Progress } from "../../lib/synth/progress";
import { expectStack, synthToFiles, type SynthResult, testStack } from "../../lib/testing";
import { labHost, labHosts } from "../support/lab";
import { filesBelow, project } from "../support/output";

const because = "the test wants it";

interface Resource {
  readonly triggers?: Record<string, string>;
  readonly triggers_replace?: Record<string, string>;
  readonly depends_on?: readonly string[];
  readonly lifecycle?: { readonly create_before_destroy?: boolean };
  readonly provisioner: readonly {
    "local-exec": { command: string; when?: string; environment?: Record<string, string> };
  }[];
}

/** Addresses that a resource names anywhere, as Terraform finds what comes first. */
const dependenciesOf = (resource: Resource) =>
  [...JSON.stringify(resource).matchAll(/(?:null_resource|terraform_data)\.[\w-]+/g)].map(([address]) => address);

const resourcesOf = (result: SynthResult, type: string) =>
  Object.entries((result.tf.resource?.[type] ?? {}) as unknown as Record<string, Resource>);

describe.each([
  { applier: Applier.nullResource(), type: "null_resource", triggers: "triggers" as const },
  { applier: Applier.terraformData(), type: "terraform_data", triggers: "triggers_replace" as const },
])("the resources of a deploy with $type", ({ applier, type, triggers }) => {
  const result = synthToFiles((stack) => {
    new Deployment(stack, { applier, waves: ["canary", "rest"] });
    new Host(stack, "node-0", labHost(0, { wave: "canary" }));
    new Host(stack, "node-1", labHost(1, { window: Duration.minutes(1) }));
    new Host(stack, "node-2", { ...labHost(2), target: undefined });
  });
  const all = resourcesOf(result, type);
  const named = (part: string) => all.find(([id]) => id.includes(part))![1];
  const address = (part: string) => `${type}.${all.find(([id]) => id.includes(part))![0]}`;

  it("are two per wave and three for all hosts, of no other type", () => {
    expect(all.map(([id]) => id.replace(/_[0-9A-F]{8}$/, "")).sort()).toEqual([
      "Deployment_Commit-1-canary",
      "Deployment_Commit-2-rest",
      "Deployment_Confirmed-1-canary",
      "Deployment_Confirmed-2-rest",
      "Deployment_Fleet",
      "Deployment_Generations",
      "Deployment_Roster",
    ]);
    expect(Object.keys(result.tf.resource!)).toEqual([type]);
  });

  it("show in the plan which hosts change, and run nothing for that", () => {
    const index = JSON.parse(result.files.get("netloom.json")!);
    const { "//": _, ...generations } = named("Deployment_Generations") as Resource & Record<"//", unknown>;
    const digests = { "node-0": index.hosts["node-0"].digest, "node-1": index.hosts["node-1"].digest };
    expect(generations).toEqual({ [triggers]: digests });
  });

  it("take everything back when the fleet is destroyed, which nothing but a destroy of the stack does", () => {
    const fleet = named("Deployment_Fleet");
    expect(fleet[triggers] ?? {}).toEqual({});
    expect(fleet.lifecycle).toBeUndefined();
    expect(fleet.provisioner).toEqual([
      {
        "local-exec": {
          when: "destroy",
          command: "node deploy.cjs withdraw",
          environment: { NETLOOM_OWNER: "${self.id}" },
        },
      },
    ]);
  });

  it("remember in ASCII where hosts are, since Terraform changes text that is not in Unicode's form NFC", () => {
    const path = "roots/\uf927-e\u0301-\u{1f600}";
    const { tf } = synthToFiles((stack) => {
      new Host(stack, "h", { interfaces: [], target: Target.directory(path) });
    });
    const rosters = Object.values(tf.resource!)
      .flatMap((resources) => Object.values(resources as unknown as Record<string, Resource>))
      .flatMap((resource) => resource.triggers?.["hosts"] ?? resource.triggers_replace?.["hosts"] ?? []);
    expect(rosters).toHaveLength(1);
    expect(rosters[0]).toMatch(/^[ -~]*$/);
    expect(JSON.parse(rosters[0]!)).toEqual({ h: { kind: "directory", path } });
  });

  it("remember where hosts are, and withdraw from those that have left when that list is replaced", () => {
    const roster = named("Deployment_Roster");
    expect(roster[triggers]?.["owner"]).toBe(`\${${address("Deployment_Fleet")}.id}`);
    expect(JSON.parse(roster[triggers]!["hosts"]!)).toEqual({
      "node-0": { kind: "directory", path: "roots/node-0" },
      "node-1": { kind: "directory", path: "roots/node-1", window: 60 },
    });
    // Terraform runs the destroy provisioners of what is replaced only when the old one goes first.
    expect(roster.lifecycle).toBeUndefined();
    expect(roster.provisioner).toEqual([
      {
        "local-exec": {
          when: "destroy",
          command: "node deploy.cjs withdraw --departed",
          environment: {
            NETLOOM_OWNER: `\${self.${triggers}.owner}`,
            ...Object.fromEntries(
              [0, 1, 2, 3, 4, 5, 6, 7].map((part) => [
                `NETLOOM_HOSTS_${part + 1}`,
                `\${substr(base64gzip(self.${triggers}.hosts), ${part * 120_000}, 120000)}`,
              ]),
            ),
          },
        },
      },
    ]);
  });

  it("commit a wave again when the fleet has a new id, which has to be written on hosts", () => {
    expect(named("Commit-2-rest")[triggers]?.["owner"]).toBe(`\${${address("Deployment_Fleet")}.id}`);
    expect(named("Commit-2-rest")[triggers]?.["digest"]).toMatch(/^[0-9a-f]{64}$/);
  });

  it("commit the first wave after hosts that have left are withdrawn, and after the plan of all hosts", () => {
    expect(named("Commit-1-canary").depends_on).toEqual([
      address("Deployment_Roster"),
      address("Deployment_Generations"),
    ]);
  });

  it("commit other waves after those before them are confirmed", () => {
    expect(named("Commit-2-rest").depends_on).toEqual([
      address("Deployment_Roster"),
      address("Deployment_Generations"),
      address("Confirmed-1-canary"),
    ]);
  });

  it("record that a wave is confirmed in a resource of its own, which does what the commit may have left", () => {
    const run = (id: string) => [
      {
        "local-exec": {
          command: "node deploy.cjs commit rest",
          environment: { NETLOOM_OWNER: `\${${address("Deployment_Fleet")}.id}`, NETLOOM_COMMIT: `\${${id}}` },
        },
      },
    ];
    const commit = `${address("Commit-2-rest")}.id`;
    expect(named("Commit-2-rest").provisioner).toEqual(run("self.id"));
    expect(named("Confirmed-2-rest").provisioner).toEqual(run(commit));
    expect(named("Confirmed-2-rest")[triggers]).toEqual({ commit: `\${${commit}}` });
  });

  it("complete before any commit begins, whatever host or wave they are of", () => {
    const waits = new Map(all.map(([id, resource]) => [`${type}.${id}`, dependenciesOf(resource)]));
    const earlierThan = (id: string): readonly string[] =>
      (waits.get(id) ?? []).flatMap((other) => [other, ...earlierThan(other)]);
    const commits = [...waits.keys()].filter((id) => /_(Commit|Confirmed)-/.test(id)).sort();
    expect(commits).toHaveLength(4);
    for (const commit of commits) {
      const after = [...waits.keys()].filter((id) => id !== commit && earlierThan(id).includes(commit));
      const unordered = [...waits.keys()].filter((id) => ![commit, ...after, ...earlierThan(commit)].includes(id));
      expect(unordered, commit).toEqual([]);
    }
  });

  const digestOf = (text: string) => createHash("sha512").update(text).digest("hex");
  /** Hosts whose targets are long, and cannot be compressed by much. */
  const hostKeys = (count: number) => (stack: TerraformStack) => {
    new Deployment(stack, { applier });
    for (let i = 0; i < count; i++) {
      const hostKey = `ssh-rsa ${[0, 1, 2, 3, 4, 5, 6, 7, 8].map((j) => digestOf(`${i} ${j}`)).join("")}`;
      new Host(stack, `node-${i}`, { target: Target.ssh({ host: `10.0.${i >> 8}.${i & 255}`, hostKey }) });
    }
  };

  it("remember all hosts in one roster: a second one would be a block that is gone when a fleet shrinks", () => {
    const rosters = resourcesOf(synthToFiles(hostKeys(500)), type).filter(([id]) => id.includes("Roster"));
    expect(rosters).toHaveLength(1);
    expect(Object.keys(JSON.parse(rosters[0]![1][triggers]!["hosts"]!))).toHaveLength(500);
  });

  it("refuse more targets than a program can be told", () => {
    const [error] = synthToFiles(hostKeys(1600)).errors;
    expect(error).toMatch(/NL-ROSTER[\s\S]*1600 targets[\s\S]*known_hosts/);
  });

  it("commit waves in their order, in whatever order the hosts were made", () => {
    const late = synthToFiles((stack) => {
      new Deployment(stack, { applier, waves: ["a", "b", "c"] });
      for (const [i, wave] of ["c", "a", "b"].entries()) new Host(stack, `node-${i}`, labHost(i, { wave }));
    });
    const commits = resourcesOf(late, type).filter(([id]) => id.includes("Commit"));
    const waits = (wave: string) =>
      commits
        .find(([id]) => id.replace(/_[0-9A-F]{8}$/, "").endsWith(`-${wave}`))![1]
        .depends_on!.map((address) => /Confirmed-\d-(\w)/.exec(address)?.[1])
        .filter((other) => other !== undefined)
        .sort();
    expect([waits("a"), waits("b"), waits("c")]).toEqual([[], ["a"], ["a", "b"]]);
  });

  it("commit again when a host moves to another machine, though its files are the same", () => {
    const digestsAt = (path: string) => {
      const moved = synthToFiles((stack) => {
        new Deployment(stack, { applier });
        new Host(stack, "node-0", labHost(0, { target: Target.directory(path) }));
      });
      return JSON.stringify(resourcesOf(moved, type).find(([id]) => id.includes("Commit"))![1][triggers]);
    };
    expect(digestsAt("roots/a")).not.toBe(digestsAt("roots/b"));
  });
});

describe("text of users in Terraform attributes", () => {
  it("is not evaluated by Terraform", () => {
    const result = synthToFiles((stack) => {
      new Host(stack, "node-0", { target: Target.directory("roots/${path.module}/%{if true}x%{endif}") });
    });
    const [, roster] = resourcesOf(result, "null_resource").find(([id]) => id.includes("Roster"))!;
    expect(roster.triggers?.["hosts"]).toContain('"path":"roots/$${path.module}/%%{if true}x%%{endif}"');
    expect(JSON.parse(result.files.get("netloom.json")!).hosts["node-0"].target.path).toBe(
      "roots/${path.module}/%{if true}x%{endif}",
    );
  });

  it("in files reaches the host as it was written", () => {
    const result = synthToFiles((stack) => {
      labHosts(stack, 1)[0]!.file("/etc/x", { content: "${HOME} %{x}\n" }, { because });
    });
    expect(result.files.get("hosts/node-0/root/etc/x")).toBe("${HOME} %{x}\n");
  });
});

describe("the deployment of a stack", () => {
  it("comes into being with the first host", () => {
    const stack = testStack();
    expect(Deployment.tryOf(stack)).toBeUndefined();
    labHosts(stack, 1);
    expect(Deployment.of(stack)).toBe(Deployment.tryOf(stack));
  });

  it("says so when a construct of the user has its id", () => {
    const stack = testStack();
    new Construct(stack, "Deployment");
    expect(() => labHosts(stack, 1)).toThrow(/NL-DEPLOYMENT-TWICE[\s\S]*test\/Deployment[\s\S]*another id/);
  });

  it("belongs to one stack, so that two stacks of an app have two", () => {
    const app = testStack().node.root;
    const [one, two] = ["one", "two"].map((id) => new TerraformStack(app, id));
    new Host(one!, "a");
    new Host(two!, "a");
    expect(Deployment.allOf(one!)).toHaveLength(2);
    expect(Deployment.of(one!)).not.toBe(Deployment.of(two!));
  });

  it("refuses stacks of another copy of cdktf in one sentence", () => {
    class Foreign extends Construct {}
    const foreign = new Foreign(testStack().node.root, "foreign");
    Object.defineProperty(foreign, Symbol.for("cdktf/TerraformStack"), { value: true });
    expect(() => new Host(foreign, "node-0")).toThrow(
      /NL-MIXED-CDKTF: this stack was made with another copy of cdktf[^\n]*\n {2}at: {6}foreign[\s\S]*npm dedupe/,
    );
  });

  it.each(["", "/etc/netloom.lock.json", "a\nb"])("does not take %j for a lock file", (lockFile) => {
    expect(() => new Deployment(testStack(), { lockFile })).toThrow("NL-LOCK-FILE");
  });

  it("can keep its lock file elsewhere in the project", () => {
    const at = project();
    at.synth((stack) => {
      new Deployment(stack, { lockFile: "locks/lab.json" });
      labHosts(stack, 1);
    });
    expect([...filesBelow(at.directory).keys()].some((path) => path.includes("lock"))).toBe(false);
  });
});

describe("packages", () => {
  const indexOf = (props?: DeploymentProps) =>
    JSON.parse(
      synthToFiles((stack) => {
        if (props !== undefined) new Deployment(stack, props);
        labHosts(stack, 1);
      }).files.get("netloom.json")!,
    );

  it("are installed unless the stack says otherwise, which the index has to tell the runner", () => {
    for (const usual of [undefined, {}, { installPackages: true }])
      expect(indexOf(usual)).not.toHaveProperty("installPackages");
    expect(indexOf({ installPackages: false })).toHaveProperty("installPackages", false);
  });

  it("do not move the digest of a host by how they come", () => {
    expect(indexOf({ installPackages: false }).hosts).toEqual(indexOf().hosts);
  });
});

describe("findings", () => {
  const fack = (host: Host) => host.sysctl("net.ipv4.tcp_fack", 1, { because });
  const annotated = (result: SynthResult) => result.annotations.map(({ path, level }) => [path, level]);

  it("are annotated on the construct at fault", () => {
    const result = synthToFiles((stack) => fack(labHosts(stack, 1)[0]!));
    expect(annotated(result)).toEqual([["test/node-0/Direct", "warning"]]);
  });

  it("are annotated once, however often the stack is compiled", () => {
    const stack = testStack();
    fack(labHosts(stack, 1)[0]!);
    synthToFiles(stack);
    expect(synthToFiles(stack).annotations).toHaveLength(1);
  });

  it("that are acknowledged become notes with the reason", () => {
    const result = synthToFiles((stack) => {
      const [host] = labHosts(stack, 1);
      host!.sysctl("net.ipv4.tcp_sack", 0, { because });
      Rules.acknowledge(host!, "NL-038", "this host measures what SACK is worth");
    });
    expectStack(result).toHaveNoErrors();
    expectStack(result).toHaveFinding("NL-038", { acknowledged: true });
    expect(result.annotations[0]).toMatchObject({ level: "info" });
    expect(result.annotations[0]!.message).toContain("accepted: this host measures what SACK is worth");
  });

  it("cannot be acknowledged where a construct gave up: what it was to make would be missing", () => {
    const result = synthToFiles((stack) => {
      const [host] = labHosts(stack, 1);
      host!.sysctl("not a key", 1, { because });
      Rules.acknowledge(host!, "NL-SYSCTL-KEY", "I like it");
    });
    expectStack(result).toHaveError("NL-SYSCTL-KEY");
    expectStack(result).toHaveFinding("NL-ACKNOWLEDGE", { severity: "warning", path: "test/node-0" });
  });

  it("of an acknowledgement with a wrong id name the right one", () => {
    const result = synthToFiles((stack) => Rules.acknowledge(labHosts(stack, 1)[0]!, "NL-0144", "a slip"));
    expectStack(result).toHaveFinding("NL-ACKNOWLEDGE", { message: "NL-014", severity: "warning" });
  });
});

describe("a bug in a feature", () => {
  it("is told with the path of the construct, and keeps its cause", () => {
    const bug = new TypeError("x is not a function");
    class Broken extends HostFeature {
      contribute(_settings: HostSettings): void {
        throw bug;
      }
    }
    const at = project();
    const run = () => at.synth((stack) => void new Broken(labHosts(stack, 1)[0]!, "Broken"));
    expect(run).toThrow("[lab/node-0/Broken] x is not a function");
    try {
      run();
    } catch (error) {
      expect((error as Error).cause).toBe(bug);
    }
    expect(filesBelow(at.directory).size).toBe(0);
  });
});

describe("with validation switched off", () => {
  it("a good stack is written all the same", () => {
    const at = project();
    at.synth((stack, app) => {
      labHosts(stack, 1);
      (app as App & { skipValidation: boolean }).skipValidation = true;
    });
    expect(filesBelow(at.outdir).has("stacks/lab/hosts/node-0/plan")).toBe(true);
  });

  const skipping = (app: App) => ((app as App & { skipValidation: boolean }).skipValidation = true);
  const broken = (stack: TerraformStack) => labHosts(stack, 1)[0]!.sysctl("not a key", 1, { because });
  const attempt = (build: (stack: TerraformStack, app: App) => void) => {
    const at = project();
    at.synth((stack) => void labHosts(stack, 2));
    const before = filesBelow(at.directory);
    let message = "";
    try {
      at.synth(build);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(filesBelow(at.directory)).toEqual(before);
    return message;
  };

  it.each([
    [
      "a stack",
      (stack: TerraformStack, app: App) => {
        skipping(app);
        broken(stack);
      },
    ],
    [
      "one stack of two",
      (stack: TerraformStack, app: App) => {
        skipping(app);
        broken(stack);
        new Host(new TerraformStack(app, "other"), "far", { target: Target.directory("roots/far") });
      },
    ],
    [
      "a stack that an aspect breaks",
      (stack: TerraformStack, app: App) => {
        skipping(app);
        const [host] = labHosts(stack, 1);
        new Host(new TerraformStack(app, "other"), "far", { target: Target.directory("roots/far") });
        let isDone = false;
        Aspects.of(stack).add({
          visit: () => {
            if (!isDone) host!.sysctl("not a key", 1, { because });
            isDone = true;
          },
        });
      },
    ],
  ])("%s that does not compile is refused, and nothing is written", (_what, build) => {
    expect(attempt(build)).toContain("NL-SYSCTL-KEY");
  });

  it("is not what an error advises", () => {
    const message = attempt(broken);
    expect(message).toContain("NL-SYSCTL-KEY");
    expect(message).not.toContain("skipValidation");
  });
});

describe("progress", () => {
  const run = (isTTY: boolean, millisPerStep: number) => {
    let now = 0;
    let text = "";
    const progress = new Progress("hosts", 4, { isTTY, write: (more) => (text += more) }, () => now);
    for (let i = 0; i < 4; i++) {
      now += millisPerStep;
      progress.step();
    }
    progress.end();
    return text;
  };

  it("is shown on a terminal once two seconds have passed, and wiped at the end", () => {
    expect(run(true, 1000)).toBe(
      "\r\x1b[Knetloom: hosts 2 of 4\r\x1b[Knetloom: hosts 3 of 4\r\x1b[Knetloom: hosts 4 of 4\r\x1b[K",
    );
  });

  it("is not shown for short work, nor in a log", () => {
    expect(run(true, 10)).toBe("");
    expect(run(false, 1000)).toBe("");
  });
});
