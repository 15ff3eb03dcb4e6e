import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FabricPort } from "../../../lib/host";
import { renderFabricPort } from "../../../lib/render/fabric-port";
import { FIXTURES, PORT, type PortLab, r650Lab } from "./port-lab";

// Every run of the script starts some dozen programs, and other tests run beside this one.
vi.setConfig({ testTimeout: 60_000 });

let lab: PortLab;
beforeEach(() => {
  lab = r650Lab();
});
afterEach(() => lab.remove());

const conf = (port: Partial<FabricPort> = {}): string => renderFabricPort({ ...PORT, ...port });

describe("the link check", () => {
  const ethtool = (samples: Readonly<Record<string, string>>): void =>
    lab.program(
      "ethtool",
      `case $1 in ${Object.entries(samples)
        .map(([flag, file]) => `-${flag}) cat '${FIXTURES}/${file}' ;;`)
        .join(" ")} esac`,
    );
  const old = {
    g: "ethtool-g-4.15-mlx5.txt",
    l: "ethtool-l-5.4-mlx5.txt",
    a: "ethtool-a-5.4-mlx5.txt",
    c: "ethtool-c-5.4-mlx5.txt",
  };
  const wanted = (...lines: string[]): void => {
    lab.write("exp0.conf", conf());
    lab.write(
      "etc/systemd/network/90-netloom-exp0.link",
      `[Match]\nPermanentMACAddress=x\n\n[Link]\n${lines.join("\n")}\n`,
    );
  };
  const ALL = [
    "RxFlowControl=no",
    "TxFlowControl=no",
    "AutoNegotiationFlowControl=no",
    "CombinedChannels=36",
    "UseAdaptiveRxCoalesce=yes",
  ];

  it("reads rings, channels, pauses and coalescing of ethtool 4 and 5", () => {
    ethtool(old);
    wanted("RxBufferSize=1024", "TxBufferSize=1024", "RxCoalesceSec=8us", ...ALL);
    expect(lab.check("link")).toMatchObject({
      status: 0,
      output:
        "receive ring 1024, send ring 1024, channels 36, receive pause off, send pause off, pause negotiation off, adaptive waiting on, waiting 8us",
    });
  });

  it("takes max for what the card has", () => {
    wanted("RxBufferSize=max", "TxBufferSize=max");
    ethtool(old);
    expect(lab.check("link")).toMatchObject({
      status: 1,
      output: "receive ring 1024 instead of 8192, send ring 1024 instead of 8192",
    });
    ethtool({ ...old, g: "ethtool-g-6.9-mlx5.txt" });
    expect(lab.check("link")).toMatchObject({ status: 1, output: "receive ring 8192, send ring 4096 instead of 8192" });
    ethtool({ g: "ethtool-g-6.1-virtio.txt", l: "ethtool-l-6.1-virtio.txt", c: "ethtool-c-6.1-virtio.txt" });
    expect(lab.check("link")).toMatchObject({ status: 0, output: "receive ring 256, send ring 256" });
  });

  it("says what a driver has no word for, and does not fail for it", () => {
    ethtool({ g: "ethtool-g-6.1-virtio.txt", l: "ethtool-l-6.1-virtio.txt", c: "ethtool-c-6.1-virtio.txt" });
    wanted(...ALL.slice(0, 3), "CombinedChannels=1", "UseAdaptiveRxCoalesce=no");
    expect(lab.check("link")).toMatchObject({
      status: 0,
      output: "channels 1, receive pause n/a, send pause n/a, pause negotiation n/a, adaptive waiting off",
    });
  });

  it("sees global pause that somebody turned on", () => {
    ethtool(old);
    lab.program("ethtool", `[ "$1" != -a ] || sed 's/^RX:.*/RX: on/' '${FIXTURES}/ethtool-a-5.4-mlx5.txt'`);
    wanted("RxFlowControl=no");
    expect(lab.check("link")).toMatchObject({ status: 1, output: "receive pause on instead of off" });
  });
});

describe("the agent's own reading of ethtool", () => {
  it.each([
    ["g", "rx", "ethtool-g-4.15-mlx5.txt", "1024"],
    ["g", "rx", "ethtool-g-6.9-mlx5.txt", "8192"],
    ["g", "tx", "ethtool-g-6.9-mlx5.txt", "4096"],
    ["g", "tx", "ethtool-g-6.1-virtio.txt", "256"],
    ["l", "combined", "ethtool-l-5.4-mlx5.txt", "36"],
    ["l", "combined", "ethtool-l-6.1-virtio.txt", "1"],
    ["a", "rx", "ethtool-a-5.4-mlx5.txt", "off"],
    ["a", "autoneg", "ethtool-a-5.4-mlx5.txt", "off"],
    ["c", "adaptive-rx", "ethtool-c-5.4-mlx5.txt", "on"],
    ["c", "rx-usecs", "ethtool-c-6.1-virtio.txt", "0"],
  ])("-%s %s out of %s is %s", (flag, name, file, value) => {
    const observe = `${__dirname}/../../../lib/agent/shared/observe.sh`;
    const run = spawnSync(
      "sh",
      ["-c", `. '${observe}'; ethtool() { cat '${FIXTURES}/${file}'; }; ethtool_get dev ${flag} ${name}`],
      { encoding: "utf8" },
    );
    expect(run.stdout.trim()).toBe(value);
  });
});

describe("the bandwidth check", () => {
  const perftest = (rate: string): void =>
    lab.program(
      "ib_write_bw",
      `echo 500 >>'${lab.directory}/sys/class/net/eno12399/statistics/tx_bytes'; sed 's/97.75/${rate}/' '${__dirname}/../../fixtures/rdma/perftest-4.5-write_bw.txt'`,
    );

  beforeEach(() => {
    lab.write("exp0.conf", conf());
    lab.program("cat", `case "$1" in */tx_bytes) /bin/cat "$1" | tail -n 1 ;; *) exec /bin/cat "$@" ;; esac`);
    lab.write("sys/class/net/eno12399/statistics/tx_bytes", "0\n");
  });

  it("passes at nine tenths of the link", () => {
    perftest("97.75");
    expect(lab.check("bandwidth", "10.10.1.2", "90")).toMatchObject({
      status: 0,
      output: "97.75 Gbit/s of 90 wanted; control interface sent 500 bytes meanwhile",
    });
  });

  it("fails below that", () => {
    perftest("61.00");
    expect(lab.check("bandwidth", "10.10.1.2", "90").status).toBe(1);
  });

  it("fails when the bytes went over the control interface", () => {
    perftest("97.75");
    lab.program(
      "ib_write_bw",
      `echo 327680000 >>'${lab.directory}/sys/class/net/eno12399/statistics/tx_bytes'; cat '${__dirname}/../../fixtures/rdma/perftest-4.5-write_bw.txt'`,
    );
    expect(lab.check("bandwidth", "10.10.1.2", "90")).toMatchObject({ status: 1 });
  });

  it("is answered by a server on the same device, that speaks the same way", () => {
    lab.program("ib_write_bw", `echo "$*" >>'${lab.directory}/args'; false`);
    lab.run("serve", `${lab.directory}/exp0.conf`);
    lab.check("bandwidth", "10.10.1.2", "90");
    const [server, client] = lab.read("args").split("\n");
    expect(server).toBe("-d mlx5_2 -i 1 -x 3 --tclass=106 -F --report_gbits");
    expect(client).toBe(`${server} 10.10.1.2`);
  });

  it("leaves the traffic class out where the port has none", () => {
    lab.write("exp0.conf", conf({ tos: undefined }));
    lab.program("ib_write_bw", `echo "$*" >>'${lab.directory}/args'; false`);
    lab.check("bandwidth", "10.10.1.2", "90");
    expect(lab.read("args")).toBe("-d mlx5_2 -i 1 -x 3 -F --report_gbits 10.10.1.2");
  });

  describe("over IPv6", () => {
    beforeEach(() => {
      const gid = "fd00:0010:0000:0000:0000:0000:0000:0001";
      lab.card("ens2f0", "mlx5_2", [[gid, "RoCE v2"]]);
      lab.write("exp0.conf", conf({ gid }));
    });

    it("has both ends meet over it, which the tool does not do by itself", () => {
      lab.program(
        "ib_write_bw",
        `[ "$1" != -h ] || { echo ' --ipv6-addr'; exit; }; echo "$*" >>'${lab.directory}/args'; false`,
      );
      lab.run("serve", `${lab.directory}/exp0.conf`);
      lab.check("bandwidth", "fd00:10::2", "90");
      const [server, client] = lab.read("args").split("\n");
      expect(server).toBe("-d mlx5_2 -i 1 -x 0 --tclass=106 -F --report_gbits --ipv6-addr");
      expect(client).toBe(`${server} fd00:10::2`);
    });

    it("says so where the tool is too old for it", () => {
      lab.program("ib_write_bw", "echo 'Usage: …'");
      expect(lab.check("bandwidth", "fd00:10::2", "90")).toMatchObject({
        status: 1,
        output: "ib_write_bw: perftest here is older than 23.07 and meets over IPv4 only",
      });
    });
  });

  it("says what the tool said when it fails", () => {
    lab.program("ib_write_bw", "echo 'Unable to connect'; exit 1");
    expect(lab.check("bandwidth", "10.10.1.2", "90").output).toBe("ib_write_bw: Unable to connect");
  });
});
