import { chmodSync } from "node:fs";
import { join } from "node:path";
import { ScratchHost } from "./host";

/** A host whose clock stands still until it is set, and which starts nothing in the background: no timer, no activation. */
export class StillHost extends ScratchHost {
  constructor(sysctls: Readonly<Record<string, string>> = {}) {
    super(sysctls);
    Object.assign(this.env, {
      NETLOOM_UPTIME: join(this.root, "uptime"),
      PATH: `${join(this.root, "programs")}:${process.env["PATH"]}`,
    });
    this.program("setsid", "exit 0");
  }

  /** Sets the clock to so many seconds since boot. */
  at(seconds: number | string): void {
    this.write("uptime", `${seconds} 0.00\n`);
  }

  /** Puts a program before all others of that name. */
  program(name: string, script: string): void {
    this.write(`programs/${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(join(this.root, "programs", name), 0o755);
  }
}
