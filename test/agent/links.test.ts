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
    expect(stdout).toMatch(/"warnings":"this host has no systemd[^"]* afterwards"/);
  },
);

/** A `verify` script with these checks, beside a generation. */
const verifying = (...checks: string[]) => ({
  verify: {
    content: `#!/bin/sh\n. "\${NETLOOM_CHECKS}"\nchecks_begin host "$@"\n${checks.map((c) => `check ${c}\n`).join("")}checks_end\n`,
  },
});

itWith(NEEDS, "routes with a congestion control win in both families, and checks see the one that wins", () => {
  const route = (to: string, options: string, reached: string) =>
    `route local lab/node F name=exp0 ${to} - '${options}' ${reached}`;
  host.stage(
    "aaaaaaaa",
    [
      "link\tname=exp0\tup",
      "addresses\tname=exp0\t10.10.1.1/24,fd00:10::1/64",
      "route\tname=exp0\t10.10.1.0/24\t-\tcongctl reno src 10.10.1.1",
      "route\tname=exp0\tfd00:10::/64\t-\tcongctl reno src fd00:10::1 metric 128",
    ],
    verifying(
      route("10.10.1.0/24", "congctl reno src 10.10.1.1", "10.10.1.254"),
      route("fd00:10::/64", "congctl reno src fd00:10::1 metric 128", "fd00:10::ffff"),
      "congestion local lab/node F 10.10.1.254 reno",
      "congestion local lab/node F fd00:10::ffff reno",
    ),
  );
  const { stdout } = inNetwork(`
    ip link add exp0 type veth peer name far0; ip link set far0 up
    agent arm aaaaaaaa 60; agent activate aaaaaaaa; settled
    agent probe | grep -v '^  '
    ip route show 10.10.1.0/24
    agent activate aaaaaaaa; settled
    echo "routes: $(ip route show 10.10.1.0/24 | wc -l) $(ip -6 route show fd00:10::/64 | wc -l)"
    ip -6 route add fd00:10::/64 dev exp0 metric 64
    agent probe | grep -A 2 '^not ok'
    agent revert >/dev/null
    echo "left: $(ip route show | wc -l)"`);
  expect(stdout).toContain(
    [
      "1..4",
      "10.10.1.0/24 dev exp0 scope link src 10.10.1.1 congctl reno ",
      "activated aaaaaaaa",
      "routes: 1 2",
      "not ok 2 - route route to fd00:10::/64",
      "  ---",
      "  wanted: 'dev exp0 congctl reno src fd00:10::1 metric 128'",
      "--",
      "not ok 4 - congestion congestion control of new connections to fd00:10::ffff",
      "  ---",
      "  wanted: 'reno'",
      "left: 0",
      "",
    ].join("\n"),
  );
});

itWith(NEEDS, "a default route of IPv6 is of its own: set, and removed again", () => {
  host.stage("aaaaaaaa", [
    "link\tname=exp0\tup",
    "addresses\tname=exp0\t10.10.1.1/24,fd00:10::1/64",
    "route\tname=exp0\t::/0\t-\tsrc fd00:10::1",
    "route\tname=exp0\tdefault\t10.10.1.254\t",
  ]);
  const { stdout } = inNetwork(`
    ip link add exp0 type veth peer name far0; ip link set far0 up
    ip link add ctl type veth peer name far1; ip link set ctl up; ip link set far1 up; ip addr add 192.0.2.1/24 dev ctl; ip -6 addr add fd00:99::1/64 dev ctl nodad
    ip route add default via 192.0.2.254; ip -6 route add default via fd00:99::9
    defaults() { echo "exp0 is $(ip route show default | fold -w 99 | sed 's/ *$//'), $(ip -6 route show default | grep -o '^default.* metric 1024')"; }
    defaults
    agent arm aaaaaaaa 60; agent activate aaaaaaaa; settled; agent status
    defaults
    agent revert
    defaults`);
  expect(stdout).toContain('"errors":""');
  expect(states(stdout)).toEqual([
    "exp0 is default via 192.0.2.254 dev ctl, default via fd00:99::9 dev ctl metric 1024",
    "exp0 is default via 10.10.1.254 dev exp0, default dev exp0 src fd00:10::1 metric 1024",
    "exp0 is default via 192.0.2.254 dev ctl, default via fd00:99::9 dev ctl metric 1024",
  ]);
});
