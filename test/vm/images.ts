import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The images that images.sh builds. The order numbers the machines, so that two of them never share an address. */
export const IMAGES = ["networkd", "ifupdown", "networkmanager", "netplan"] as const;
export type Image = (typeof IMAGES)[number];

/** Commands and files that building needs, and the Debian packages that have them. */
export const BUILD_NEEDS: Readonly<Record<string, string>> = {
  debootstrap: "debootstrap",
  "mkfs.ext4": "e2fsprogs",
  make: "make",
  gcc: "gcc",
  flex: "flex",
  bison: "bison",
  bc: "bc",
  depmod: "kmod",
  "/usr/include/libelf.h": "libelf-dev",
  "/usr/src/linux-source-6.1.tar.xz": "linux-source-6.1",
  "/usr/src/linux-config-6.1": "linux-config-6.1",
};

const root = () => process.env["NETLOOM_VM_IMAGES"] ?? join(__dirname, "../../target/vm/images");

/** A directory named after the recipes of what lies in it, so that a new recipe never changes what is in use. */
function directoryOf(prefix: string, ...recipes: readonly string[]): string {
  const hash = createHash("sha256");
  for (const recipe of recipes) hash.update(readFileSync(join(__dirname, recipe)));
  return resolve(root(), prefix + hash.digest("hex").slice(0, 12));
}

/** Images have the modules of User Mode Linux, beside Debian's kernel. */
export const imageDirectory = () => directoryOf("", "images.sh", "kernel.sh");

/** User Mode Linux: `linux` and `lib/modules`. */
export const kernelDirectory = () => directoryOf("kernel-", "kernel.sh");

/** Builds what is not there yet: the kernel, then the images. */
export function buildImages(): void {
  build(existsSync(join(kernelDirectory(), "linux")), "kernel.sh", kernelDirectory());
  const areThere = IMAGES.every((image) => existsSync(join(imageDirectory(), `${image}.raw`)));
  build(areThere, "images.sh", imageDirectory(), kernelDirectory());
}

function build(isThere: boolean, script: string, ...args: readonly string[]): void {
  if (isThere) return;
  const { status } = spawnSync(join(__dirname, script), args, { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`${script} ended with status ${status}`);
}
