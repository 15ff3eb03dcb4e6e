import { afterEach, beforeEach, describe, expect } from "vitest";
import { itWith, ROOT } from "../support/tools";
import { type FileOfGeneration, ScratchHost, WITHOUT_INIT } from "./host";

/** A host with real links in a network of its own, and stand-ins for the programs that other managers of ports have. */
let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost();
});
afterEach(() => host.remove());

const NEEDS = ["unshare", "ip", "tc", "flock", ROOT];
const HELPERS = `PATH=$NETLOOM_ROOT/bin:$PATH
agent() { sh "$NETLOOM_ROOT/var/lib/netloom/agent" "$@"; }
settled() { until agent status | grep -q '"phase":"\\(activated\\|failed\\|\\)"'; do sleep 0.1; done; }
deploy() { agent arm "$1" 60 && agent activate "$1" >/dev/null && settled && agent status | sed '${WITHOUT_INIT}; s/.*"errors":\\("[^"]*"\\),"warnings":\\(".*"\\),"wanted".*/errors \\1 warnings \\2/'; }
ip link add exp0 type veth peer name far0; ip link set far0 up`;
const inNetwork = (script: string) => {
  host.write("script", `${HELPERS}\n${script}`);
  const { stdout, stderr } = host.sh(
    'chmod +x "$NETLOOM_ROOT"/bin/* 2>/dev/null; unshare --net sh -u "$NETLOOM_ROOT/script"',
  );
  return { lines: stdout.trim().split("\n"), stderr };
};
const PLAN = ["link\tname=exp0\tup", "addresses\tname=exp0\t10.10.1.1/24"];
const verifying = (...checks: string[]): Record<string, FileOfGeneration> => ({
  verify: {
    content: `#!/bin/sh\n. "\${NETLOOM_CHECKS}"\nchecks_begin host "$@"\n${checks.map((c) => `check ${c}\n`).join("")}checks_end\n`,
  },
});

describe("NetworkManager", () => {
  const CONF = "run/NetworkManager/conf.d/90-netloom.conf";
  beforeEach(() => {
    host.write("etc/NetworkManager/NetworkManager.conf", "");
    host.write(
      "bin/nmcli",
      `#!/bin/sh
      case "$*" in
      "-t -f RUNNING general") echo running ;;
      "-g GENERAL.STATE device show exp0") [ -e "$NETLOOM_ROOT/unmanaged" ] && echo "10 (unmanaged)" || echo "100 (connected)" ;;
      "-g GENERAL.CON-UUID device show exp0") [ -e "$NETLOOM_ROOT/reloaded" ] || echo 1-2-3 ;;
      "-g GENERAL.CONNECTION device show exp0") echo "Wired connection 2" ;;
      "-g connection.uuid connection show 1-2-3") echo 1-2-3 ;;
      "general reload conf") touch "$NETLOOM_ROOT/reloaded"; rm -f "$NETLOOM_ROOT/unmanaged"; [ ! -e "$NETLOOM_ROOT/${CONF}" ] || touch "$NETLOOM_ROOT/unmanaged" ;;
      "-w 20 connection up "*) rm "$NETLOOM_ROOT/reloaded"; echo "nmcli $*" >>"$NETLOOM_ROOT/told" ;;
      *) echo "nmcli $*" >>"$NETLOOM_ROOT/told" ;;
      esac`,
    );
  });

  itWith(
    NEEDS,
    "lets go of a port whose addresses are the plan's, over reboots, and gets it back with a revert",
    () => {
      host.stage("aaaaaaaa", PLAN, verifying("manager local lab F name=exp0"));
      const { lines, stderr } = inNetwork(`
      deploy aaaaaaaa; cat "$NETLOOM_ROOT/${CONF}"; agent probe | head -2
      agent revert >/dev/null; ls "$NETLOOM_ROOT/${CONF}" 2>&1 | grep -c 'No such'; cat "$NETLOOM_ROOT/told"`);
      expect(stderr).toBe("");
      expect(lines).toEqual([
        "armed aaaaaaaa for 60 s",
        'errors "" warnings "exp0: NetworkManager no longer manages it (Wired connection 2); Netloom does"',
        "# Written by Netloom: these ports are set up by netloom.service.",
        "[keyfile]",
        "unmanaged-devices+=interface-name:=exp0;",
        "TAP version 14",
        "ok 1 - manager manager of exp0",
        "1",
        "nmcli -w 20 connection up uuid 1-2-3 ifname exp0",
      ]);
    },
  );

  itWith(NEEDS, "reads at boot what was confirmed, and nothing that was not", () => {
    host.stage("aaaaaaaa", PLAN);
    inNetwork("deploy aaaaaaaa; agent confirm aaaaaaaa");
    host.reboot();
    inNetwork("agent boot");
    expect(host.read(CONF)).toContain("unmanaged-devices+=interface-name:=exp0;\n");
    host.stage("bbbbbbbb", ["link\tname=exp0\tup"]);
    inNetwork("agent live; deploy bbbbbbbb");
    expect(host.has(CONF)).toBe(false);
    host.reboot();
    inNetwork("agent boot");
    expect(host.has(CONF)).toBe(true);
  });

  itWith(
    NEEDS,
    "keeps a port that the host's default route goes through: the change is refused before anything is touched",
    () => {
      const refused = (plan: string[]) => {
        host.stage("aaaaaaaa", plan);
        return inNetwork(`ip link set exp0 up; ip addr add 203.0.113.1/24 dev exp0; ip route add default via 203.0.113.254
        agent arm aaaaaaaa 60 2>&1`).lines;
      };
      const mine = ["link\tname=exp0\tup", "addresses\tname=exp0\t203.0.113.1/24"];
      expect(refused(mine)).toEqual([
        "netloom agent: the default route of this host goes through exp0 (name=exp0), and would be lost with its name servers: NetworkManager configures it and would have to let go of it",
        'do: state it, route(…, { to: "default", via: "203.0.113.254" }), and the name servers too; or remove the addresses of this port from the stack, and let exp0 stay with NetworkManager',
      ]);
      host.reboot();
      host.sh('rm -rf "$NETLOOM_ROOT/var/lib/netloom"');
      expect(refused([...mine, "route\tname=exp0\tdefault\t203.0.113.254\t"])).toEqual(["armed aaaaaaaa for 60 s"]);
    },
  );
});

describe("networkd", () => {
  const OURS = "[Match]\nName=exp0\n\n[Link]\nMTUBytes=9000\nRequiredForOnline=no\n\n[Network]\nAddress=10.10.1.1/24\n";
  const generation = {
    "root/etc/systemd/network/10-netloom-exp0.network": { content: OURS, install: "link" },
  } as const;
  const using = (path: string) => {
    host.write(
      "bin/networkctl",
      `#!/bin/sh\n[ "$*" != '--no-pager status exp0' ] || echo "   Network File: $NETLOOM_ROOT/${path}"\n`,
    );
    host.write("bin/systemctl", "#!/bin/sh\nexit 0\n");
    host.write(
      path,
      "[Match]\nName=en* exp*\n\n[Link]\nMTUBytes=1500\n\n[Network]\nDHCP=yes\nDNS=192.0.2.53\nAddress=203.0.113.1/24\n\n[Address]\nAddress=203.0.113.2/24\n\n[Route]\nGateway=203.0.113.254\n",
    );
    host.write(`${path}.d/10-more.conf`, "# more\n[Network]\nDomains=example.net\n");
  };

  itWith(
    NEEDS,
    "keeps gateway and name servers of the file that it used for a port, beside the plan's addresses",
    () => {
      using("run/systemd/network/10-netplan-exp0.network");
      host.stage("aaaaaaaa", PLAN, generation);
      const dropIn = "run/systemd/network/10-netloom-exp0.network.d/40-host.conf";
      const { lines } = inNetwork("deploy aaaaaaaa; agent confirm aaaaaaaa");
      const from = `${host.root}/run/systemd/network/10-netplan-exp0.network`;
      expect(lines[1]).toBe(
        `errors "" warnings "10-netloom-exp0: what ${from} says about this port stays in force beside the plan, but for its addresses"`,
      );
      const kept = [
        `# ${from}`,
        "[Link]",
        "[Network]",
        "DNS=192.0.2.53",
        "[Route]",
        "Gateway=203.0.113.254",
        "[Network]",
        "Domains=example.net",
        "",
      ].join("\n");
      expect(host.read(dropIn)).toBe(kept);
      host.reboot();
      using("run/systemd/network/10-netplan-exp0.network");
      inNetwork("agent boot");
      expect(host.read(dropIn)).toBe(kept);
      host.stage("bbbbbbbb", ["link\tname=exp0\tup"]);
      inNetwork("agent live; deploy bbbbbbbb");
      expect(host.has(dropIn)).toBe(false);
    },
  );

  itWith(NEEDS, "uses the plan's file where the host has one that sorts before it", () => {
    using("etc/systemd/network/05-all.network");
    host.stage("aaaaaaaa", PLAN, generation);
    inNetwork("deploy aaaaaaaa");
    expect(host.read("run/systemd/network/00-netloom-exp0.network")).toBe(OURS);
    expect(host.read("run/systemd/network/00-netloom-exp0.network.d/40-host.conf")).toContain("DNS=192.0.2.53\n");
  });
});

itWith(NEEDS, "ifupdown's part of a port is said once, and a lease of its is said with what to do", () => {
  host.write("etc/network/interfaces", "auto exp0\niface exp0 inet dhcp\n");
  host.stage("aaaaaaaa", PLAN, verifying("manager local lab F name=exp0"));
  const { lines } = inNetwork("deploy aaaaaaaa; agent confirm aaaaaaaa; agent probe | grep found; deploy aaaaaaaa");
  expect(lines[1]).toBe(
    'errors "" warnings "exp0: ifupdown configures it by DHCP, and the leased address comes back with each lease: remove \\"iface exp0\\" from /etc/network/interfaces, or make it \\"manual\\""',
  );
  expect(lines[3]).toBe("  found: 'ifupdown as well, before Netloom'");
  expect(lines[5]).toBe('errors "" warnings ""');
});

itWith(NEEDS, "default routes go through the same devices as before the change, in each family that had one", () => {
  host.stage("aaaaaaaa", PLAN, verifying("default-route local lab F"));
  const { lines } = inNetwork(`
    ip link add ctl type veth peer name far1; ip link set ctl up; ip link set far1 up; ip addr add 192.0.2.1/24 dev ctl
    ip route add default via 192.0.2.254
    deploy aaaaaaaa; agent probe | grep '^ok\\|^not\\|found'
    ip route del default; agent probe | grep '^ok\\|^not\\|found'`);
  expect(lines.slice(2)).toEqual([
    "ok 1 - default-route default routes and name servers",
    "  found: 'as before'",
    "not ok 1 - default-route default routes and name servers",
    "  found: 'no default route (4) through ctl'",
  ]);
});

describe("a qdisc of somebody else", () => {
  const BFIFO = [...PLAN, "qdisc\tname=exp0\tbfifo\t"];
  itWith(NEEDS, "is replaced with a warning, and restored", () => {
    host.stage("aaaaaaaa", BFIFO);
    const { lines } = inNetwork(`tc qdisc replace dev exp0 root handle 5: pfifo limit 77
      deploy aaaaaaaa; tc qdisc show dev exp0 | cut -d ' ' -f 2; agent revert >/dev/null; tc qdisc show dev exp0 | sed 's/refcnt [0-9]* //'`);
    expect(lines.slice(1)).toEqual([
      'errors "" warnings "exp0: its qdisc pfifo 5: was not the kernel\'s default and is replaced; destroy restores it"',
      "bfifo",
      "qdisc pfifo 5: root limit 77p",
    ]);
  });

  itWith(NEEDS, "with classes is not replaced: the change is refused", () => {
    host.stage("aaaaaaaa", BFIFO);
    const { lines } =
      inNetwork(`ip link del exp0; ip link add exp0 numtxqueues 2 type veth peer name far0; tc qdisc replace dev exp0 root handle 5: mq
      agent arm aaaaaaaa 60 2>&1; tc qdisc del dev exp0 root; agent arm aaaaaaaa 60`);
    expect(lines).toEqual([
      "netloom agent: exp0 has the qdisc mq 5: with classes or filters that Netloom did not make, and could not restore",
      "do: remove it (tc qdisc del dev exp0 root) together with what makes it at boot, or remove the qdisc of this port from the stack",
      "armed aaaaaaaa for 60 s",
    ]);
  });

  itWith(NEEDS, "that the kernel makes is back after a revert, of a port that was down too", () => {
    host.stage("aaaaaaaa", BFIFO);
    const { lines } = inNetwork(`qdisc() { echo "qdisc $(tc qdisc show dev exp0 | cut -d ' ' -f 2)"; }
      qdisc; deploy aaaaaaaa; qdisc; agent revert >/dev/null; qdisc
      ip link set exp0 up; qdisc; deploy aaaaaaaa; qdisc; agent revert >/dev/null; qdisc`);
    // A port that is down has none: noop, which tc does not show.
    expect(lines.filter((line) => line.startsWith("qdisc"))).toEqual([
      "qdisc ",
      "qdisc bfifo",
      "qdisc ",
      "qdisc noqueue",
      "qdisc bfifo",
      "qdisc noqueue",
    ]);
  });
});

itWith(NEEDS, "a sysctl that a later file sets to another value is said", () => {
  const key = "net.ipv4.tcp_congestion_control";
  host.write("proc/sys/net/ipv4/tcp_congestion_control", "cubic\n");
  host.write("etc/sysctl.d/99-site.conf", `# ${key}=x\nnet/ipv4/tcp_congestion_control = cubic\nkernel.sysrq=1\n`);
  host.write("etc/sysctl.d/10-early.conf", `${key}=reno\n`);
  host.stage("aaaaaaaa", [`sysctl\t${key}\tbbr`]);
  expect(inNetwork("deploy aaaaaaaa").lines[1]).toBe(
    `errors "" warnings "${host.root}/etc/sysctl.d/99-site.conf: ${key} = cubic is read after Netloom's file and wins whenever sysctl.d is read again; netloom.service sets bbr at boot: remove that line"`,
  );
});

itWith(
  NEEDS,
  "keys of a port that a manager changes are restored, and forwarding of devices with that of the host",
  () => {
    const conf = "proc/sys/net/ipv6/conf";
    host.write("proc/sys/net/ipv4/ip_forward", "0\n");
    host.write("proc/sys/net/ipv4/conf/all/accept_redirects", "0\n");
    host.write("proc/sys/net/ipv4/conf/exp0/forwarding", "1\n");
    host.write(`${conf}/exp0/accept_ra`, "1\n");
    host.stage("aaaaaaaa", [...PLAN, "sysctl\tnet.ipv4.ip_forward\t1"]);
    const values = `cat "$NETLOOM_ROOT/${conf}/exp0/accept_ra" "$NETLOOM_ROOT/proc/sys/net/ipv4/ip_forward" "$NETLOOM_ROOT/proc/sys/net/ipv4/conf/all/accept_redirects" "$NETLOOM_ROOT/proc/sys/net/ipv4/conf/exp0/forwarding" | tr '\\n' ' '`;
    const { lines } = inNetwork(`deploy aaaaaaaa
    for key in ${conf}/exp0/accept_ra proc/sys/net/ipv4/conf/exp0/forwarding; do echo 0 >"$NETLOOM_ROOT/$key"; done
    echo 1 >"$NETLOOM_ROOT/proc/sys/net/ipv4/conf/all/accept_redirects"
    ${values}; echo; agent revert >/dev/null; ${values}`);
    expect(lines.slice(2)).toEqual(["0 1 1 0 ", "1 0 0 1"]);
  },
);
