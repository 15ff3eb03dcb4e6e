import { afterEach, beforeEach, expect, it } from "vitest";
import { ScratchHost } from "./host";

const CC = "net.ipv4.tcp_congestion_control";
const FIN = "net.ipv4.tcp_fin_timeout";
const NEW = { "root/etc/sysctl.d/60-netloom.conf": { content: "new\n", install: "link" as const } };

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost({ [CC]: "cubic", [FIN]: "60" });
});
afterEach(() => host.remove());

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

it("staging changes nothing that is live", () => {
  const before = host.sysctl(CC);
  expect(host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], NEW).code).toBe(0);
  expect(host.sysctl(CC)).toBe(before);
  expect(host.has("etc/sysctl.d/60-netloom.conf")).toBe(false);
  expect(host.status()).toMatchObject({ committed: "empty", pending: null, wanted: "aaaaaaaa" });
});

it("a confirmed generation stays, and its files are links into the active one", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], NEW);
  expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
  expect(host.sysctl(CC)).toBe("bbr");
  expect(host.read("etc/sysctl.d/60-netloom.conf")).toBe("new\n");
  expect(host.status()).toMatchObject({
    committed: "aaaaaaaa",
    active: "aaaaaaaa",
    pending: null,
    result: "confirmed aaaaaaaa",
  });
});

it("an unconfirmed generation reverts by itself, with sysctls that only it named", async () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`]);
  host.deploy("aaaaaaaa");
  host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`, `sysctl\t${FIN}\t17`], NEW);
  // Long enough to be seen while it is open, on a busy machine too.
  expect(host.activate("bbbbbbbb", 6)).toBe("activated");
  expect(host.sysctl(FIN)).toBe("17");
  for (let i = 0; i < 200 && host.status().pending !== null; i++) await pause(100);
  expect(host.sysctl(FIN)).toBe("60");
  expect(host.sysctl(CC)).toBe("bbr");
  expect(host.has("etc/sysctl.d/60-netloom.conf")).toBe(false);
  expect(host.status().result).toContain("reverted bbbbbbbb: nobody confirmed");
});

it("live values that somebody changed after the last deploy come back as they were when the change was armed", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`]);
  host.deploy("aaaaaaaa");
  host.write(`proc/sys/${CC.replaceAll(".", "/")}`, "dctcp\n");
  host.stage("bbbbbbbb", [`sysctl\t${CC}\treno`]);
  host.activate("bbbbbbbb");
  expect(host.agent("revert").stdout).toContain("reverted bbbbbbbb to aaaaaaaa");
  expect(host.sysctl(CC)).toBe("dctcp");
});

it("a second change is refused while a window is open, and says how long", () => {
  host.stage("aaaaaaaa", []);
  host.stage("bbbbbbbb", []);
  host.agent("arm", "aaaaaaaa", "30");
  const second = host.agent("arm", "bbbbbbbb", "30");
  expect(second.code).toBe(1);
  expect(second.stderr).toMatch(/a change to aaaaaaaa is waiting for confirmation; it will be reverted in (29|30) s/);
});

it("arming the same generation again extends its window and keeps the first snapshot", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`]);
  host.activate("aaaaaaaa", 5);
  expect(host.agent("arm", "aaaaaaaa", "50").code).toBe(0);
  expect(Number(host.status().remaining)).toBeGreaterThan(40);
  host.agent("revert");
  expect(host.sysctl(CC)).toBe("cubic");
});

it("confirmation is refused before activation, after a revert, and for another generation", () => {
  host.stage("aaaaaaaa", []);
  host.agent("arm", "aaaaaaaa", "30");
  expect(host.agent("confirm", "aaaaaaaa").stderr).toContain("is armed, not activated");
  expect(host.agent("confirm", "bbbbbbbb").stderr).toContain("not waiting for confirmation");
  host.agent("revert");
  expect(host.agent("confirm", "aaaaaaaa").stderr).toContain("not waiting for confirmation");
});

it("confirming twice is the same as confirming once", () => {
  host.stage("aaaaaaaa", []);
  host.deploy("aaaaaaaa");
  expect(host.agent("confirm", "aaaaaaaa").stdout).toBe("confirmed aaaaaaaa\n");
});

it("an activation with a refused value is failed, names the value, and cannot be confirmed", () => {
  host.stage("aaaaaaaa", ["sysctl\tnet.ipv4.no_such_key\t1", `sysctl\t${CC}\tbbr`]);
  expect(host.activate("aaaaaaaa")).toBe("failed");
  expect(host.status().errors).toContain("net.ipv4.no_such_key");
  expect(host.sysctl(CC)).toBe("bbr");
  expect(host.agent("confirm", "aaaaaaaa").code).toBe(1);
});

it("arming is refused when a link of the plan is not on the host, before anything is touched", () => {
  host.stage("aaaaaaaa", ["link\tname=nosuchlink0\tmtu\t9000"]);
  const armed = host.agent("arm", "aaaaaaaa", "30");
  expect(armed.stderr).toContain("these links of the plan are not on this host: name=nosuchlink0");
  expect(host.status().pending).toBe(null);
});

it("a reboot inside the window goes back to the committed generation, copied files included", () => {
  const copy = (content: string) => ({ "root/etc/app.conf": { content, install: "copy" as const } });
  host.stage("aaaaaaaa", [], copy("old\n"));
  host.deploy("aaaaaaaa");
  host.stage("bbbbbbbb", [], { ...copy("bad\n"), ...NEW });
  expect(host.activate("bbbbbbbb")).toBe("activated");
  expect(host.read("etc/app.conf")).toBe("bad\n");
  host.reboot();
  expect(host.agent("boot").code).toBe(0);
  expect(host.read("etc/app.conf")).toBe("old\n");
  expect(host.has("etc/sysctl.d/60-netloom.conf")).toBe(false);
  expect(host.status()).toMatchObject({ committed: "aaaaaaaa", active: "aaaaaaaa", pending: null });
});

it("after a reboot the live part of the committed generation is applied again", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`]);
  host.deploy("aaaaaaaa");
  host.reboot();
  host.write(`proc/sys/${CC.replaceAll(".", "/")}`, "cubic\n");
  host.agent("boot");
  expect(host.agent("live").code).toBe(0);
  expect(host.sysctl(CC)).toBe("bbr");
});
