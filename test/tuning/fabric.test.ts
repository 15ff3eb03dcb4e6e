import { describe, expect, it } from "vitest";
import {
  dctcpThreshold,
  ecmpHash,
  guaranteedPortBuffer,
  incastBuffer,
  pfcHeadroom,
  type QosClass,
  qosPlanProblems,
  ringAllReduceTime,
  ringAllReduceTraffic,
  ROCE_QOS_PLAN,
  switchPortBuffer,
  tosByte,
  withoutPfc,
} from "../../lib/tuning";
import { Bytes, Duration, Mtu, Rate } from "../../lib/units";

describe("the QoS plan", () => {
  it("is valid, and has nothing to warn of", () => {
    expect(qosPlanProblems(ROCE_QOS_PLAN)).toEqual([]);
    expect(qosPlanProblems(withoutPfc(ROCE_QOS_PLAN))).toEqual([]);
    expect(withoutPfc(ROCE_QOS_PLAN).some((qosClass) => qosClass.lossless)).toBe(false);
  });

  it("writes 106 for RoCE data: DSCP 26 and ECT(0)", () => {
    expect(tosByte(26)).toBe(106);
  });

  const broken = (change: Partial<QosClass>): string[] =>
    qosPlanProblems(
      ROCE_QOS_PLAN.map((qosClass) => (qosClass.name === "roce" ? { ...qosClass, ...change } : qosClass)),
    ).map(({ code, what }) => `${code} ${what}`);

  it.each([
    [{ share: 40 }, "NL-022 the weights of the ets classes do not make a whole"],
    [{ dscp: [0] }, "NL-022 two classes have the same DSCP"],
    [{ dscp: [64] }, "NL-022 class roce has a DSCP that does not fit six bits"],
    [{ dscp: [] }, "NL-022 nothing can be told to be in class roce"],
    [{ priority: 6 }, "NL-022 two classes have the same priority"],
    [{ priority: 8 }, "NL-022 class roce has no such priority"],
    [{ name: "default" }, "NL-022 two classes have the same name"],
  ])("refuses roce with %j", (change, problem) => {
    expect(broken(change)).toContain(problem);
  });

  it("refuses more than eight classes", () => {
    const nine = Array.from({ length: 9 }, (_, index) => ({
      name: `c${index}`,
      dscp: [index],
      priority: index % 8,
      scheduler: "ets" as const,
      share: index === 0 ? 20 : 10,
    }));
    expect(qosPlanProblems(nine).map(({ code, what }) => `${code} ${what}`)).toEqual([
      "NL-022 an 802.1Q port has eight traffic classes",
      "NL-022 two classes have the same priority",
    ]);
  });
});

describe("buffer arithmetic", () => {
  it("divides a port's BDP by the root of its flows", () => {
    expect(switchPortBuffer({ rate: Rate.gbps(25), rtt: Duration.micros(10), flows: 1 }).value.toBytes()).toBe(31_250);
    expect(switchPortBuffer({ rate: Rate.gbps(100), rtt: Duration.millis(1), flows: 100 }).value.toBytes()).toBe(
      1_250_000,
    );
  });

  it("marks at a seventh of the BDP", () => {
    expect(dctcpThreshold({ rate: Rate.gbps(10), rtt: Duration.micros(100) }).value.toBytes()).toBe(17_858);
  });

  it("splits what is guaranteed, not what is shared", () => {
    expect(guaranteedPortBuffer(Bytes.mib(32), 0.5, 48).value.toBytes()).toBe(349_525);
  });

  it("piles up what the egress of an incast cannot take", () => {
    const incast = incastBuffer({
      senders: 16,
      burst: Bytes.kib(64),
      senderRate: Rate.gbps(25),
      egress: Rate.gbps(25),
    });
    expect(incast.arriving.equals(Bytes.mib(1))).toBe(true);
    expect(incast.queued.toBytes()).toBe(15 * 65_536);
    expect(incast.oversubscription).toBe(16);
    expect(
      incastBuffer({
        senders: 5,
        burst: Bytes.kib(64),
        senderRate: Rate.mbps(100),
        egress: Rate.gbps(1),
      }).queued.toBytes(),
    ).toBe(0);
  });

  it("keeps headroom for what is already on its way when a pause is sent", () => {
    const headroom = pfcHeadroom({ rate: Rate.gbps(100), mtu: Mtu.jumbo });
    expect(headroom.value.toBytes()).toBe(2 * 9000 + 875 + (394 * 512) / 8);
    expect(pfcHeadroom({ rate: Rate.gbps(100), mtu: Mtu.jumbo, cableMetres: 300 }).value.toBytes()).toBe(
      18_000 + 37_500 + 25_216,
    );
    expect(pfcHeadroom({ rate: Rate.gbps(25), mtu: Mtu.ethernet, responseQuanta: 10 }).value.toBytes()).toBe(3859);
  });
});

describe("collective traffic", () => {
  it("of a ring is 2·(N−1)/N of the data, for every number of ranks", () => {
    expect(ringAllReduceTraffic(1, Bytes.gib(1)).value.toBytes()).toBe(0);
    expect(ringAllReduceTraffic(4, Bytes.of(4000)).value.toBytes()).toBe(6000);
    expect(ringAllReduceTraffic(1000, Bytes.of(700_000_000_000)).value.toBytes()).toBe(1_398_600_000_000);
    expect(() => ringAllReduceTraffic(0, Bytes.of(1))).toThrow(/NL-RANKS/);
  });

  it("takes the time that the line rate allows", () => {
    const time = ringAllReduceTime({ ranks: 4, size: Bytes.of(10_000_000_000), rate: Rate.gbps(100) });
    expect(time.value.toSeconds()).toBe(1.2);
  });
});

describe("ECMP", () => {
  it("hashes ports for both IP versions, and leaves the default alone", () => {
    expect(ecmpHash("layer3")).toEqual([]);
    expect(ecmpHash("layer4").map(({ key, value }) => `${key}=${value}`)).toEqual([
      "net.ipv4.fib_multipath_hash_policy=1",
      "net.ipv6.fib_multipath_hash_policy=1",
    ]);
  });
});
