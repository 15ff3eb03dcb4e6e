import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Cidr, findOverlaps, InterfaceAddress, IpAddress, MacAddress } from "../../lib/net";

describe("IpAddress", () => {
  it("prints the canonical form", () => {
    expect(`${IpAddress.parse("10.10.1.1")}`).toBe("10.10.1.1");
    expect(`${IpAddress.parse("FD00:0:0:0:0:0:0:1")}`).toBe("fd00::1");
    expect(IpAddress.parse("fd00::1").toUrlHost()).toBe("[fd00::1]");
    expect(IpAddress.parse("10.0.0.1").toUrlHost()).toBe("10.0.0.1");
  });

  it.each([
    "",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "10.0.0.1/24",
    "fe80::1%eth0",
    "fd00::/64",
    "::g",
    "1:2:3:4:5:6:7:8:9",
    "10.0.0.1 ",
    "host",
  ])("refuses %j", (text) => {
    expect(() => IpAddress.parse(text)).toThrow(/NL-IP-ADDRESS/);
    expect(IpAddress.isValid(text)).toBe(false);
  });

  it("turns every number into text and back", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (number) => {
        const v6 = IpAddress.fromNumber(6, number);
        const v4 = IpAddress.fromNumber(4, number & 0xffffffffn);
        return IpAddress.parse(`${v6}`).equals(v6) && IpAddress.parse(`${v4}`).equals(v4) && v6.number === number;
      }),
    );
    expect(() => IpAddress.fromNumber(4, 2n ** 32n)).toThrow(/NL-IP-ADDRESS/);
  });

  it("knows the special ranges", () => {
    expect(IpAddress.parse("224.0.0.1").isMulticast).toBe(true);
    expect(IpAddress.parse("ff02::1").isMulticast).toBe(true);
    expect(IpAddress.parse("10.0.0.1").isMulticast).toBe(false);
    expect(IpAddress.parse("127.0.0.53").isLoopback).toBe(true);
    expect(IpAddress.parse("::1").isLoopback).toBe(true);
    expect(IpAddress.parse("169.254.1.1").isLinkLocal).toBe(true);
    expect(IpAddress.parse("fe80::1").isLinkLocal).toBe(true);
    expect(IpAddress.parse("::").isUnspecified).toBe(true);
  });

  it("sorts by family and number, not by text", () => {
    const sorted = ["fd00::1", "10.0.0.10", "10.0.0.9"].map((text) => IpAddress.parse(text));
    sorted.sort((left, right) => left.compareTo(right));
    expect(sorted.map(String)).toEqual(["10.0.0.9", "10.0.0.10", "fd00::1"]);
  });
});

describe("Cidr", () => {
  it("gives hosts by number", () => {
    const lan = Cidr.parse("10.10.1.0/24");
    expect(`${lan.host(1)}`).toBe("10.10.1.1");
    expect(`${lan.firstUsable}-${lan.lastUsable} ${lan.last} ${lan.usableCount}`).toBe(
      "10.10.1.1-10.10.1.254 10.10.1.255 254",
    );
    expect(`${Cidr.parse("fd00::/64").host(0x10n)}`).toBe("fd00::10");
  });

  it.each([0, 255, 256, -1, 1.5, Number.NaN])("has no host %s in a /24", (index) => {
    expect(() => Cidr.parse("10.10.1.0/24").host(index)).toThrow(/NL-CIDR-HOST[\s\S]*1 to 254/);
  });

  it("uses every address of point-to-point networks", () => {
    expect(Cidr.parse("10.0.0.0/31").usableCount).toBe(2n);
    expect(Cidr.parse("10.0.0.7/32").usableCount).toBe(1n);
    expect(Cidr.parse("fd00::/127").usableCount).toBe(2n);
    expect(Cidr.parse("fd00::/126").usableCount).toBe(3n);
  });

  it("names the network that was meant when host bits are set", () => {
    expect(() => Cidr.parse("10.10.1.7/24")).toThrow(/host bits[\s\S]*10\.10\.1\.0\/24/);
  });

  it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "/8", "fd00::/129", "10.0.0.0/8/8", "10.0.0.0/"])(
    "refuses %j",
    (text) => {
      expect(() => Cidr.parse(text)).toThrow(/NL-CIDR/);
    },
  );

  it("contains and overlaps", () => {
    const wide = Cidr.parse("10.0.0.0/8");
    const lan = Cidr.parse("10.10.0.0/16");
    expect(wide.contains(lan)).toBe(true);
    expect(lan.contains(wide)).toBe(false);
    expect(lan.overlaps(wide) && wide.overlaps(lan)).toBe(true);
    expect(lan.overlaps(Cidr.parse("10.11.0.0/16"))).toBe(false);
    expect(wide.contains(IpAddress.parse("10.255.255.255"))).toBe(true);
    expect(Cidr.parse("0.0.0.0/0").overlaps(Cidr.parse("::/0"))).toBe(false);
    expect(Cidr.parse("0.0.0.0/0").contains(IpAddress.parse("::1"))).toBe(false);
  });
});

describe("InterfaceAddress", () => {
  it("keeps address and on-link network", () => {
    const address = InterfaceAddress.parse("10.10.1.7/24");
    expect(`${address} ${address.address} ${address.network}`).toBe("10.10.1.7/24 10.10.1.7 10.10.1.0/24");
    expect(`${InterfaceAddress.parse("fd00::1/64").network}`).toBe("fd00::/64");
  });

  it.each(["10.10.1.0/24", "10.10.1.255/24", "224.0.0.1/4", "0.0.0.0/0", "10.10.1.1", "fd00::/64", "10.10.1.1/24 "])(
    "refuses %j",
    (text) => {
      expect(() => InterfaceAddress.parse(text)).toThrow(/NL-INTERFACE-ADDRESS/);
    },
  );
});

describe("MacAddress", () => {
  it.each(["3c:fd:fe:04:10:a1", "3C-FD-FE-04-10-A1", "3cfdfe0410a1"])("reads %s", (text) => {
    expect(`${MacAddress.parse(text)}`).toBe("3c:fd:fe:04:10:a1");
  });

  it.each(["", "3c:fd:fe:04:10", "3c:fd-fe:04:10:a1", "01:00:5e:00:00:01", "00:00:00:00:00:00", "zz:fd:fe:04:10:a1"])(
    "refuses %j",
    (text) => {
      expect(() => MacAddress.parse(text)).toThrow(/NL-MAC-ADDRESS/);
    },
  );

  it("tells made-up addresses from burnt-in ones", () => {
    expect(MacAddress.parse("02:00:00:00:00:01").isLocallyAdministered).toBe(true);
    expect(MacAddress.parse("3c:fd:fe:04:10:a1").isLocallyAdministered).toBe(false);
  });
});

describe("findOverlaps", () => {
  it("names the smallest network around each nested one", () => {
    const found = findOverlaps(
      ["10.0.0.0/8", "10.10.1.0/24", "10.10.0.0/16", "192.168.0.0/24", "10.10.1.0/24"],
      Cidr.parse,
    );
    expect(found.map(({ outer, inner }) => `${outer} > ${inner}`)).toEqual([
      "10.0.0.0/8 > 10.10.0.0/16",
      "10.10.0.0/16 > 10.10.1.0/24",
      "10.10.1.0/24 > 10.10.1.0/24",
    ]);
  });

  it("finds an overlap exactly when comparing all pairs finds one", () => {
    const cidr = fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 20, max: 32 }))
      .map(([octet, length]) => Cidr.containing(IpAddress.parse(`10.0.${octet}.${octet}`), length));
    fc.assert(
      fc.property(fc.array(cidr, { maxLength: 12 }), (cidrs) => {
        const inside = cidrs.filter((inner, index) =>
          cidrs.some((outer, other) => other !== index && outer.overlaps(inner)),
        );
        return findOverlaps(cidrs, (entry) => entry).length > 0 === inside.length > 0;
      }),
    );
  });

  it("compares each of ten thousand networks with a few others, not with all", () => {
    const counted = [vi.spyOn(Cidr.prototype, "compareTo"), vi.spyOn(Cidr.prototype, "overlaps")];
    const cidrs = Array.from({ length: 10_000 }, (_, i) => Cidr.parse(`10.${i >> 8}.${(i * 37) & 255}.0/24`));
    expect(findOverlaps(cidrs, (entry) => entry)).toEqual([]);
    const compared = counted.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    vi.restoreAllMocks();
    expect(compared).toBeGreaterThan(10_000);
    expect(compared).toBeLessThan(10_000 * 20);
  });
});

describe("what plain JavaScript lets pass where an address is wanted", () => {
  const classes = { Cidr, InterfaceAddress, IpAddress, MacAddress };
  const values = {
    Cidr: Cidr.parse("10.0.0.0/8"),
    InterfaceAddress: InterfaceAddress.parse("10.0.0.1/8"),
    IpAddress: IpAddress.parse("10.0.0.1"),
    MacAddress: MacAddress.parse("3c:fd:fe:04:10:a1"),
  };
  const CODES = {
    Cidr: "NL-CIDR",
    InterfaceAddress: "NL-INTERFACE-ADDRESS",
    IpAddress: "NL-IP-ADDRESS",
    MacAddress: "NL-MAC-ADDRESS",
  };
  const names = Object.keys(classes) as (keyof typeof classes)[];

  it.each(names)("%s refuses nothing, numbers, lists, and values of other classes", (name) => {
    const others = names.filter((other) => other !== name).map((other) => values[other]);
    for (const given of [undefined, null, 10, true, {}, ["10.0.0.0/8"], ["3c:fd:fe:04:10:a1"], ...others]) {
      expect(() => classes[name].parse(given as never), String(given)).toThrow(new RegExp(`^${CODES[name]}: `));
    }
  });

  it.each(names)("%s takes a value of its own as it is", (name) => {
    expect(classes[name].parse(values[name] as never)).toBe(values[name]);
  });
});
