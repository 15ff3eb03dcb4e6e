import { afterEach, beforeEach, expect } from "vitest";
import { itWith, ROOT } from "../support/tools";
import { ScratchHost } from "./host";

/** A host with real links, in a network of its own. */
let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

const NEEDS = ["unshare", "ip", "flock", ROOT];
const AGENT = 'agent() { sh "$NETLOOM_ROOT/var/lib/netloom/agent" "$@"; }';
const SETTLED = 'until agent status | grep -q \'"phase":"\\(activated\\|failed\\)"\'; do sleep 0.1; done';
const inNetwork = (script: string) => {
  host.write("script", `${AGENT}\nsettled() { ${SETTLED}; }\n${script}`);
  return host.sh('unshare --net sh -u "$NETLOOM_ROOT/script"');
};
const states = (text: string) => text.split("\n").filter((line) => /^exp0 is/.test(line));

itWith(
  NEEDS,
  "a port that nobody has set up is up with its routes after a deploy, and down again after a revert",
  () => {
    host.stage("aaaaaaaa", [
      "link\tname=exp0\tup",
      "addresses\tname=exp0\t10.10.1.1/24",
      "route\tname=exp0\t10.20.0.0/16\t10.10.1.254\tmtu 1400",
    ]);
    const { stdout } = inNetwork(`
    ip link add exp0 type veth peer name far0
    state() { echo "exp0 is $(ip -o link show exp0 | grep -q '[<,]UP[,>]' && echo up || echo down), routes: $(ip route show 10.20.0.0/16 | wc -l)"; }
    state
    agent arm aaaaaaaa 60; agent activate aaaaaaaa; settled; agent status
    state
    agent revert
    state`);
    expect(stdout).toContain('"phase":"activated"');
    expect(states(stdout)).toEqual(["exp0 is down, routes: 0", "exp0 is up, routes: 1", "exp0 is down, routes: 0"]);
  },
);

itWith(NEEDS, "at boot a port that comes late, as cards with firmware do, is waited for", () => {
  host.stage("aaaaaaaa", ["link\tname=exp0\tup", "addresses\tname=exp0\t10.10.1.1/24"]);
  inNetwork(
    "ip link add exp0 type veth peer name far0; agent arm aaaaaaaa 60; agent activate aaaaaaaa; settled; agent confirm aaaaaaaa",
  );
  host.reboot();
  const { stdout, stderr } = inNetwork(`
    agent boot
    { sleep 2; ip link add exp0 type veth peer name far0; } &
    agent live
    echo "exit $?"
    ip -o -4 addr show exp0`);
  expect(stderr).toBe("");
  expect(stdout).toContain("exit 0");
  expect(stdout).toContain("10.10.1.1/24");
});

itWith(
  NEEDS,
  "rings become as large as the card has them, which ethtool knows no word for, and small again after a revert",
  () => {
    host.stage("aaaaaaaa", ["ethtool\tname=exp0\tG\trx\tmax", "ethtool\tname=exp0\tG\ttx\tmax"]);
    host.write(
      "bin/ethtool",
      `#!/bin/sh
      case $1 in
      -g) printf 'Pre-set maximums:\\nRX:\\t\\t8192\\nTX:\\t\\tn/a\\nCurrent hardware settings:\\nRX:\\t\\t%s\\nTX:\\t\\tn/a\\n' "$(cat "$NETLOOM_ROOT/ring")" ;;
      -G) case $3$4 in rx[0-9]*) echo "$4" >"$NETLOOM_ROOT/ring" ;; *) echo "invalid value '$4' for parameter '$3'" >&2; exit 1 ;; esac ;;
      esac`,
    );
    host.write("ring", "1024\n");
    const { stdout } = inNetwork(`
    chmod +x "$NETLOOM_ROOT/bin/ethtool"; PATH=$NETLOOM_ROOT/bin:$PATH
    ip link add exp0 type veth peer name far0
    agent arm aaaaaaaa 60; agent activate aaaaaaaa; settled; agent status
    echo "exp0 is $(cat "$NETLOOM_ROOT/ring")"
    agent revert
    echo "exp0 is $(cat "$NETLOOM_ROOT/ring")"`);
    expect(states(stdout)).toEqual(["exp0 is 8192", "exp0 is 1024"]);
    expect(stdout).toContain('"warnings":""');
  },
);
