import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ScratchHost } from "./host";

/** The agent of protocol version 1, as it was released: plain books, no sums, manifests that name the programs. */
const VERSION_1 = readFileSync(join(__dirname, "../fixtures/agent/version-1.sh"), "utf8");
const CC = "net.ipv4.tcp_congestion_control";
const FIN = "net.ipv4.tcp_fin_timeout";
const PLAN = [`sysctl\t${CC}\tbbr`];
const FILES = {
  "root/etc/app.conf": { content: "ours\n", install: "copy" as const },
  "root/etc/deep/new.conf": { content: "new\n", install: "link" as const },
};

let host: ScratchHost;
let before: string;
beforeEach(() => {
  host = new ScratchHost({ [CC]: "cubic", [FIN]: "60" });
  host.write("etc/app.conf", "mine\n");
  host.sh('ln -s app.conf "$NETLOOM_ROOT/etc/alias.conf"');
  before = host.tree();
  host.stage(
    "aaaaaaaa",
    PLAN,
    { ...FILES, "root/etc/alias.conf": { content: "ours\n", install: "link" } },
    "owner",
    VERSION_1,
  );
  expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
  expect(host.status()["agent"]).toBe(1);
});
afterEach(() => host.remove());

function withdrawn(): void {
  expect(host.agent("withdraw", "owner", "30").stdout).toContain("activating empty");
  expect(host.settled()).toBe("activated");
  expect(host.agent("confirm", "empty").stdout).toBe("confirmed empty\n");
  expect(host.tree()).toBe(before);
  expect([host.sysctl(CC), host.sysctl(FIN)]).toEqual(["cubic", "60"]);
}

it("a host of version 1 is taken over, changed and withdrawn", () => {
  host.stage("bbbbbbbb", [...PLAN, `sysctl\t${FIN}\t17`], FILES);
  expect(host.status()).toMatchObject({
    agent: 2,
    committed: "aaaaaaaa",
    wanted: "bbbbbbbb",
    owner: "owner",
    damaged: "",
  });
  expect(host.deploy("bbbbbbbb")).toBe("confirmed bbbbbbbb");
  expect(host.status().damaged).toBe("");
  expect([host.sysctl(CC), host.sysctl(FIN), host.read("etc/app.conf")]).toEqual(["bbr", "17", "ours\n"]);
  expect(host.sh('readlink "$NETLOOM_ROOT/etc/alias.conf"').stdout).toBe("app.conf\n");
  withdrawn();
});

it("one that gets only the new agent is withdrawn as it was, and reverts to what version 1 confirmed", () => {
  host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`]);
  expect(host.activate("bbbbbbbb")).toBe("activated");
  host.agent("revert");
  expect([host.sysctl(CC), host.read("etc/app.conf")]).toEqual(["bbr", "ours\n"]);
  withdrawn();
});

it("a window that version 1 opened is closed by it, after the new agent came", () => {
  host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`], {}, "owner", VERSION_1);
  expect(host.activate("bbbbbbbb", 60)).toBe("activated");
  host.stage("cccccccc", PLAN, FILES);
  expect(host.status()).toMatchObject({ pending: "bbbbbbbb", agent: 2 });
  expect(host.agent("revert").stdout).toBe("reverted bbbbbbbb to aaaaaaaa\n");
  expect([host.sysctl(CC), host.read("etc/app.conf")]).toEqual(["bbr", "ours\n"]);
  expect(host.deploy("cccccccc")).toBe("confirmed cccccccc");
  withdrawn();
});

it("version 1 cannot replace the new agent, whose records it does not know", () => {
  host.stage("bbbbbbbb", PLAN, FILES);
  const old = host.stage("cccccccc", PLAN, FILES, "owner", VERSION_1);
  expect(old.code).toBe(1);
  expect(old.stderr).toContain("netloom/agent cannot be written");
  expect(host.status()).toMatchObject({ agent: 2, damaged: "" });
  expect(host.deploy("bbbbbbbb")).toBe("confirmed bbbbbbbb");
  withdrawn();
});
