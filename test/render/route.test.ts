import { describe, expect, it } from "vitest";
import type { HostSettings } from "../../lib/features";
import { checksOf } from "../../lib/render/checks";
import { renderLinux } from "../../lib/render/linux";
import { renderPlan } from "../../lib/render/plan";
import { hostThat, WHY } from "./support";

const dctcp = (s: HostSettings) => {
  s.address("exp0", "10.10.1.1/24", WHY);
  s.address("exp0", "fd00:10::1/64", WHY);
  for (const [to, source] of [
    ["10.10.1.0/24", "10.10.1.1"],
    ["fd00:10::/64", "fd00:10::1"],
  ] as const)
    s.route("exp0", { to, congestion: "dctcp", source }, WHY);
};
const planOf = (say: (s: HostSettings) => void) =>
  renderPlan(hostThat(say))
    .split("\n")
    .filter((line) => line.startsWith("route\t"))
    .map((line) => line.split("\t").slice(2));
const networkOf = (say: (s: HostSettings) => void) =>
  renderLinux(hostThat(say)).get("root/etc/systemd/network/10-netloom-exp0.network")?.content;
const checks = (say: (s: HostSettings) => void, kind: string) =>
  checksOf(hostThat(say))
    .filter((check) => check.kind === kind)
    .map((check) => check.args);

describe("a route to a network that the port is on", () => {
  it("wins against the kernel's own one by its metric in IPv6, and replaces it in IPv4", () => {
    expect(planOf(dctcp)).toEqual([
      ["10.10.1.0/24", "-", "congctl dctcp src 10.10.1.1"],
      ["fd00:10::/64", "-", "congctl dctcp src fd00:10::1 metric 128"],
    ]);
  });

  it("is the only one that networkd makes in IPv4", () => {
    expect(networkOf(dctcp)).toBe(
      [
        "[Match]",
        "PermanentMACAddress=02:00:00:00:00:01",
        "",
        "[Link]",
        "RequiredForOnline=no",
        "",
        "[Network]",
        "Address=fd00:10::1/64",
        "",
        "[Address]",
        "Address=10.10.1.1/24",
        "AddPrefixRoute=no",
        "",
        "[Route]",
        "Destination=10.10.1.0/24",
        "TCPCongestionControlAlgorithm=dctcp",
        "PreferredSource=10.10.1.1",
        "",
        "[Route]",
        "Destination=fd00:10::/64",
        "TCPCongestionControlAlgorithm=dctcp",
        "PreferredSource=fd00:10::1",
        "Metric=128",
        "",
      ].join("\n"),
    );
  });

  it("keeps a metric that was given, and so do routes to other networks", () => {
    expect(
      planOf((s) => {
        s.address("exp0", "fd00:10::1/64", WHY);
        s.route("exp0", { to: "fd00:10::/64", mtu: 1400, metric: 7 }, WHY);
        s.route("exp0", { to: "fd00:20::/64", via: "fd00:10::9" }, WHY);
      }),
    ).toEqual([
      ["fd00:10::/64", "-", "mtu 1400 metric 7"],
      ["fd00:20::/64", "fd00:10::9", ""],
    ]);
  });
});

describe("a default route", () => {
  it("is of the family of its source or gateway, and both families fit on one port", () => {
    const both = (s: HostSettings) => {
      s.route("exp0", { to: "default", via: "10.10.1.254" }, WHY);
      s.route("exp0", { to: "default", source: "fd00:10::1" }, WHY);
    };
    expect(planOf(both)).toEqual([
      ["::/0", "-", "src fd00:10::1"],
      ["default", "10.10.1.254", ""],
    ]);
    expect(networkOf(both)).toContain(
      "[Route]\nDestination=::/0\nPreferredSource=fd00:10::1\n\n[Route]\nGateway=10.10.1.254\n",
    );
  });

  it("is the same whether it is spelled as a word or as a prefix", () => {
    const to = (to: string, via: string) => planOf((s) => s.route("exp0", { to, via }, WHY))[0]?.[0];
    expect(["default", "0.0.0.0/0"].map((word) => to(word, "10.10.1.254"))).toEqual(["default", "default"]);
    expect(["default", "::/0"].map((word) => to(word, "fe80::1"))).toEqual(["::/0", "::/0"]);
  });
});

describe("what checks look up", () => {
  it("is an address behind the route that is not the host's own and not behind a narrower route", () => {
    expect(
      checks((s) => {
        s.address("exp0", "10.10.1.254/24", WHY);
        s.address("exp0", "fd00:10::1/64", WHY);
        for (const to of ["10.10.1.0/24", "fd00:10::/64", "default"]) s.route("exp0", { to, mtu: 1400 }, WHY);
        s.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.1" }, WHY);
        s.route("exp0", { to: "10.20.255.252/30", via: "10.10.1.2" }, WHY);
        s.route("exp0", { to: "10.30.0.7", via: "10.10.1.2" }, WHY);
      }, "route").map((args) => [args[1], args[4]]),
    ).toEqual([
      ["10.10.1.0/24", "10.10.1.253"],
      ["10.20.0.0/16", "10.20.255.251"],
      ["10.20.255.252/30", "10.20.255.254"],
      ["10.30.0.7/32", "10.30.0.7"],
      ["default", "192.88.99.1"],
      ["fd00:10::/64", "fd00:10::ffff:ffff:ffff:ffff"],
    ]);
  });

  it("is a neighbour in each network that follows the host's congestion control", () => {
    const both = (s: HostSettings) => {
      s.sysctl("net.ipv4.tcp_congestion_control", "bbr", WHY);
      s.address("exp0", "10.10.1.1/24", WHY);
      s.address("exp0", "fd00:10::1/64", WHY);
    };
    expect(checks(both, "congestion")).toEqual([
      ["10.10.1.254", "bbr"],
      ["fd00:10::ffff:ffff:ffff:ffff", "bbr"],
    ]);
    const one = (s: HostSettings) => {
      both(s);
      s.route("exp0", { to: "10.10.1.0/24", congestion: "cubic" }, WHY);
    };
    expect(checks(one, "congestion")).toEqual([["fd00:10::ffff:ffff:ffff:ffff", "bbr"]]);
  });
});
