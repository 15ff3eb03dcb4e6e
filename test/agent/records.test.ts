import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { itWith } from "../support/tools";
import { ScratchHost } from "./host";

const CC = "net.ipv4.tcp_congestion_control";
const FIN = "net.ipv4.tcp_fin_timeout";
const STATE = "var/lib/netloom";
const PLAN = [`sysctl\t${CC}\tbbr`];
const FILES = {
  "root/etc/app.conf": { content: "ours\n", install: "copy" as const },
  "root/etc/new.conf": { content: "new\n", install: "link" as const },
};

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost({ [CC]: "cubic", [FIN]: "60" });
  host.write("etc/app.conf", "mine\n");
});
afterEach(() => host.remove());

function deployed(plan: readonly string[] = PLAN): void {
  host.stage("aaaaaaaa", plan, FILES);
  expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
  expect(host.status()).toMatchObject({ damaged: "", wanted: "aaaaaaaa", owner: "owner" });
}
/** A withdrawal, and what the host says at its end. */
function withdrawn(): string {
  expect(host.agent("withdraw", "-", "30").code).toBe(0);
  expect(host.settled()).toBe("activated");
  const said = host.agent("confirm", "empty");
  expect(said.code).toBe(0);
  expect(host.has(STATE)).toBe(false);
  return said.stdout;
}
/** What the deploy after the damage has to do, with the same digest. */
function deployedAgain(): void {
  host.stage("aaaaaaaa", PLAN, FILES);
  expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
  expect(host.status()).toMatchObject({ damaged: "", committed: "aaaaaaaa", wanted: "aaaaaaaa" });
}

it("a withdrawal from undamaged records says nothing of damage", () => {
  deployed();
  expect(withdrawn()).toBe("confirmed empty\n");
  expect([host.sysctl(CC), host.read("etc/app.conf"), host.has("etc/new.conf")]).toEqual(["cubic", "mine\n", false]);
});

describe.each(["emptied", "truncated", "swapped", "missing"] as const)("when it is %s,", (how) => {
  it("the book of original values is missed: settings stay, and the withdrawal says which", () => {
    deployed();
    host.damage(`${STATE}/original/live`, how);
    expect(host.status().damaged).toContain("original/live");
    expect(withdrawn()).toBe(
      `not restored: sysctl ${CC} (what it was is not known: ${host.root}/${STATE}/original/live was damaged)\nconfirmed empty\n`,
    );
    expect([host.sysctl(CC), host.read("etc/app.conf")]).toEqual(["bbr", "mine\n"]);
  });

  it("the list of installed files is made anew, and everything comes back", () => {
    deployed();
    host.damage(`${STATE}/installed`, how);
    expect(host.status().damaged).toBe("installed");
    expect(withdrawn()).toBe("confirmed empty\n");
    expect([host.sysctl(CC), host.read("etc/app.conf"), host.has("etc/new.conf")]).toEqual(["cubic", "mine\n", false]);
  });

  it("a saved original is not put back, and the withdrawal says so", () => {
    deployed();
    host.damage(`${STATE}/original/files/etc/app.conf`, how);
    expect(host.status().damaged).toBe("saved originals");
    expect(withdrawn()).toBe("not restored: /etc/app.conf (its saved original is damaged)\nconfirmed empty\n");
    expect(host.has("etc/app.conf")).toBe(false);
  });

  it("the owner is not known, so no stack withdraws, and a deploy heals it", () => {
    deployed();
    host.damage(`${STATE}/wanted`, how);
    expect(host.status()).toMatchObject({ wanted: "", owner: "" });
    const refused = host.agent("withdraw", "owner", "30");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(
      "wanted is damaged, so it is not known which stack deployed this host\ndo: deploy again",
    );
    deployedAgain();
    expect(host.agent("withdraw", "owner", "30").stdout).toContain("activating empty");
    expect(host.settled()).toBe("activated");
  });

  it("the link to the committed generation is found again by its repetition", () => {
    deployed();
    host.sh(`cd "$NETLOOM_ROOT/${STATE}"; rm committed; echo gen/aaaaaaaa >committed`);
    host.damage(`${STATE}/committed`, how);
    expect(host.status()).toMatchObject({ committed: "aaaaaaaa", damaged: "committed" });
    host.reboot();
    expect(host.agent("boot").code).toBe(0);
    expect(host.status().active).toBe("aaaaaaaa");
    deployedAgain();
  });

  it("what an open window knows does not stop it from reverting", () => {
    deployed();
    host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`, `sysctl\t${FIN}\t17`]);
    expect(host.activate("bbbbbbbb")).toBe("activated");
    host.damage("run/netloom/pending", how);
    expect(host.status().pending).toBe("bbbbbbbb");
    host.damage("run/netloom/snapshot/live", how);
    expect(host.agent("revert").stdout).toMatch(
      /^reverted bbbbbbbb to aaaaaaaa; not restored: live values from before the change/,
    );
    expect([host.sysctl(CC), host.sysctl(FIN)]).toEqual(["bbr", "60"]);
    expect(host.status()).toMatchObject({ committed: "aaaaaaaa", pending: null, damaged: "" });
  });

  it("the end or the phase of a window lets nobody confirm", () => {
    deployed();
    host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`]);
    expect(host.activate("bbbbbbbb")).toBe("activated");
    host.damage("run/netloom/phase", how);
    expect(host.agent("confirm", "bbbbbbbb").stderr).toMatch(/generation bbbbbbbb is .*, not activated/);
    host.damage("run/netloom/deadline", how);
    for (let i = 0; i < 100 && host.status().pending !== null; i++) host.sh("sleep 0.1");
    expect(host.status()).toMatchObject({ committed: "aaaaaaaa", pending: null });
    expect(host.sysctl(CC)).toBe("bbr");
  });

  itWith(["wg"], "a private key is never replaced", () => {
    host.stage("aaaaaaaa", []);
    const made = host.agent("key", "wg0.1").stdout;
    const kept = host.read(`${STATE}/keys/wg0.1`);
    host.damage(`${STATE}/keys/wg0.1`, how);
    const said = host.agent("key", "wg0.1");
    // A reinstalled host has none: the runner compares what it makes with the lock file.
    if (how === "missing") {
      expect(said.stdout).toMatch(/^made /);
      return;
    }
    expect(said.code).toBe(1);
    expect(said.stdout).toBe("");
    expect(said.stderr).toContain(
      `the private key ${host.root}/${STATE}/keys/wg0.1 is damaged\ndo: restore it from a backup`,
    );
    host.sh(`rm "$NETLOOM_ROOT/${STATE}/keys/wg0.1"`);
    host.write(`${STATE}/keys/wg0.1`, kept);
    expect(host.agent("key", "wg0.1").stdout).toBe(made.replace("made", "kept"));
  });
});

it("after the book was damaged a deploy says once what is lost, and goes on", () => {
  deployed();
  host.damage(`${STATE}/original/live`, "emptied");
  host.stage("bbbbbbbb", [...PLAN, `sysctl\t${FIN}\t17`], FILES);
  expect(host.activate("bbbbbbbb")).toBe("activated");
  expect(host.status().warnings).toContain("original/live was damaged");
  expect(host.agent("confirm", "bbbbbbbb").stdout).toBe("confirmed bbbbbbbb\n");
  expect(host.status().damaged).toBe("");
  expect(withdrawn()).toContain(`not restored: sysctl ${CC} `);
  expect([host.sysctl(CC), host.sysctl(FIN)]).toEqual(["bbr", "60"]);
});

it("the list of packages or of directories that is damaged is said to be", () => {
  deployed();
  host.damage(`${STATE}/packages`, "truncated");
  host.damage(`${STATE}/original/directories`, "emptied");
  expect(host.status().damaged).toBe("original/directories, packages");
  expect(withdrawn()).toMatch(/^not restored: packages that .*\nnot restored: directories that .*\nconfirmed empty\n$/);
});

it("a committed host that drifted is activated again under the guard, and a revert leaves the drift", () => {
  deployed();
  host.write(`proc/sys/${CC.replaceAll(".", "/")}`, "dctcp\n");
  expect(host.activate("aaaaaaaa")).toBe("activated");
  expect(host.sysctl(CC)).toBe("bbr");
  expect(host.agent("revert").stdout).toBe("reverted aaaaaaaa to aaaaaaaa\n");
  expect(host.sysctl(CC)).toBe("dctcp");
  expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
  expect(host.sysctl(CC)).toBe("bbr");
  expect(host.status()).toMatchObject({ committed: "aaaaaaaa", pending: null, damaged: "" });
});

it("a confirmation that was killed after it counted is not reverted", () => {
  deployed();
  host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`]);
  expect(host.activate("bbbbbbbb")).toBe("activated");
  host.sh(`cd "$NETLOOM_ROOT/${STATE}"; ln -sfn gen/bbbbbbbb committed; mv window confirmed`);
  expect(host.agent("revert").stdout).toBe("nothing to revert: bbbbbbbb is confirmed\n");
  expect(host.sysctl(CC)).toBe("reno");
  expect(host.status()).toMatchObject({ committed: "bbbbbbbb", pending: null, damaged: "" });
});

it("a window longer than an hour is refused", () => {
  deployed();
  for (const seconds of ["3601", "99999999999999999999", "1e3", "-1"])
    expect(host.agent("arm", "aaaaaaaa", seconds).stderr).toBe(
      `netloom agent: '${seconds}' is not a number of seconds up to 3600\n`,
    );
});

itWith(["wg", "flock"], "of two that ask for a key at once, both get the same", () => {
  host.stage("aaaaaaaa", []);
  const said = host.sh(
    'for i in 1 2 3 4 5 6; do sh "$NETLOOM_ROOT/var/lib/netloom/agent" key wg0.1 & done; wait',
  ).stdout;
  const words = said
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
  expect(words.map(([how]) => how).sort()).toEqual(["kept", "kept", "kept", "kept", "kept", "made"]);
  expect(new Set(words.map(([, key]) => key)).size).toBe(1);
  expect(host.sh('ls "$NETLOOM_ROOT/var/lib/netloom/keys"').stdout).toBe("wg0.1\n");
});

itWith(["flock"], "two stages at once, and one while a window is open, lose nothing", () => {
  deployed();
  host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`]);
  expect(host.activate("bbbbbbbb")).toBe("activated");
  expect(host.stage("cccccccc", PLAN).stdout).toBe("staged cccccccc\n");
  expect(host.status()).toMatchObject({ pending: "bbbbbbbb", wanted: "cccccccc", phase: "activated" });
  expect(host.agent("confirm", "bbbbbbbb").stdout).toBe("confirmed bbbbbbbb\n");
  expect(host.status()).toMatchObject({ committed: "bbbbbbbb", wanted: "cccccccc", damaged: "" });
});

/** Otherwise the next deploy would take our own values for those of before. */
describe.each(["plan", "manifest"])("when a generation's %s is damaged in the window,", (file) => {
  function damagedInWindow(generation: string, how: "emptied" | "swapped"): void {
    deployed();
    host.stage("bbbbbbbb", [`sysctl\t${FIN}\t30`], { "root/etc/new.conf": FILES["root/etc/new.conf"] });
    expect(host.activate("bbbbbbbb")).toBe("activated");
    host.damage(`${STATE}/gen/${generation}/${file}`, how);
  }
  function nothingIsForgotten(): void {
    deployedAgain();
    expect(withdrawn()).toBe("confirmed empty\n");
    expect([host.sysctl(CC), host.sysctl(FIN), host.read("etc/app.conf")]).toEqual(["cubic", "60", "mine\n"]);
    expect(host.has("etc/new.conf")).toBe(false);
  }

  it.each(["emptied", "swapped"] as const)("a revert to it forgets nothing of before: %s", (how) => {
    damagedInWindow("aaaaaaaa", how);
    host.agent("revert", "test");
    expect(host.status().damaged).toContain("generation aaaaaaaa");
    nothingIsForgotten();
  });

  it.each(["emptied", "swapped"] as const)("a confirmation of it forgets nothing of before: %s", (how) => {
    damagedInWindow("bbbbbbbb", how);
    host.agent("confirm", "bbbbbbbb");
    nothingIsForgotten();
  });
});
