import type { ResolvedHost } from "../host";
import { hostChecks } from "./checks";
import type { HashedFile, HashedFiles } from "./file";
import { quoteAlways } from "./shell";

/**
 * The `verify` script of a host: one line per check, in the words of `lib/agent/README.md`, section 4. Last of all,
 * every installed file must be there as it was written.
 */
export function renderVerify(host: ResolvedHost, files: HashedFiles, proved = hostChecks(host)): string {
  const checks = [
    ...[...proved.ofSettings, ...proved.further].map((c) => line(c.kind, c.phase, c.origin, c.because, ...c.args)),
    ...[...files].filter(([, file]) => file.install !== "none").map(([path, file]) => fileLine(host, path, file)),
  ];
  return [
    "#!/bin/sh",
    "# shellcheck disable=SC1090,SC1091,SC2016 # the library lies on the host; scripts of checks are quoted on purpose",
    `. "\${NETLOOM_CHECKS:-/var/lib/netloom/checks.sh}"`,
    `checks_begin ${quoteAlways(host.path)} "$@"`,
    ...checks,
    "checks_end",
    "",
  ].join("\n");
}

function line(kind: string, phase: string, ...words: readonly string[]): string {
  return ["check", kind, phase, ...words.map(quoteAlways)].join(" ");
}

function fileLine(host: ResolvedHost, path: string, { sha256, mode }: HashedFile): string {
  return line("file", "local", host.path, "installed as it was written", path.slice("root".length), sha256, mode);
}
