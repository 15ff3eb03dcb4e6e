import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseCongestionControl,
  coexistence,
  CONGESTION_CONTROLS,
  conntrack,
  keepalive,
  kernelTcpMem,
  nextPowerOfTwo,
  presetStreamCount,
  quicBuffers,
  quicPayload,
  quicWindows,
  rootQdiscVerdict,
  strainsTcpMemory,
  streamCount,
  TCP_BUFFER_LIMIT,
  tcpBuffers,
  tcpEcn,
  tcpFastOpen,
  windowScale,
} from "../../lib/tuning";
import { Bytes, Duration, Mtu, Rate } from "../../lib/units";

describe("TCP buffers", () => {
  it.each([
    [1, 200, 25_000],
    [1, 2000, 250_000],
    [10, 200, 250_000],
    [25, 100, 312_500],
  ])("on a LAN of %d Gbit/s × %d µs are left to the kernel, and it says so", (gbps, micros, product) => {
    const buffers = tcpBuffers({ rate: Rate.gbps(gbps), rtt: Duration.micros(micros) });
    expect(buffers.bdp.toBytes()).toBe(product);
    expect(buffers.sysctls).toEqual([]);
    expect(buffers.because).toContain("no more than the kernel's own limits allow");
  });

  it("of 10 Gbit/s × 100 ms are twice the BDP as a power of two", () => {
    const buffers = tcpBuffers({ rate: Rate.gbps(10), rtt: Duration.millis(100) });
    expect(buffers.bdp.toBytes()).toBe(125_000_000);
    expect(buffers.sysctls.map(({ key, value }) => `${key}=${value}`)).toEqual([
      "net.ipv4.tcp_rmem=4096 131072 268435456",
      "net.ipv4.tcp_wmem=4096 16384 268435456",
    ]);
    expect(buffers.because).toBe("2 × BDP of 10 Gbit/s × 100 ms (125000000 bytes), as a power of two");
  });

  it("never lower what the kernel does by itself", () => {
    const path = { rate: Rate.gbps(0.85), rtt: Duration.millis(125) };
    expect(tcpBuffers(path).sysctls.map(({ key, value }) => `${key}=${value}`)).toEqual([
      "net.ipv4.tcp_rmem=4096 131072 33554432",
      "net.ipv4.tcp_wmem=4096 16384 33554432",
    ]);
    expect(tcpBuffers({ ...path, kernel: [6, 18] }).sysctls.map(({ key }) => key)).toEqual(["net.ipv4.tcp_wmem"]);
    expect(tcpBuffers({ ...path, kernel: [6, 18] }).receiveMax.equals(Bytes.mib(32))).toBe(true);
  });

  it("shrink with parallel streams", () => {
    const one = tcpBuffers({ rate: Rate.gbps(10), rtt: Duration.millis(100) });
    const eight = tcpBuffers({ rate: Rate.gbps(10), rtt: Duration.millis(100), streams: 8 });
    expect(eight.sendMax.toBytes() * 8).toBe(one.sendMax.toBytes());
    expect(() => tcpBuffers({ rate: Rate.gbps(1), rtt: Duration.millis(1), streams: 0 })).toThrow(/NL-TCP-STREAMS/);
  });

  it("refuse a path that no window can fill, and say how many streams would", () => {
    expect(() => tcpBuffers({ rate: Rate.gbps(100), rtt: Duration.millis(100) })).toThrow(
      /NL-TCP-BUFFER[\s\S]*streams: 2/,
    );
    expect(
      tcpBuffers({ rate: Rate.gbps(100), rtt: Duration.millis(100), streams: 2 }).sendMax.equals(
        Bytes.of(2 ** 30 * 2 - 1),
      ),
    ).toBe(true);
  });

  it("stay within what the kernel takes and hold two BDP, for every path", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 80_000 }), (mbps, micros) => {
        const buffers = tcpBuffers({ rate: Rate.mbps(mbps), rtt: Duration.micros(micros) });
        const enough = Math.min(2 * buffers.bdp.toBytes(), TCP_BUFFER_LIMIT.toBytes());
        return [buffers.sendMax, buffers.receiveMax].every(
          (max) => max.toBytes() >= enough && max.compareTo(TCP_BUFFER_LIMIT) <= 0,
        );
      }),
    );
  });

  it("give the window scale that the kernel announces", () => {
    expect(windowScale(Bytes.mib(32))).toBe(10);
    expect(windowScale(TCP_BUFFER_LIMIT)).toBe(14);
    expect(windowScale(Bytes.of(1))).toBe(0);
  });

  it("are weighed against memory in pages", () => {
    const [low, pressure, high] = kernelTcpMem(Bytes.gib(64));
    expect([low, pressure, high]).toEqual([786_432, 1_048_576, 1_572_864]);
    expect(strainsTcpMemory(4, Bytes.mib(512), Bytes.gib(64))).toBe(false);
    expect(strainsTcpMemory(5, Bytes.mib(512), Bytes.gib(64))).toBe(true);
    expect(nextPowerOfTwo(1)).toBe(1);
    expect(nextPowerOfTwo(1025)).toBe(2048);
  });
});

describe("QUIC", () => {
  it("gets the buffers that quic-go asks for, or one BDP", () => {
    const lan = quicBuffers({ rate: Rate.gbps(10), rtt: Duration.micros(200) });
    expect(lan.map(({ key, value }) => `${key}=${value}`)).toEqual([
      "net.core.rmem_max=7500000",
      "net.core.wmem_max=7500000",
    ]);
    expect(quicBuffers({ rate: Rate.gbps(10), rtt: Duration.millis(100) })[0]?.value).toBe("125000000");
  });

  it("fills a packet and no more", () => {
    expect(quicPayload(Mtu.ethernet, 4).toBytes()).toBe(1472);
    expect(quicPayload(Mtu.ethernet, 6).toBytes()).toBe(1452);
    expect(() => quicPayload(Mtu.of(1227), 4)).toThrow(/NL-051[\s\S]*1228/);
  });

  it("has a connection window of one and a half stream windows", () => {
    const windows = quicWindows({ rate: Rate.gbps(1), rtt: Duration.millis(2) });
    expect([windows.stream.toBytes(), windows.connection.toBytes()]).toEqual([250_000, 375_000]);
  });
});

describe("congestion control", () => {
  it.each([
    [{ rtt: Duration.micros(200) }, "cubic"],
    [{ rtt: Duration.micros(200), lossy: true }, "bbr"],
    [{ rtt: Duration.millis(40) }, "bbr"],
    [{ rtt: Duration.micros(50), marking: true }, "dctcp"],
  ] as const)("for %j is %s", (path, expected) => {
    expect(chooseCongestionControl(path).value).toBe(expected);
  });

  it("never lets DCTCP share a queue", () => {
    expect(coexistence("dctcp", "bbr").value).toBe("refused");
    expect(coexistence("cubic", "dctcp").value).toBe("refused");
    expect(coexistence("bbr", "cubic").value).toBe("unfair");
    expect(coexistence("cubic", "reno").value).toBe("fine");
    expect(coexistence("dctcp", "dctcp").value).toBe("fine");
  });

  it("keeps the multiqueue root above 10 Gbit/s", () => {
    expect(rootQdiscVerdict("fq", Rate.gbps(25), 16).value).toBe("refused");
    expect(rootQdiscVerdict("fq", Rate.gbps(10), 16).value).toBe("slow");
    expect(rootQdiscVerdict("fq", Rate.gbps(100), 1).value).toBe("fine");
  });

  it("names a module only where one must be loaded", () => {
    expect(Object.values(CONGESTION_CONTROLS).map(({ module }) => module)).toEqual([
      "tcp_bbr",
      undefined,
      "tcp_dctcp",
      undefined,
    ]);
  });

  it("asks for ECN only on a fabric that marks", () => {
    expect(tcpEcn({ marking: false })).toEqual([]);
    expect(tcpEcn({ marking: true })[0]).toMatchObject({ key: "net.ipv4.tcp_ecn", value: "1" });
  });
});

describe("sockets", () => {
  it("track twice the peak of flows", () => {
    const { sysctls, memory } = conntrack(100_000);
    expect(sysctls.map(({ key, value }) => `${key}=${value}`)).toEqual([
      "net.netfilter.nf_conntrack_buckets=262144",
      "net.netfilter.nf_conntrack_max=262144",
    ]);
    expect(memory.toBytes()).toBe(104_857_600);
  });

  it("notice a dead peer after idle + interval × probes", () => {
    expect(keepalive({}).detection.toSeconds()).toBe(7875);
    expect(keepalive({}).sysctls).toEqual([]);
    const quick = keepalive({ idle: Duration.seconds(600), interval: Duration.seconds(60), probes: 3 });
    expect(quick.detection.toSeconds()).toBe(780);
    expect(quick.sysctls.map(({ key, value }) => `${key}=${value}`)).toEqual([
      "net.ipv4.tcp_keepalive_intvl=60",
      "net.ipv4.tcp_keepalive_probes=3",
      "net.ipv4.tcp_keepalive_time=600",
    ]);
    expect(() => keepalive({ pathIdleTimeout: Duration.seconds(3600) })).toThrow(/NL-KEEPALIVE/);
  });

  it("fast open adds its bits up and never goes without a cookie", () => {
    expect(tcpFastOpen({ client: true, server: true }).value).toBe(3);
    expect(tcpFastOpen({ client: false, server: true, allListeners: true }).value).toBe(1026);
    expect(tcpFastOpen({ client: false, server: false }).because).toBe("off");
  });
});

describe("stream counts", () => {
  it("follow window and core", () => {
    const path = { rate: Rate.gbps(10), rtt: Duration.millis(100), window: Bytes.mib(32), cores: 16 };
    expect(streamCount(path).value).toBe(4);
    expect(streamCount({ ...path, rate: Rate.gbps(100), rtt: Duration.micros(100) }).value).toBe(7);
    expect(streamCount({ ...path, cores: 2 }).value).toBe(2);
  });

  it("of the preset have no overlap and no gap", () => {
    expect(presetStreamCount(Rate.gbps(9.9)).value).toEqual([32, 64]);
    expect(presetStreamCount(Rate.gbps(10)).value).toEqual([128, 256]);
    expect(presetStreamCount(Rate.gbps(100)).value).toEqual([256, 512]);
    expect(() => presetStreamCount(Rate.mbps(999))).toThrow(/NL-STREAM-COUNT/);
  });
});
