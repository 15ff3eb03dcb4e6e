import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { AGENT_HOME } from "../contract";
import { DeployError } from "./failure";

/** PKCS #8 of an X25519 private key is this, then the 32 bytes (RFC 8410). */
const PKCS8_X25519 = Buffer.from("302e020100300506032b656e04220420", "hex");

export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync("x25519");
  return Buffer.from(privateKey.export({ format: "jwk" }).d!, "base64url").toString("base64");
}

/** The public key of a WireGuard private key, as `wg pubkey` prints it. */
export function publicKeyOf(privateKey: string): string {
  const raw = Buffer.from(privateKey.trim(), "base64");
  if (raw.length !== 32) throw new Error("not a WireGuard private key (32 bytes, base64)");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_X25519, raw]), format: "der", type: "pkcs8" });
  return Buffer.from(createPublicKey(key).export({ format: "jwk" }).x!, "base64url").toString("base64");
}

/** Reads a private key file, or makes it. Only its path ever appears in messages. */
export function privateKeyFile(path: string): { readonly privateKey: string; readonly made: boolean } {
  if (!existsSync(path)) {
    const privateKey = newPrivateKey();
    writeSecret(path, `${privateKey}\n`);
    return { privateKey, made: true };
  }
  refuseOpenFile(path);
  const privateKey = readFileSync(path, "utf8").trim();
  if (Buffer.from(privateKey, "base64").length === 32) return { privateKey, made: false };
  throw new DeployError(
    `${path} is damaged: it is not a WireGuard private key (32 bytes in base64). Restore it from a backup; or remove it to have a new key made, and remove this member's "key" from the lock file`,
  );
}

/** The secret from which a mesh's pre-shared keys are derived; made at first use. */
export function meshSecret(path: string): Buffer {
  if (!existsSync(path)) writeSecret(path, `${randomBytes(32).toString("base64")}\n`);
  refuseOpenFile(path);
  const secret = Buffer.from(readFileSync(path, "utf8").trim(), "base64");
  if (secret.length >= 32) return secret;
  throw new DeployError(`${path} is no mesh secret: it needs at least 32 bytes in base64 (openssl rand -base64 32)`);
}

function refuseOpenFile(path: string): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  throw new DeployError(
    `${path} holds a secret, but others may read it (mode ${mode.toString(8)}): chmod 600 ${path}, and make new keys if others did`,
  );
}

function writeSecret(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  chmodSync(path, 0o600);
}

/** Key of a directory target, where the agent of the booted image looks for it; `given` replaces what is there. */
export function keyInRoot(
  root: string,
  slot: string,
  given?: string,
): { readonly privateKey: string; readonly made: boolean } {
  const path = insideRoot(root, `${AGENT_HOME}/keys`, slot);
  if (given === undefined) return privateKeyFile(path);
  if (!existsSync(path) || readFileSync(path, "utf8").trim() !== given) {
    rmSync(path, { force: true });
    writeSecret(path, `${given}\n`);
  }
  return { privateKey: given, made: false };
}

/**
 * Joins a path below `root`. A link on the way that leads out of it would put the secret of an image on this machine, in
 * the worst case over this machine's own.
 */
function insideRoot(root: string, ...names: readonly string[]): string {
  const base = existsSync(root) ? realpathSync(root) : root;
  let place = root;
  for (const name of names.flatMap((path) => path.split("/"))) {
    place = join(place, name);
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    const real = existsSync(place) ? realpathSync(place) : "";
    if (!`${real}/`.startsWith(`${base}/`))
      throw new DeployError(
        `${place} leads out of ${root}: replace it by a directory, or by a link that stays inside, then deploy again`,
      );
  }
  return place;
}
