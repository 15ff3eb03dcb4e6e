import { afterEach, beforeEach, describe, expect } from "vitest";
import type { VerifyResult } from "../../lib/contract";
import { itWith } from "../support/tools";
import { TUNNEL_NEEDS, TunnelHost } from "./tunnel-host";

let host: TunnelHost;
beforeEach(() => {
  host = new TunnelHost();
});
afterEach(() => host.remove());

const NEEDS = [...TUNNEL_NEEDS, "ping"];

/** Deploys a tunnel with the table that `peers` prints, runs `change`, and returns what the check finds. */
function found(check: string, peers: string, change = "", local?: string) {
  const verify = `#!/bin/sh\n. "$NETLOOM_CHECKS"\nchecks_begin host "$@"\ncheck ${check}\nchecks_end\n`;
  host.stage("aaaaaaaa", [TunnelHost.line({ local })], { verify: { content: verify, mode: "0755" } });
  const { stdout, stderr } = host.run(`
    { agent key wg0.1; { ${peers}; } | fill aaaaaaaa; deploy aaaaaaaa-1; } >&2
    ${change}
    agent probe --json`);
  const json = stdout.slice(stdout.indexOf('{"host"'));
  if (json === "") throw new Error(stderr);
  return (JSON.parse(json) as VerifyResult).checks[0]!;
}

describe("handshakes", () => {
  const CHECK = "wireguard-handshake pair c b wg0 185";

  itWith(NEEDS, "of a peer whose endpoint does not resolve are missing, not excused", () => {
    expect(found(CHECK, "peer far 10.66.0.2/32 far.example.invalid:51820; peer roams 10.66.0.3/32")).toMatchObject({
      status: "fail",
      found: expect.stringMatching(
        /^0 of 1 peers; not counted: 1 call first and have not yet, 0 come in a later wave; silent: \S+= \(far\.example\.invalid:51820 does not resolve\)$/,
      ) as string,
    });
  });

  itWith(NEEDS, "are not proved by a device that lost its peers", () => {
    const lost = "for key in $(wg show wg0 peers); do wg set wg0 peer $key remove; done";
    expect(found(CHECK, "peer far 10.66.0.2/32 192.168.9.2:1", lost)).toMatchObject({
      status: "fail",
      found: expect.stringMatching(/^0 of 1 peers; silent: \S+= \(not on the device\)$/) as string,
    });
  });

  itWith(NEEDS, "are not proved by peers that have not called yet, and that is said", () => {
    expect(found(CHECK, "peer roams 10.66.0.3/32")).toMatchObject({
      status: "skip",
      found: "not proved: no peer can be called: 1 call first and have not yet, 0 come in a later wave",
    });
  });

  itWith(NEEDS, "are not ok without any peer", () => {
    expect(found(CHECK, "true")).toMatchObject({ status: "fail", found: "the device has no peer" });
  });
});

describe("routes into a tunnel", () => {
  const CHECK = "wireguard-routes local c b wg0 -";
  const PEERS = "peer far 10.66.0.2/32,172.20.0.0/16,fd00:20::/64 192.168.9.2:1; peer near 10.66.0.3/32 [fd00:9::2]:1";

  itWith(NEEDS, "are those that win, for both families", () => {
    expect(found(CHECK, PEERS)).toMatchObject({ status: "ok", found: "4 networks" });
  });

  itWith(NEEDS, "lose to another table, to a narrower route on both ends, and to nothing at all", () => {
    const change = `
      ip route add 10.66.0.3 dev exp0
      ip rule add to 172.20.0.0/16 lookup 77 priority 10; ip route add 172.20.0.0/16 dev exp0 table 77
      ip -6 route del fd00:20::/64`;
    expect(found(CHECK, PEERS, change)).toMatchObject({
      status: "fail",
      found: "10.66.0.3/32 goes by exp0; 172.20.0.0/16 goes by exp0; fd00:20::/64 goes nowhere",
    });
  });

  itWith(NEEDS, "may leave a smaller network to another device, which is told", () => {
    expect(found(CHECK, PEERS, "ip route add 172.20.0.0/24 dev exp0")).toMatchObject({
      status: "ok",
      found: "4 networks; 172.20.0.1 in 172.20.0.0/16 goes by exp0",
    });
  });

  itWith(NEEDS, "do not take a network that this host is on, when the plan says so, and fail when it does not", () => {
    const peers = "peer far 10.66.0.2/32,192.168.9.0/24 192.168.9.2:1";
    expect(found(CHECK.replace(/-$/, "192.168.9.0/24"), peers, "", "192.168.9.0/24")).toMatchObject({
      status: "ok",
      found: "1 networks; not through it, being reached by this host itself: 192.168.9.0/24 by exp0",
    });
    host.remove();
    host = new TunnelHost();
    expect(found(CHECK, peers)).toMatchObject({ status: "fail", found: "192.168.9.0/24 goes by exp0" });
  });

  itWith(NEEDS, "do not take the tunnel's own packets", () => {
    const peers = "peer far 10.66.0.2/32,192.168.8.0/22 192.168.8.2:1";
    expect(found(CHECK, peers)).toMatchObject({
      status: "fail",
      found: "the endpoint 192.168.8.2 of a peer goes through the tunnel itself",
    });
  });

  itWith(NEEDS, "are not proved where there is no peer, and fail where peers were lost", () => {
    expect(found(CHECK, "true")).toMatchObject({ status: "skip", found: "not run: there is no other peer" });
    host.remove();
    host = new TunnelHost();
    const lost = "for key in $(wg show wg0 peers); do wg set wg0 peer $key remove; done";
    expect(found(CHECK, PEERS, lost)).toMatchObject({ status: "fail", found: "the device has no peer" });
  });
});
