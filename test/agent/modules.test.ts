import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ScratchHost } from "./host";

/** Modules are directories below /sys/module; one that is named in `used` cannot be removed. */
const MODPROBE = `#!/bin/sh
case $1 in
-r) ! grep -qx "$2" "$NETLOOM_SYS/used" && rmdir "$NETLOOM_SYS/module/$2" ;;
*) mkdir -p "$NETLOOM_SYS/module/$1" ;;
esac
`;

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
  Object.assign(host.env, {
    NETLOOM_SYS: join(host.root, "sys"),
    PATH: `${join(host.root, "bin")}:${process.env["PATH"]}`,
  });
  host.write("bin/modprobe", MODPROBE);
  chmodSync(join(host.root, "bin/modprobe"), 0o755);
  host.write("sys/used", "");
  host.stage("aaaaaaaa", ["module\ttcp_vm"]);
});
afterEach(() => host.remove());

const isLoaded = () => host.has("sys/module/tcp_vm");
const withdraw = () => {
  host.agent("withdraw", "owner", "30");
  host.settled();
};

describe("a module that netloom has loaded", () => {
  it("goes with it", () => {
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    expect(isLoaded()).toBe(true);
    withdraw();
    expect(host.agent("confirm", "empty").stdout).toBe("confirmed empty\n");
    expect(isLoaded()).toBe(false);
  });

  it("and that is in use stays, which is said and is no fault", () => {
    host.deploy("aaaaaaaa");
    host.write("sys/used", "tcp_vm\n");
    withdraw();
    expect(host.agent("confirm", "empty").stdout).toBe("modules left: tcp_vm\nconfirmed empty\n");
    expect(isLoaded()).toBe(true);
  });

  it("and that was in use until the withdrawal is confirmed goes then", () => {
    host.deploy("aaaaaaaa");
    host.write("sys/used", "tcp_vm\n");
    withdraw();
    host.write("sys/used", "");
    expect(host.agent("confirm", "empty").stdout).toBe("confirmed empty\n");
    expect(isLoaded()).toBe(false);
  });

  it("and that the connection used which asked for a revert goes with the withdrawal", () => {
    host.activate("aaaaaaaa");
    host.write("sys/used", "tcp_vm\n");
    expect(host.agent("revert", "because", "aaaaaaaa").stdout).toBe("reverted aaaaaaaa to empty\n");
    expect(isLoaded()).toBe(true);
    host.write("sys/used", "");
    expect(host.agent("withdraw", "owner", "30").stdout).toBe("gone\n");
    expect(isLoaded()).toBe(false);
  });
});
