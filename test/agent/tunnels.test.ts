import { afterEach, beforeEach, describe, expect } from "vitest";
import { itWith } from "../support/tools";
import { TUNNEL_NEEDS, TunnelHost } from "./tunnel-host";

let host: TunnelHost;
beforeEach(() => {
  host = new TunnelHost();
});
afterEach(() => host.remove());

const NAMED = `{ peer far 10.66.0.2/32,172.20.0.0/16 far.example.invalid:51820; peer near 10.66.0.3/32 192.168.9.2:51820; }`;

describe("endpoints that are names", () => {
  itWith(TUNNEL_NEEDS, "one that does not resolve costs its own tunnel only, and is named", () => {
    host.stage("aaaaaaaa", [TunnelHost.line(), "route\tname=exp0\t10.20.0.0/16\t192.168.9.254\t"]);
    const { stdout } = host.run(`
      agent key wg0.1 >/dev/null; ${NAMED} | fill aaaaaaaa; deploy aaaaaaaa-1
      wg show wg0 endpoints | grep -F "$(key_of near)"; wg show wg0 listen-port
      wg show wg0 peers | wc -l; ip route show 10.20.0.0/16; warnings; cat "$NETLOOM_ROOT/var/lib/netloom/log"`);
    expect(stdout).toContain("confirmed aaaaaaaa-1");
    expect(stdout).toContain("\t192.168.9.2:51820\n51820\n2\n10.20.0.0/16 via 192.168.9.254 dev exp0");
    expect(stdout).toContain(
      "These WireGuard endpoints do not resolve, so this host cannot call them until they do (retried every 30 s): far.example.invalid:51820\n",
    );
    expect(stdout).toMatch(/Z These WireGuard endpoints do not resolve: far\.example\.invalid:51820\n/);
  });

  itWith(TUNNEL_NEEDS, "at boot the rest of the host comes up as well, and the name is found later, by itself", () => {
    host.stage("aaaaaaaa", [TunnelHost.line(), "route\tname=exp0\t10.20.0.0/16\t192.168.9.254\t"]);
    const { stdout } = host.run(`
      agent key wg0.1 >/dev/null; ${NAMED} | fill aaaaaaaa; deploy aaaaaaaa-1 >/dev/null
      ip link del wg0; ip route del 10.20.0.0/16; rm -rf "$NETLOOM_ROOT/run/netloom"
      agent boot; agent live; echo "live: $?"
      ip route show 10.20.0.0/16; ip route show 172.20.0.0/16
      resolves far.example.invalid 192.168.9.77
      until wg show wg0 endpoints | grep -F 192.168.9.77; do sleep 0.2; done
      until [ -z "$(warnings)" ]; do sleep 0.2; done
      tail -n 1 "$NETLOOM_ROOT/var/lib/netloom/log"`);
    expect(stdout).toContain("live: 0\n10.20.0.0/16 via 192.168.9.254 dev exp0 \n172.20.0.0/16 dev wg0 proto 116");
    expect(stdout).toContain("\t192.168.9.77:51820\n");
    expect(stdout).toMatch(/Z all WireGuard endpoints resolve\n$/);
  });

  itWith(TUNNEL_NEEDS, "one whose address changed is called at the new one", () => {
    host.stage("aaaaaaaa", [TunnelHost.line()]);
    const { stdout } = host.run(`
      agent key wg0.1 >/dev/null; resolves far.example.invalid 192.168.9.77
      ${NAMED} | fill aaaaaaaa; deploy aaaaaaaa-1 >/dev/null; wg show wg0 endpoints
      echo "192.168.9.88 far.example.invalid" >/etc/hosts; agent retry-endpoints; wg show wg0 endpoints`);
    expect(stdout).toContain("\t192.168.9.77:51820\n");
    expect(stdout).toContain("\t192.168.9.88:51820\n");
  });

  itWith(TUNNEL_NEEDS, "nothing is left running once the generation is withdrawn", () => {
    host.stage("aaaaaaaa", [TunnelHost.line()]);
    const { stdout } = host.run(`
      agent key wg0.1 >/dev/null; ${NAMED} | fill aaaaaaaa; deploy aaaaaaaa-1 >/dev/null
      agent withdraw - 60; settled; agent confirm empty
      while grep -aqs "agent.[e]ndpoints" /proc/[0-9]*/cmdline; do sleep 0.5; done; ls "$NETLOOM_ROOT/run" "$NETLOOM_ROOT/var/lib"`);
    expect(stdout).toContain("confirmed empty");
    expect(stdout).not.toContain("netloom\n");
  });
});

describe("routes of tunnels", () => {
  const TABLE = `{ peer far 10.66.0.2/32,172.20.0.0/16,fd00:20::/64 192.168.9.2:51820; peer near 172.21.0.0/16 192.168.9.3:51820; }`;

  itWith(TUNNEL_NEEDS, "have a protocol number of their own, so those of BGP over the tunnel stay", () => {
    host.stage("aaaaaaaa", [TunnelHost.line()]);
    const { stdout } = host.run(`
      agent key wg0.1 >/dev/null; ${TABLE} | fill aaaaaaaa; deploy aaaaaaaa-1 >/dev/null
      ip route add 10.200.0.0/16 dev wg0 proto bgp; ip -6 route add fd00:200::/64 dev wg0 proto bgp metric 20
      ip route add 172.22.0.0/16 dev wg0 proto 116
      agent live; ip route show dev wg0; ip -6 route show dev wg0`);
    expect(stdout).toContain("10.200.0.0/16 proto bgp scope link");
    expect(stdout).toContain("fd00:200::/64 proto bgp metric 20");
    expect(stdout).toContain("172.20.0.0/16 proto 116 scope link");
    expect(stdout).toContain("fd00:20::/64 proto 116 metric 1024");
    expect(stdout).not.toContain("172.22.0.0/16");
  });

  itWith(
    TUNNEL_NEEDS,
    "of an earlier version, which had BGP's number, are taken over once and by the table that made them",
    () => {
      host.stage("aaaaaaaa", [TunnelHost.line()]);
      host.stage("bbbbbbbb", [TunnelHost.line()]);
      const { stdout } = host.run(`
      agent key wg0.1 >/dev/null; ${TABLE} | fill aaaaaaaa; deploy aaaaaaaa-1 >/dev/null
      # As the earlier version left them.
      rm "$NETLOOM_ROOT/var/lib/netloom/routes-116"
      for net in 172.20.0.0/16 172.21.0.0/16; do ip route replace $net dev wg0 proto bgp; done
      ip -6 route replace fd00:20::/64 dev wg0 proto bgp
      ip route add 10.200.0.0/16 dev wg0 proto bgp; ip route add 172.21.0.0/16 dev wg0 proto bgp metric 20
      peer far 10.66.0.2/32,172.20.0.0/16,fd00:20::/64 192.168.9.2:51820 | fill bbbbbbbb; deploy bbbbbbbb-1 >/dev/null
      echo upgraded; ip route show dev wg0; ip -6 route show dev wg0
      ip route add 172.21.0.0/16 dev wg0 proto bgp; deploy aaaaaaaa-1 >/dev/null; deploy bbbbbbbb-1 >/dev/null
      echo later; ip route show dev wg0`);
      const [, upgraded, later] = stdout.split(/upgraded\n|later\n/);
      expect(upgraded).toContain("172.20.0.0/16 proto 116 scope link");
      expect(upgraded).toContain("fd00:20::/64 proto 116 metric 1024");
      expect(upgraded).toContain("10.200.0.0/16 proto bgp scope link");
      expect(upgraded).toContain("172.21.0.0/16 proto bgp scope link metric 20");
      expect(upgraded).not.toMatch(/172\.21\.0\.0\/16 proto bgp scope link \n/);
      expect(later).toContain("172.21.0.0/16 proto bgp scope link metric 20");
    },
  );

  itWith(
    TUNNEL_NEEDS,
    "to a network that the host reaches otherwise are left out with a warning, unless it is said to be its own",
    () => {
      host.stage("aaaaaaaa", [TunnelHost.line()]);
      host.stage("bbbbbbbb", [TunnelHost.line({ local: "192.168.0.0/16,fd00:20::/64" })]);
      const { stdout } = host.run(`
      agent key wg0.1 >/dev/null
      peer far 10.66.0.2/32,192.168.9.0/24,192.168.77.0/24,fd00:20::/64 192.168.9.2:51820 >"$NETLOOM_ROOT/peers"
      fill aaaaaaaa <"$NETLOOM_ROOT/peers"; deploy aaaaaaaa-1; warnings; ip route show dev wg0
      fill bbbbbbbb <"$NETLOOM_ROOT/peers"; deploy bbbbbbbb-1; warnings; ip route show dev wg0; ip -6 route show dev wg0`);
      const [, first, second] = stdout.split(/confirmed .*\n/);
      expect(first).toContain(
        "wg0: 192.168.9.0/24 stays out of the tunnel, since exp0 leads there on this host: give one of the two networks other addresses, or, if this host is on the network that is meant, name it in localNetworks of the mesh member\n",
      );
      expect(first).toContain("192.168.77.0/24 proto 116");
      expect(second).toMatch(/^\n10\.66\.0\.0\/24/);
      expect(second).not.toMatch(/192\.168|fd00/);
    },
  );
});

describe("a wg0 that somebody else made", () => {
  const FOREIGN = `
    ip link add wg0 type wireguard 2>/dev/null || wireguard-go wg0 >/dev/null 2>&1
    wg genkey >"$NETLOOM_ROOT/foreign"; wg set wg0 private-key "$NETLOOM_ROOT/foreign" listen-port 40000
    wg set wg0 peer "$(key_of other)" allowed-ips 10.99.0.2/32,172.22.0.0/16 endpoint 192.168.9.9:1
    ip addr add 10.99.0.1/24 dev wg0; ip link set wg0 up; ip route add 172.22.0.0/16 dev wg0
    describe() { wg showconf wg0; ip -o addr show dev wg0 scope global; ip route show dev wg0; }
    describe >"$NETLOOM_ROOT/before"
    same() { describe >"$NETLOOM_ROOT/after"; diff "$NETLOOM_ROOT/before" "$NETLOOM_ROOT/after" && echo same; }`;
  const TABLE = `peer far 10.66.0.2/32,172.20.0.0/16,172.22.0.0/16 192.168.9.2:51820`;

  itWith(TUNNEL_NEEDS, "stops the deploy before anything changes, with what would be lost and two ways out", () => {
    host.stage("aaaaaaaa", [TunnelHost.line(), "addresses\tname=exp0\t192.168.9.5/24"]);
    host.stage("bbbbbbbb", [TunnelHost.line({ device: "netloom-wg" })]);
    const { stdout, stderr } = host.run(`
      agent key wg0.1 >/dev/null; ${FOREIGN}
      ${TABLE} | fill aaaaaaaa; agent arm aaaaaaaa-1 60; echo "armed: $?"; wg show wg0 public-key >&2; same
      ${TABLE} | fill bbbbbbbb; deploy bbbbbbbb-1; same`);
    const [key] = stderr.trim().split("\n").slice(-1);
    expect(stderr).toContain(
      `netloom agent: wg0 exists and is not Netloom's: public key ${key}, port 40000, peers: 1, set up by nobody that is known (made by hand?). Its key would be replaced and its peers dropped.\n` +
        'do: give the mesh another device and port, for example device: "netloom-wg", port: 51821; or replace this one with adopt: true\n',
    );
    expect(stdout).toContain("armed: 1\nsame\n");
    expect(stdout).toContain("confirmed bbbbbbbb-1\nsame\n");
  });

  itWith(TUNNEL_NEEDS, "is replaced when the stack says so, and comes back whole at the end", () => {
    host.stage("aaaaaaaa", ["adopt\twg0", TunnelHost.line()]);
    const { stdout } = host.run(`
      agent key wg0.1 >/dev/null; ${FOREIGN}
      ${TABLE} | fill aaaaaaaa; activate aaaaaaaa-1; wg show wg0 listen-port; agent revert; same
      deploy aaaaaaaa-1; agent live; deploy aaaaaaaa-1
      ip route show 172.22.0.0/16; agent withdraw - 60; settled; agent confirm empty; same`);
    expect(stdout).toContain("51820\nreverted aaaaaaaa-1 to empty\nsame\n");
    expect(stdout).toContain("172.22.0.0/16 dev wg0 proto 116");
    expect(stdout).toMatch(/confirmed empty\nsame\n$/);
  });

  /** A systemd that knows wg-quick@wg0 only: enabled and active, its device made and removed with it. */
  const SYSTEMD = `
    mkdir -p "$NETLOOM_ROOT/run/systemd/system" "$NETLOOM_ROOT/units"; cd "$NETLOOM_ROOT/units"
    printf '[Interface]\\nPrivateKey = %s\\nListenPort = 40000\\n' "$(wg genkey)" >quick.conf
    cat >"$NETLOOM_ROOT/bin/systemctl" <<'X'
#!/bin/sh
cd "$NETLOOM_ROOT/units"; quiet=
up() { ip link add wg0 type wireguard 2>/dev/null || wireguard-go wg0 >/dev/null 2>&1 9>&-; wg setconf wg0 quick.conf; ip addr add 10.99.0.1/24 dev wg0; ip link set wg0 up; }
while :; do case $1 in -q) quiet=1; shift ;; -*) shift ;; *) break ;; esac; done
verb=$1 unit=$2
answer() { [ -n "$quiet" ] || echo "$1"; exit "$2"; }
case $verb in
is-active) if [ -e "active.$unit" ]; then answer active 0; else answer inactive 3; fi ;;
is-enabled) if [ -e "enabled.$unit" ]; then answer enabled 0; else answer disabled 1; fi ;;
enable) : >"enabled.$unit" ;;
disable) rm -f "enabled.$unit" ;;
start) case $unit in wg-quick@wg0.service) up || exit 1 ;; esac; : >"active.$unit" ;;
stop) case $unit in wg-quick@wg0.service) ip link del wg0 ;; esac; rm -f "active.$unit" ;;
esac
X
    printf '#!/bin/sh\\nwhile :; do case $1 in -*) shift ;; *) break ;; esac; done\\nsetsid "$@" >/dev/null 2>&1 </dev/null &\\n' >"$NETLOOM_ROOT/bin/systemd-run"
    chmod +x "$NETLOOM_ROOT/bin"/*; export NETLOOM_ROOT
    systemctl enable wg-quick@wg0.service; systemctl start wg-quick@wg0.service
    key=$(wg show wg0 public-key)
    state() { echo "$(systemctl is-enabled wg-quick@wg0.service) $(systemctl is-active wg-quick@wg0.service) $([ "$(wg show wg0 public-key)" = "$key" ] && echo theirs || echo ours) $(wg show wg0 listen-port)"; }`;

  itWith(TUNNEL_NEEDS, "by wg-quick is named as wg-quick's, also while it is down", () => {
    host.stage("aaaaaaaa", [TunnelHost.line()]);
    const { stderr } = host.run(
      `agent key wg0.1 >/dev/null; ${SYSTEMD}; ${TABLE} | fill aaaaaaaa; agent arm aaaaaaaa-1 60; systemctl stop wg-quick@wg0.service; agent arm aaaaaaaa-1 60`,
    );
    expect(stderr).toMatch(/wg0 exists and is not Netloom's: .*, set up by wg-quick@wg0\.service\. Its key/);
    expect(stderr).toContain(
      "netloom agent: wg0 is set up by wg-quick@wg0.service. Its key would be replaced and its peers dropped.\n",
    );
  });

  itWith(TUNNEL_NEEDS, "by wg-quick is given back to wg-quick, after a revert and at the end", () => {
    host.stage("aaaaaaaa", ["adopt\twg0", TunnelHost.line()]);
    host.stage("bbbbbbbb", [TunnelHost.line(), "addresses\tname=exp0\t192.168.9.5/24"]);
    const { stdout } = host.run(
      `agent key wg0.1 >/dev/null; ${SYSTEMD}; state
      ${TABLE} | fill aaaaaaaa; activate aaaaaaaa-1; state; agent revert; state
      deploy aaaaaaaa-1; state; ${TABLE} | fill bbbbbbbb; deploy bbbbbbbb-1; state
      agent withdraw - 60; settled; agent confirm empty; state`,
    );
    expect(stdout.split("\n").filter((line) => /theirs|ours/.test(line))).toEqual([
      "enabled active theirs 40000",
      "disabled inactive ours 51820",
      "enabled active theirs 40000",
      "disabled inactive ours 51820",
      "disabled inactive ours 51820",
      "enabled active theirs 40000",
    ]);
  });

  itWith(TUNNEL_NEEDS, "by another manager is not adopted, and that manager's file is named", () => {
    host.stage("aaaaaaaa", ["adopt\twg0", TunnelHost.line()]);
    const { stderr } = host.run(
      `agent key wg0.1 >/dev/null; mkdir -p "$NETLOOM_ROOT/etc/systemd/network"; printf '[NetDev]\\nName=wg0\\nKind=wireguard\\n' >"$NETLOOM_ROOT/etc/systemd/network/50-wg0.netdev"
      ${TABLE} | fill aaaaaaaa; agent arm aaaaaaaa-1 60`,
    );
    const file = `${host.root}/etc/systemd/network/50-wg0.netdev`;
    expect(stderr).toContain(
      `netloom agent: wg0 cannot be adopted: it is set up by ${file}\ndo: remove it from ${file} first, or give the mesh another device and port\n`,
    );
  });

  itWith(TUNNEL_NEEDS, "is told from our own, whose generation was committed by any version", () => {
    host.stage("aaaaaaaa", [TunnelHost.line()]);
    host.stage("bbbbbbbb", [TunnelHost.line(), "addresses\tname=exp0\t192.168.9.5/24"]);
    const { stdout } = host.run(`
      agent key wg0.1 >/dev/null; ${TABLE} | fill aaaaaaaa; deploy aaaaaaaa-1
      rm -f "$NETLOOM_ROOT/var/lib/netloom/original/live"
      ${TABLE} | fill bbbbbbbb; deploy bbbbbbbb-1`);
    expect(stdout).toContain("confirmed bbbbbbbb-1");
  });

  itWith(TUNNEL_NEEDS, "cannot be another kind of link", () => {
    host.stage("aaaaaaaa", ["adopt\twg0", TunnelHost.line()]);
    const { stderr } = host.run(
      `agent key wg0.1 >/dev/null; ip link add wg0 type veth peer name x; ${TABLE} | fill aaaaaaaa; agent arm aaaaaaaa-1 60`,
    );
    expect(stderr).toContain(
      'wg0 exists on this host and is not a WireGuard device\ndo: give the mesh another device, for example device: "netloom-wg"\n',
    );
  });
});

itWith(
  TUNNEL_NEEDS,
  "redirects, which the kernel's device turns off on the whole host, are on again afterwards",
  () => {
    host.stage("aaaaaaaa", [TunnelHost.line()]);
    const { stdout } = host.run(`
    key=/proc/sys/net/ipv4/conf/all/send_redirects; cat $key
    agent key wg0.1 >/dev/null; peer far 10.66.0.2/32 | fill aaaaaaaa; deploy aaaaaaaa-1 >/dev/null
    echo 0 >$key
    agent withdraw - 60 >/dev/null; settled; agent confirm empty; cat $key`);
    expect(stdout).toMatch(/^1\n(.*\n)*confirmed empty\n1\n$/);
  },
);
