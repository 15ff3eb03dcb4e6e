import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Kernel modules that a script needs must be named: the file system of the machine is there read-only, without /lib/modules. */
export interface UmlOptions {
  readonly modules: readonly string[];
}

const END = "--- the script has ended";

/**
 * Runs a script as root on Debian's User Mode Linux, a kernel in a process: it has queueing disciplines that the kernel
 * of a container's machine may lack. Returns what the script printed.
 */
export function inUml(script: string, { modules }: UmlOptions): string {
  const directory = mkdtempSync(join(tmpdir(), "netloom-uml-"));
  try {
    const init = join(directory, "init");
    const lines = [
      "#!/bin/sh",
      "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t tmpfs tmp /run && mkdir /run/lib /run/tmp",
      "export TMPDIR=/run/tmp",
      "ln -s /usr/lib/uml/modules /run/lib/modules",
      `for module in ${modules.join(" ")}; do modprobe -d /run "$module" || exit; done`,
      "ip link set lo up",
      script,
      `echo '${END}'`,
      "echo o >/proc/sysrq-trigger",
      "sleep 60",
    ];
    writeFileSync(init, lines.join("\n"), { mode: 0o755 });
    const args = ["rootfstype=hostfs", "rootflags=/", "ro", "mem=256M", `init=${init}`, "con=null", "con0=fd:0,fd:1"];
    const ran = spawnSync("linux.uml", [...args, "quiet"], { encoding: "utf8", input: "", timeout: 100_000 });
    const output = ran.stdout.replaceAll("\r", "");
    if (!output.includes(END)) throw new Error(`the kernel or the script ended early:\n${output}${ran.stderr}`);
    return output.slice(0, output.indexOf(END));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
