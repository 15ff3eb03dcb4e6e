import fc from "fast-check";

/** Characters that mean something to a shell, to Nix, YAML, XML, nft, systemd, Terraform or a terminal. */
const SHARP = [..."'\"`$\\{}()[]<>|&;#%*?!~=:,@+-_./^ \t\n\r"].concat(
  [
    "\0",
    "\u0001",
    "\u001b[2J",
    "\u007f",
    "\u0085",
    "\u00a0",
    "\u2028",
    "\u2029",
    "\u202e",
    "\ufeff",
    "é",
    // Other characters once they are normalized.
    "e\u0301",
    "\u212b",
    "日",
    "😀",
    "\ud800",
  ],
  [
    "${x}",
    "%{if}",
    "$(id)",
    "''",
    "''${",
    "\\n",
    "EOF",
    "-----",
    "@key:a/b@",
    "null",
    "true",
    "~",
    "../",
    "/etc/passwd",
  ],
);

const sharp = fc.array(fc.oneof(fc.constantFrom(...SHARP), fc.string({ maxLength: 4 })), { maxLength: 12 });

/** Text that a reader may trip over. */
export const text = fc.oneof(
  { weight: 4, arbitrary: sharp.map((parts) => parts.join("")) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
);

/** The same without line ends and control characters, which most places refuse: so more of it is accepted. */
export const line = text.map((value) => value.replace(/[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/g, "") || "x");

/** Mostly a plain word, at times anything. */
export const word = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z][a-z0-9_.-]{0,14}$/) },
  { weight: 1, arbitrary: line },
);

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });

export const ipv4 = octets.map((parts) => parts.join("."));
export const ipv6 = fc.oneof(
  groups.map((parts) => parts.map((part) => part.toString(16)).join(":")),
  fc
    .tuple(fc.nat(0xffff), fc.nat(0xffff))
    .map(([a, b]) => `fd${(a & 255).toString(16).padStart(2, "0")}::${b.toString(16)}`),
);
export const ip = fc.oneof(ipv4, ipv6);
const nonzero = fc.integer({ min: 1, max: 254 });
/** An address with the length of its network: what an interface has. */
export const interfaceAddress = fc.oneof(
  fc.tuple(nonzero, fc.nat(255), nonzero).map(([a, b, c]) => `10.${a}.${b}.${c}/24`),
  fc.tuple(nonzero, nonzero).map(([a, b]) => `172.16.${a}.${b}/16`),
  fc.tuple(fc.nat(0xffff), nonzero).map(([a, b]) => `fd00:${a.toString(16)}::${b.toString(16)}/64`),
);
/** A network that an interface of {@link interfaceAddress} is not in. */
export const network = fc.oneof(
  fc.tuple(fc.nat(255), fc.nat(255)).map(([a, b]) => `192.${a}.${b}.0/24`),
  fc.tuple(fc.integer({ min: 64, max: 126 })).map(([a]) => `${a}.0.0.0/8`),
  ipv4.map((address) => `${address.replace(/^\d+/, "198")}/32`),
  fc.nat(0xffff).map((a) => `2001:db8:${a.toString(16)}::/48`),
  groups.map(
    (parts) =>
      `2001:${parts
        .slice(1)
        .map((part) => part.toString(16))
        .join(":")}/128`,
  ),
);
