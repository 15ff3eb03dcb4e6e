import { newsIn } from "../contract";
import type { StackIndex } from "./index-file";

/** Goes before a call of the agent that may install packages. */
export function packagePolicy(index: StackIndex): string {
  return index.installPackages ? "" : "NETLOOM_PACKAGES=check ";
}

/** As many hosts are named in one notice. */
const SHOW = 8;

/** What the operator has to know of a staging, the build of a NixOS system included, by the answers of hosts: one line for all hosts that said the same. */
export function packageNotices(
  answers: ReadonlyMap<string, string>,
  isDirectory: (host: string) => boolean,
): readonly string[] {
  const groups = new Map<string, string[]>();
  const say = (host: string, text: string) => groups.set(text, [...(groups.get(text) ?? []), host]);
  for (const [host, answer] of [...answers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const installed of newsIn(answer, "packages installed")) say(host, `installed ${installed}`);
    for (const warning of newsIn(answer, "nixos warning")) say(host, warning);
    for (const needed of newsIn(answer, "packages needed"))
      say(
        host,
        isDirectory(host)
          ? `nothing is installed into a directory; the image must bring ${needed}`
          : `nothing is installed without dpkg; the host must have what Debian calls ${needed}`,
      );
  }
  return [...groups].map(([text, hosts]) => `${names(hosts)}: ${text}`);
}

function names(hosts: readonly string[]): string {
  const more = hosts.length - SHOW;
  return more > 0 ? `${hosts.slice(0, SHOW).join(", ")} and ${more} more` : hosts.join(", ");
}
