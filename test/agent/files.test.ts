import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { shipped } from "../../lib/agent/shipped";
import { itWith } from "../support/tools";
import { ScratchHost } from "./host";

const CC = "net.ipv4.tcp_congestion_control";
const link = (content: string) => ({ content, install: "link" as const });

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost({ [CC]: "cubic" });
});
afterEach(() => host.remove());

it("a file that did not arrive whole is refused, and nothing of it is kept", () => {
  const staged = host.sh(
    `d=$(mktemp -d "$NETLOOM_ROOT/tmp/x.XXXX"); cat >"$d/agent.sh"; echo a >"$d/plan"; printf '%064d\\t0644\\tnone\\tplan\\n' 0 >"$d/manifest"; sh "$d/agent.sh" stage aaaaaaaa me "$d"`,
    shipped()["agent.sh"],
  );
  expect(staged.code).toBe(1);
  expect(staged.stderr).toContain("plan did not arrive whole");
  expect(host.has("var/lib/netloom/gen/aaaaaaaa")).toBe(false);
});

it("a manifest that leads out of the generation is refused", () => {
  const staged = host.stage("aaaaaaaa", [], { "../../escape": { content: "x" } });
  expect(staged.stderr).toContain("is not a path inside a generation");
});

it("what stood at a path comes back, content and mode, when no generation names it any more", () => {
  host.write("etc/sysctl.d/60-netloom.conf", "mine\n");
  host.sh('chmod 640 "$NETLOOM_ROOT/etc/sysctl.d/60-netloom.conf"');
  host.stage("aaaaaaaa", [], { "root/etc/sysctl.d/60-netloom.conf": link("theirs\n") });
  host.deploy("aaaaaaaa");
  expect(host.read("etc/sysctl.d/60-netloom.conf")).toBe("theirs\n");
  host.stage("bbbbbbbb", []);
  host.deploy("bbbbbbbb");
  expect(host.read("etc/sysctl.d/60-netloom.conf")).toBe("mine\n");
  expect(host.sh('stat -c %a "$NETLOOM_ROOT/etc/sysctl.d/60-netloom.conf"').stdout).toBe("640\n");
});

it("a sysctl that the next generation no longer names goes back to what it was before netloom", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`]);
  host.deploy("aaaaaaaa");
  host.stage("bbbbbbbb", []);
  host.deploy("bbbbbbbb");
  expect(host.sysctl(CC)).toBe("cubic");
});

it("files are readable for services that are not root, and have the mode of the manifest", () => {
  host.stage("aaaaaaaa", [], { "root/etc/netloom/run": { content: "x", mode: "0755", install: "link" } });
  host.deploy("aaaaaaaa");
  expect(host.sh('stat -L -c %a "$NETLOOM_ROOT/etc/netloom/run"').stdout).toBe("755\n");
  expect(
    host.sh('cd "$NETLOOM_ROOT/var/lib/netloom"; stat -c %a . gen gen/aaaaaaaa gen/aaaaaaaa/root keys').stdout,
  ).toBe("755\n755\n755\n755\n700\n");
});

it("withdraw of the wanted generation leaves no trace", () => {
  host.write("etc/keep.conf", "mine\n");
  const before = host.tree();
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], {
    "root/etc/keep.conf": link("theirs\n"),
    "root/etc/deep/er/x": link("x"),
  });
  host.deploy("aaaaaaaa");
  expect(host.agent("withdraw", "owner", "30").stdout).toContain("activating empty");
  expect(host.settled()).toBe("activated");
  expect(host.agent("confirm", "empty").stdout).toBe("confirmed empty\n");
  expect(host.tree()).toBe(before);
  expect(host.sysctl(CC)).toBe("cubic");
});

it("withdraw by an owner that was replaced does nothing, even for the same digest", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], {}, "first");
  host.deploy("aaaaaaaa");
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], {}, "second");
  expect(host.agent("withdraw", "first", "30").stdout).toBe("superseded\n");
  expect(host.sysctl(CC)).toBe("bbr");
  expect(host.status().pending).toBe(null);
});

it("an unconfirmed withdraw brings the generation back", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`]);
  host.deploy("aaaaaaaa");
  host.agent("withdraw", "owner", "30");
  expect(host.settled()).toBe("activated");
  expect(host.sysctl(CC)).toBe("cubic");
  host.agent("revert");
  expect(host.sysctl(CC)).toBe("bbr");
});

it("in a directory target files are copies, units are enabled, and nothing live is touched", () => {
  const image = new ScratchHost({ [CC]: "cubic" }, { NETLOOM_STATIC: "1" });
  const unit = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n";
  image.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`, "unit\tx.service"], {
    "root/etc/sysctl.d/60-netloom.conf": link("new\n"),
    "root/etc/systemd/system/x.service": link(unit),
  });
  expect(image.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
  expect(image.sysctl(CC)).toBe("cubic");
  expect(
    image.sh(
      'cd "$NETLOOM_ROOT/etc"; stat -c %F sysctl.d/60-netloom.conf; readlink systemd/system/multi-user.target.wants/x.service',
    ).stdout,
  ).toBe("regular file\n../x.service\n");
  expect(image.sh('readlink "$NETLOOM_ROOT/var/lib/netloom/committed"').stdout).toBe("gen/aaaaaaaa\n");
  const tree = () =>
    image
      .tree()
      .split("\n")
      .filter((line) => !line.endsWith("var/lib/netloom/log"));
  const once = tree();
  image.deploy("aaaaaaaa");
  expect(tree()).toEqual(once);
  image.remove();
});

it("a directory of the root that leads out of it is not followed", () => {
  const image = new ScratchHost({}, { NETLOOM_STATIC: "1" });
  mkdirSync(join(host.root, "outside"));
  symlinkSync(join(host.root, "outside"), join(image.root, "etc/sysctl.d"));
  image.stage("aaaaaaaa", [], { "root/etc/sysctl.d/60-netloom.conf": link("new\n") });
  expect(image.activate("aaaaaaaa")).toBe("failed");
  expect(image.status().errors).toBe(
    `/etc/sysctl.d/60-netloom.conf: ${image.root}/etc/sysctl.d leads out of ${image.root}; do: replace it by a directory, or by a link that stays inside`,
  );
  expect(host.has("outside/60-netloom.conf")).toBe(false);
  image.remove();
});

itWith(["wg"], "a private key is made once, readable for root only, and never printed", () => {
  host.stage("aaaaaaaa", []);
  const [made, kept] = [host.agent("key", "wg0.1").stdout, host.agent("key", "wg0.1").stdout];
  expect(made).toMatch(/^made [A-Za-z0-9+/]{43}=\n$/);
  expect(kept).toBe(made.replace("made", "kept"));
  expect(made).not.toContain(host.read("var/lib/netloom/keys/wg0.1").trim());
  expect(host.sh('stat -c %a "$NETLOOM_ROOT/var/lib/netloom/keys/wg0.1"').stdout).toBe("600\n");
});

it("a slot that is a path is refused", () => {
  host.stage("aaaaaaaa", []);
  expect(host.agent("key", "../../etc/passwd").stderr).toContain("is not a generation, slot or device name");
});
