import { describe, expect, it } from "vitest";
import type { HostSettings } from "../../lib/features";
import { renderLinux, renderNftables } from "../../lib/render/linux";
import { renderModprobe, renderModulesLoad } from "../../lib/render/modules";
import { renderNetworkd } from "../../lib/render/networkd";
import { renderSysctl } from "../../lib/render/sysctl";
import { renderUnit } from "../../lib/render/unit";
import { hostThat, WHY } from "./support";

const file = (files: ReadonlyMap<string, { content: string }>, path: string) => files.get(path)?.content;

describe("sysctl.d", () => {
  it("has each key below its reason, source and construct", () => {
    const host = hostThat((s) => {
      s.sysctl("net.ipv4.tcp_rmem", [4096, 131072, 6291456], { because: "why", source: "RFC 1" });
      s.sysctl("kernel.core_pattern", "|/bin/core %p", WHY);
    });
    expect(renderSysctl(host)).toBe(
      [
        "# the test wants it (lab/node-0/F)",
        "kernel.core_pattern = |/bin/core %p",
        "",
        "# why [RFC 1] (lab/node-0/F)",
        "net.ipv4.tcp_rmem = 4096 131072 6291456",
        "",
      ].join("\n"),
    );
  });
});

describe("kernel modules", () => {
  const host = hostThat((s) => {
    s.module("tcp_bbr", WHY);
    s.module("sch_fq", WHY);
    s.moduleOption("mlx4_core", "log_num_mgm_entry_size", -1, WHY);
  });

  it("are loaded in the order of their names", () => {
    expect(renderModulesLoad(host)).toBe(
      "# the test wants it (lab/node-0/F)\nsch_fq\n\n# the test wants it (lab/node-0/F)\ntcp_bbr\n",
    );
  });

  it("get their options from modprobe", () => {
    expect(renderModprobe(host)).toBe(
      "# the test wants it (lab/node-0/F)\noptions mlx4_core log_num_mgm_entry_size=-1\n",
    );
  });
});

describe("networkd", () => {
  it("sets properties of a port that is found by its MAC address before it comes up", () => {
    const host = hostThat((s) =>
      s.link(
        "exp0",
        {
          mtu: 9000,
          rxRing: "max",
          txRing: 1024,
          channels: 8,
          rxPause: false,
          lro: false,
          tso: true,
          rxCoalesceMicros: 8,
          adaptiveRxCoalesce: false,
        },
        WHY,
      ),
    );
    const files = renderNetworkd(host);
    expect([...files.keys()]).toEqual(["90-netloom-exp0.link"]);
    expect(files.get("90-netloom-exp0.link")).toBe(
      [
        "[Match]",
        "PermanentMACAddress=02:00:00:00:00:01",
        "",
        "[Link]",
        "NamePolicy=keep kernel database onboard slot path",
        "AlternativeNamesPolicy=database onboard slot path",
        "MACAddressPolicy=persistent",
        "UseAdaptiveRxCoalesce=no",
        "CombinedChannels=8",
        "LargeReceiveOffload=no",
        "MTUBytes=9000",
        "RxCoalesceSec=8us",
        "RxFlowControl=no",
        "RxBufferSize=max",
        "TCPSegmentationOffload=yes",
        "TxBufferSize=1024",
        "",
      ].join("\n"),
    );
  });

  it("writes no .link file for a port that is known by name, which it does not have yet when the file is read", () => {
    const host = hostThat((s) => {
      s.link("exp1", { mtu: 9000 }, WHY);
      s.address("exp1", "10.10.1.1/24", WHY);
    });
    expect([...renderNetworkd(host)]).toEqual([
      [
        "10-netloom-exp1.network",
        "[Match]\nName=enp1s0\n\n[Link]\nMTUBytes=9000\nRequiredForOnline=no\n\n[Network]\nAddress=10.10.1.1/24\n",
      ],
    ]);
  });

  it("leaves the .network file of a port alone that gets an MTU only: it may be in a bond, or carry VLANs", () => {
    const host = hostThat((s) => {
      s.link("exp0", { mtu: 9000 }, WHY);
      s.link("exp1", { mtu: 9000 }, WHY);
    });
    expect([...renderNetworkd(host).keys()]).toEqual(["90-netloom-exp0.link"]);
  });

  it("names its .link files behind those that may name the port, and before systemd's own", () => {
    const file = [...renderNetworkd(hostThat((s) => s.link("exp0", { mtu: 9000 }, WHY))).keys()][0]!;
    const others = ["10-netplan-lan0.link", "70-lan0.link", "73-usb-net-by-mac.link", "99-default.link"];
    expect([...others, file].sort().indexOf(file)).toBe(3);
  });

  it("gives a port exactly its addresses, and its routes", () => {
    const host = hostThat((s) => {
      s.address("exp0", "10.10.1.1/24", WHY);
      s.address("exp0", "fd00:10::1/64", WHY);
      s.route("exp0", { to: "10.20.0.0/16", via: "10.10.1.254", mtu: 1500, congestion: "bbr", metric: 50 }, WHY);
      s.route("exp0", { to: "default", via: "10.10.1.254", source: "10.10.1.1" }, WHY);
      s.route("exp0", { to: "default", metric: 9000 }, WHY);
    });
    expect(renderNetworkd(host).get("10-netloom-exp0.network")).toBe(
      [
        "[Match]",
        "PermanentMACAddress=02:00:00:00:00:01",
        "",
        "[Link]",
        "RequiredForOnline=no",
        "",
        "[Network]",
        "Address=10.10.1.1/24",
        "Address=fd00:10::1/64",
        "",
        "[Route]",
        "Destination=10.20.0.0/16",
        "Gateway=10.10.1.254",
        "MTUBytes=1500",
        "TCPCongestionControlAlgorithm=bbr",
        "Metric=50",
        "",
        "[Route]",
        "Gateway=10.10.1.254",
        "PreferredSource=10.10.1.1",
        "",
        "[Route]",
        "Destination=0.0.0.0/0",
        "Metric=9000",
        "",
      ].join("\n"),
    );
  });

  it("says nothing about ports without settings, and never about the control port", () => {
    expect(renderNetworkd(hostThat(() => {})).size).toBe(0);
  });

  it("keeps its hands off WireGuard devices, whose peers a reload would drop", () => {
    const host = hostThat((s) =>
      s.wireguard(
        {
          device: "wg0",
          port: 51820,
          mtu: 8920,
          mesh: "lab/mesh",
          table: "lab-mesh.peers",
          member: "node-0",
          addresses: ["10.66.0.1/24"],
          keyEpoch: 1,
        },
        WHY,
      ),
    );
    expect(renderNetworkd(host).get("10-netloom-wg0.network")).toBe("[Match]\nName=wg0\n\n[Link]\nUnmanaged=yes\n");
  });
});

describe("units", () => {
  it("repeat keys for lists, say yes and no, and are wanted by multi-user.target", () => {
    expect(
      renderUnit({
        unit: { Description: "An example", After: ["a.target", "b.target"] },
        service: { Type: "oneshot", RemainAfterExit: true, ExecStart: ["/bin/a", "/bin/b"], Nice: 5 },
      }),
    ).toBe(
      [
        "[Unit]",
        "Description=An example",
        "After=a.target",
        "After=b.target",
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "ExecStart=/bin/a",
        "ExecStart=/bin/b",
        "Nice=5",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
      ].join("\n"),
    );
  });

  it("have no [Install] section when nothing wants them", () => {
    expect(renderUnit({ timer: { OnCalendar: "hourly" }, wantedBy: [] })).toBe("[Timer]\nOnCalendar=hourly\n");
  });
});

describe("the files of a Linux host", () => {
  const files = renderLinux(
    hostThat((s) => {
      s.script("affinity", { text: "true" }, WHY);
      s.script("common", { text: "true", shared: true }, WHY);
      s.limit({ domain: "*", type: "-", item: "memlock", value: "unlimited" }, WHY);
      s.udevRule("ring", 'SUBSYSTEM=="net", ACTION=="add"', WHY);
      s.nftables("inet", "netloom-qos", "  chain out { type filter hook output priority 0; }", WHY);
      s.file("/etc/example.conf", { content: "x\n", mode: "0600", install: "copy" }, WHY);
      s.file("/etc/only-nixos", { content: "x\n", platform: "nixos" }, WHY);
      s.openPort({ protocol: "tcp", port: 179 }, WHY);
    }),
  );

  it("lie where the programs look for them, in the order of nothing but their kinds", () => {
    expect([...files.keys()].sort()).toEqual([
      "root/etc/example.conf",
      "root/etc/netloom/inet-netloom-qos.nft",
      "root/etc/netloom/scripts/affinity",
      "root/etc/netloom/scripts/common",
      "root/etc/netloom/scripts/firewall",
      "root/etc/security/limits.d/60-netloom.conf",
      "root/etc/systemd/system/netloom-firewall.service",
      "root/etc/udev/rules.d/60-netloom.rules",
    ]);
  });

  it("have the mode and the way of installation that was asked for", () => {
    expect(files.get("root/etc/example.conf")).toEqual({ content: "x\n", mode: "0600", install: "copy" });
    expect(files.get("root/etc/netloom/scripts/affinity")).toEqual({
      content: "#!/bin/sh\ntrue\n",
      mode: "0755",
      install: "link",
    });
  });

  it("are shared between hosts only where it is said, in the name of whoever says it", () => {
    const shared = [...files].filter(([, { shared }]) => shared !== undefined);
    expect(shared.map(([path, { shared }]) => [path, shared])).toEqual([
      ["root/etc/netloom/scripts/common", "lab/node-0/F"],
      ["root/etc/netloom/scripts/firewall", "lab/node-0"],
    ]);
  });

  it("say in each why", () => {
    expect(file(files, "root/etc/security/limits.d/60-netloom.conf")).toBe(
      "# the test wants it (lab/node-0/F)\n* - memlock unlimited\n",
    );
    expect(file(files, "root/etc/udev/rules.d/60-netloom.rules")).toBe(
      '# the test wants it (lab/node-0/F)\nSUBSYSTEM=="net", ACTION=="add"\n',
    );
  });

  it("hold nftables tables whole", () => {
    expect(file(files, "root/etc/netloom/inet-netloom-qos.nft")).toBe(
      "table inet netloom-qos {\n  chain out { type filter hook output priority 0; }\n}\n",
    );
    expect(renderNftables("ip x", "")).toBe("table ip x {\n\n}\n");
  });

  it.each<[string, (s: HostSettings) => void]>([
    ["a file of Netloom's", (s) => s.file("/etc/sysctl.d/60-netloom.conf", { content: "" }, WHY)],
    ["a unit of its own", (s) => s.file("/etc/systemd/system/x.service", { content: "" }, WHY)],
    ["the firewall's script", (s) => void s.script("firewall", { text: "true" }, WHY)],
    ["the firewall's unit", (s) => s.unit("netloom-firewall.service", {}, WHY)],
  ])("do not replace %s", (_what, say) => {
    const host = hostThat((s) => {
      s.sysctl("vm.swappiness", 10, WHY);
      s.unit("x.service", {}, WHY);
      s.openPort({ protocol: "tcp", port: 179 }, WHY);
      say(s);
    });
    expect(() => renderLinux(host)).toThrow(/NL-FILE-TWICE[\s\S]*at: {6}lab\/node-0/);
  });

  it("are none where nothing is asked for", () => {
    expect([...renderLinux(hostThat(() => {}))]).toEqual([]);
  });
});
