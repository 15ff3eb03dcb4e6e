/** An address or network as its number, by Node's own parser: every program spells IPv6 in its own way. */
export function numeric(text: string): string {
  const [address = "", length] = text.split("/");
  const suffix = length === undefined || length === (address.includes(":") ? "128" : "32") ? "" : `/${length}`;
  return `${numberOf(address)}${suffix}`;
}

export function numberOf(address: string): bigint {
  if (!address.includes(":")) return numberOfV4(address);
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [left, right] = short.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const groups =
    right === undefined ? left! : [...left!, ...Array(8 - left!.length - right.length).fill("0"), ...right];
  return groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 1n << 128n);
}

function numberOfV4(address: string): bigint {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) throw new Error(`not an address: ${address}`);
  return address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

/** First and last number of a network, or of one address. */
export function rangeOf(text: string): readonly [bigint, bigint] {
  const [address = "", length] = text.split("/");
  const bits = address.includes(":") ? 128 : 32;
  const size = 1n << BigInt(bits - Number(length ?? bits));
  const first = (numberOf(address) / size) * size;
  return [first, first + size - 1n];
}

/** Ranges in order, with those merged that overlap or touch, as text. */
export function merged(ranges: readonly (readonly [bigint, bigint])[]): readonly string[] {
  const result: [bigint, bigint][] = [];
  for (const [first, last] of [...ranges].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const before = result.at(-1);
    if (before === undefined || first > before[1] + 1n) result.push([first, last]);
    else if (last > before[1]) before[1] = last;
  }
  return result.map(([first, last]) => `${first}-${last}`);
}
