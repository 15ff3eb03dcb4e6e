/** Names and addresses of the hosts of a bench; apart from `fleet.ts`, so that whoever needs only these loads nothing else. */
export function name(i: number): string {
  return `node-${String(i).padStart(4, "0")}`;
}

/** 250 hosts in each /24, so that no address ends in 0 or 255. */
export function address(prefix: string, i: number): string {
  return `${prefix}.${Math.floor(i / 250)}.${(i % 250) + 1}`;
}
