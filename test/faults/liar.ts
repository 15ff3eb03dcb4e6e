import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LAB, onHost } from "../e2e/harness";
import { badManners, type Session, type Struck, type Title, type Trial } from "./session";

const SHELL = join(__dirname, "liar.sh");
const LIAR = "h2";
/** Milliseconds after which a user gives up on a step that may take half an hour on an honest host. */
const GIVE_UP = 40_000;
/** Seconds within which questions to three hosts have to be over, whatever one of them does. */
const PATIENCE = 150;

/** What a deploy may wait for longer than a test can: the largest window, or packages that a host has to fetch. */
const WAITED_FOR = ["status: an open window for ever", "any answer: no end"];

/** Every way to lie that liar.sh knows. */
export const LIES: readonly string[] = [...readFileSync(SHELL, "utf8").matchAll(/^"(.+?)"\)/gm)].map(([, lie]) => lie!);

/** Makes the liar the login shell of every host; it is honest until it is told to lie. */
export function installLiar(hosts: readonly string[]): void {
  for (const host of hosts) {
    const root = join(LAB, host, "root");
    copyFileSync(SHELL, join(root, "usr/local/bin/liar"));
    chmodSync(join(root, "usr/local/bin/liar"), 0o755);
    onHost(
      host,
      "sh",
      "-c",
      "echo /usr/local/bin/liar >>/etc/shells; sed -i 's#^root:.*#root:x:0:0:root:/root:/usr/local/bin/liar#' /etc/passwd",
    );
  }
}

/** A deploy while one host lies from the start; then status and verify, which must end in words as well. */
export function lie(session: Session, title: Title) {
  return session.trial(title, async ({ fleet }: Trial): Promise<Struck> => {
    const key = onHost("h1", "wg", "show", "wg0", "public-key");
    onHost(LIAR, "sh", "-c", 'echo "$1" >/run/liar-key; echo "$2" >/run/liar', "sh", key, title.fault);
    const run = fleet.apply();
    await Promise.race([run.done, sleep(GIVE_UP * 2)]);
    if (run.child.exitCode === null && WAITED_FOR.some((lie) => title.fault === lie)) run.child.kill("SIGINT");
    const ended = await run.done;
    const complaints: string[] = [];
    if (ended.code !== 0 && !ended.output.includes(LIAR)) complaints.push(`a failure that does not name ${LIAR}`);
    for (const command of ["status", "verify"]) {
      const asked = await fleet.runner(command).done;
      complaints.push(...badManners(asked).map((text) => `${command}: ${text}`));
      if (asked.seconds > PATIENCE) complaints.push(`${command} took ${asked.seconds.toFixed(0)} s`);
    }
    return {
      run,
      complaints,
      undo: () => void spawnSync("lab_exec", [LIAR, "rm", "-f", "/run/liar", "/run/liar-key"]),
    };
  });
}
