import { test } from "node:test";
import { Duration, Host } from "netloom";
import { expectHost, expectStack, synthToFiles } from "netloom/testing";
import { BusyPolling, type BusyPollingProps } from "../lib";

function hostWith(props?: BusyPollingProps) {
  return synthToFiles((stack) => {
    new BusyPolling(new Host(stack, "node-1"), "BusyPolling", props);
  });
}

test("sockets look for packets for 50 µs unless another budget is given", () => {
  expectHost(hostWith(), "node-1").toHaveSysctl("net.core.busy_read", 50);
  expectHost(hostWith({ budget: Duration.micros(80) }), "node-1").toHaveSysctl("net.core.busy_poll", 80);
});

test("what is set is also read back on the machine", () => {
  expectStack(hostWith()).toHaveFile("hosts/node-1/verify", "'net.core.busy_poll' '50'");
});

test("a host that somebody else sets up differently is refused, and both sides are named", () => {
  const result = synthToFiles((stack) => {
    const host = new Host(stack, "node-1");
    host.sysctl("net.core.busy_poll", 1, { because: "somebody else wants it" });
    new BusyPolling(host, "BusyPolling");
  });
  expectStack(result).toHaveFinding("NL-CONFLICT", { message: "somebody else wants it" });
});
