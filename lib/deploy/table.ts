import { hkdfSync } from "node:crypto";
import { KEY_PLACEHOLDERS, NO_PRESHARED_KEY } from "../contract";

/** The members (`<mesh>/<member>`) whose public keys a peer table waits for. */
export function membersOf(table: string): string[] {
  return [...new Set([...table.matchAll(KEY_PLACEHOLDERS)].map((match) => match[1]!))].sort();
}

/** Puts public keys into a peer table. Every placeholder must be known; `membersOf` tells which are needed. */
export function fillTable(table: string, publicKeys: ReadonlyMap<string, string>): string {
  return table.replaceAll(KEY_PLACEHOLDERS, (_, member: string) => {
    const key = publicKeys.get(member);
    if (key === undefined) throw new Error(`no public key for ${member}`);
    return key;
  });
}

/**
 * The table as one member sees it when the mesh has pre-shared keys: one per pair, the same at both ends, and
 * unchanged when other members come and go.
 */
export function withPresharedKeys(table: string, own: string, secret: Buffer): string {
  const lines = table.split("\n");
  return lines
    .flatMap((line, i) => {
      const peer = /^\s*PublicKey\s*=\s*(\S+)/i.exec(line)?.[1];
      if (peer === undefined || peer === own || isExempt(lines, i)) return [line];
      return [line, `PresharedKey = ${presharedKey(secret, own, peer)}`];
    })
    .join("\n");
}

/** Whether the line above the section's head says that no key is agreed with this peer. */
function isExempt(lines: readonly string[], at: number): boolean {
  let head = at;
  while (head >= 0 && !/^\s*\[/.test(lines[head]!)) head--;
  return lines[head - 1] === NO_PRESHARED_KEY;
}

/** HKDF-SHA256 over the two public keys, sorted, so that both ends derive the same. */
export function presharedKey(secret: Buffer, a: string, b: string): string {
  const info = `netloom wireguard psk 1 ${[a, b].sort().join(" ")}`;
  return Buffer.from(hkdfSync("sha256", secret, Buffer.alloc(0), info, 32)).toString("base64");
}
