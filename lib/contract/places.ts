/** Where the agent keeps what it has on a host. */
export const AGENT_HOME = "/var/lib/netloom";

/** Where peer tables lie, in the stack's folder as in a generation. */
export const TABLES = "wireguard/";

/** Where a file of a host's own lies, from the stack's folder. */
export function hostPlace(host: string, path: string): string {
  return `hosts/${host}/${path}`;
}

/** Where a shared file lies, from the stack's folder. */
export function sharedPlace(path: string): string {
  return path.startsWith(TABLES) ? path : `shared/${path}`;
}

/** Under which name the private key of a device lies on its host; it changes with every rotation. */
export function keySlot(device: string, epoch: number): string {
  return `${device}.${epoch}`;
}

/** Stands for a public key that its host makes; the deploy fills it in, so the table's bytes do not depend on keys. */
export function keyPlaceholder(mesh: string, member: string): string {
  return `@key:${mesh}/${member}@`;
}

/** Every such placeholder, with its `<mesh>/<member>`. */
export const KEY_PLACEHOLDERS = /@key:([^@\s]+)@/g;

/** The line above a peer with whom no pre-shared key can be agreed. */
export const NO_PRESHARED_KEY = "# psk: none";
