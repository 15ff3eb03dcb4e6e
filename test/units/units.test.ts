import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Bits, Bytes, bdp, Duration, Mtu, Rate } from "../../lib/units";

describe("Rate", () => {
  it("uses decimal prefixes", () => {
    expect(Rate.gbps(10).toBps()).toBe(10_000_000_000);
    expect(Rate.mbps(940).toBps()).toBe(940_000_000);
    expect(Rate.kbps(1).toBps()).toBe(1000);
    expect(Rate.gbps(0.85).equals(Rate.mbps(850))).toBe(true);
    expect(Rate.gbps(25).toGbps()).toBe(25);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 0.0000001])("refuses %s bit/s", (amount) => {
    expect(() => Rate.bps(amount)).toThrow(/NL-RATE/);
  });

  it("prints the largest fitting unit", () => {
    expect(`${Rate.gbps(10)}`).toBe("10 Gbit/s");
    expect(`${Rate.mbps(941.5)}`).toBe("941.5 Mbit/s");
    expect(`${Rate.bps(999)}`).toBe("999 bit/s");
    expect(JSON.stringify({ rate: Rate.gbps(100) })).toBe('{"rate":"100 Gbit/s"}');
  });

  it("parses what it prints", () => {
    for (const rate of [Rate.gbps(10), Rate.mbps(941.5), Rate.kbps(64), Rate.bps(7)]) {
      expect(Rate.parse(rate.toString()).equals(rate)).toBe(true);
    }
    expect(Rate.parse("10Gbps").toBps()).toBe(1e10);
  });

  it.each(["10", "Gbit/s", "10 GB/s", "10 gbit", "-1 Gbit/s", "1e3 bps", ""])("refuses the text %j", (text) => {
    expect(() => Rate.parse(text)).toThrow(/NL-RATE/);
  });

  it("says how long data takes", () => {
    expect(Rate.gbps(10).timeFor(Bytes.of(50_000_000_000)).toSeconds()).toBe(40);
    expect(Rate.gbps(1).timeFor(Bits.of(1)).toNanos()).toBe(1);
  });
});

describe("the bandwidth-delay product", () => {
  it.each([
    [Rate.gbps(1), Duration.millis(0.2), 25_000],
    [Rate.gbps(1), Duration.millis(2), 250_000],
    [Rate.gbps(10), Duration.micros(200), 250_000],
    [Rate.gbps(25), Duration.micros(100), 312_500],
    [Rate.gbps(100), Duration.millis(1), 12_500_000],
    [Rate.gbps(0.85), Duration.millis(125), 13_281_250],
    [Rate.gbps(10), Duration.millis(100), 125_000_000],
    [Rate.gbps(400), Duration.micros(10), 500_000],
  ])("of %s and %s is %d bytes", (rate, rtt, expected) => {
    expect(bdp(rate, rtt).toBytes()).toBe(expected);
  });

  it("never rounds down", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4e11 }), fc.integer({ min: 0, max: 1e9 }), (bps, nanos) => {
        const bits = (BigInt(bps) * BigInt(nanos)) / 1_000_000_000n;
        const bytes = BigInt(bdp(Rate.bps(bps), Duration.nanos(nanos)).toBytes());
        return bytes * 8n >= bits && bytes * 8n - bits <= 8n;
      }),
    );
  });
});

describe("Bytes and Bits", () => {
  it("convert by eight", () => {
    expect(Bytes.of(3).toBits().toBits()).toBe(24);
    expect(Bits.of(9).toBytes().toBytes()).toBe(2);
    expect(Bytes.mib(16).toBytes()).toBe(16_777_216);
    expect(Bytes.kib(0.5).toBytes()).toBe(512);
    expect(Bytes.gib(1).equals(Bytes.mib(1024))).toBe(true);
  });

  it("cannot be confused at compile time", () => {
    const wantsBytes = (amount: Bytes): number => amount.toBytes();
    // @ts-expect-error bits are no bytes
    wantsBytes(Bits.of(8));
    // @ts-expect-error a bare number is no amount of bytes
    expect(() => wantsBytes(8)).toThrow(TypeError);
    const wantsBits = (amount: Bits): number => amount.toBits();
    // @ts-expect-error bytes are no bits
    wantsBits(Bytes.of(1));
  });

  it.each([Number.NaN, -1, 1.5, 2 ** 53])("refuse %s", (amount) => {
    expect(() => Bytes.of(amount)).toThrow(/NL-BYTES/);
    expect(() => Bits.of(amount)).toThrow(/NL-BITS/);
  });

  it("refuse text from untyped callers", () => {
    expect(() => Bytes.of("8" as unknown as number)).toThrow(/NL-BYTES/);
  });

  it("print readable units", () => {
    expect(`${Bytes.mib(16)}`).toBe("16 MiB");
    expect(`${Bytes.of(250_000)}`).toBe("244.141 KiB");
    expect(`${Bytes.of(0)}`).toBe("0 B");
    expect(`${Bits.of(2_000_000)}`).toBe("2 Mbit");
  });

  it("order and scale", () => {
    expect(Bytes.kib(1).compareTo(Bytes.of(1000))).toBeGreaterThan(0);
    expect(Bytes.of(3).times(1.5).toBytes()).toBe(5);
    expect(Bytes.of(3).plus(Bytes.of(4)).toBytes()).toBe(7);
    expect(() => Bytes.of(3).times(-1)).toThrow(/NL-BYTES/);
  });
});

describe("Duration", () => {
  it("converts between units", () => {
    expect(Duration.micros(200).toMillis()).toBe(0.2);
    expect(Duration.minutes(2).toSeconds()).toBe(120);
    expect(Duration.seconds(1).toMicros()).toBe(1e6);
    expect(Duration.millis(1).plus(Duration.micros(500)).toMicros()).toBe(1500);
    expect(Duration.millis(1).times(2).toMillis()).toBe(2);
  });

  it("prints readable units", () => {
    expect(`${Duration.micros(200)}`).toBe("200 µs");
    expect(`${Duration.millis(1.5)}`).toBe("1.5 ms");
    expect(`${Duration.seconds(0)}`).toBe("0 ns");
  });

  it("parses what it prints, for every duration below a millisecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999 }), (nanos) => {
        const duration = Duration.nanos(nanos);
        return Duration.parse(duration.toString()).equals(duration);
      }),
    );
    expect(Duration.parse("25s").compareTo(Duration.seconds(24))).toBeGreaterThan(0);
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY, 1e300])("refuses %s", (amount) => {
    expect(() => Duration.seconds(amount)).toThrow(/NL-DURATION/);
  });

  it.each(["5", "5 parsecs", "s"])("refuses the text %j", (text) => {
    expect(() => Duration.parse(text)).toThrow(/NL-DURATION/);
  });
});

describe("Mtu", () => {
  it.each([68, 1280, 1500, 9000, 65535])("accepts %d", (value) => {
    expect(Mtu.of(value).value).toBe(value);
  });

  it.each([67, 0, -1, 65536, 1500.5, Number.NaN])("refuses %s", (value) => {
    expect(() => Mtu.of(value)).toThrow(/NL-MTU-RANGE[\s\S]*68 to 65535/);
  });

  it("subtracts an overhead and takes the least", () => {
    expect(Mtu.jumbo.minus(80).value).toBe(8920);
    expect(Mtu.least(Mtu.jumbo, Mtu.ethernet, Mtu.of(8920)).value).toBe(1500);
    expect(() => Mtu.of(68).minus(1)).toThrow(/NL-MTU-RANGE/);
    expect(Mtu.of(Mtu.jumbo).equals(Mtu.jumbo)).toBe(true);
  });

  it("is nominal", () => {
    const wantsMtu = (mtu: Mtu): number => mtu.value;
    // @ts-expect-error an object of the same shape is no MTU
    expect(wantsMtu({ value: 1500 })).toBe(1500);
  });
});
