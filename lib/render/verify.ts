import type { ResolvedHost } from "../host";
import { hostChecks, type OwnedCheck } from "./checks";
import type { HostFiles } from "./file";
import { quoteAlways } from "./shell";

/**
 * The `verify` script of a host: one line per check, in the words of `lib/agent/README.md`, section 4. Last of all,
 * every installed file must be there as it was written: which ones, says the manifest that lies beside the script.
 */
export function renderVerify(host: ResolvedHost, files: HostFiles): string {
  const { ofSettings, further } = hostChecks(host);
  const installed = [...files.values()].some((file) => file.install !== "none");
  const checks = [
    ...ofSettings.map((c) => line(c, c.because)),
    // settings.json has the sources of settings; what features ask for beyond them stands here only.
    ...further.map((c) => line(c, c.source === undefined ? c.because : `${c.because} [${c.source}]`)),
    ...(installed ? [`check files local ${quoteAlways(host.path)} 'installed as it was written'`] : []),
  ];
  return [
    "#!/bin/sh",
    "# shellcheck source=/dev/null disable=SC2016 # scripts of checks are quoted on purpose",
    `. "\${NETLOOM_CHECKS:-/var/lib/netloom/checks.sh}"`,
    `checks_begin ${quoteAlways(host.path)} "$@"`,
    ...checks,
    "checks_end",
    "",
  ].join("\n");
}

function line({ kind, phase, origin, args }: OwnedCheck, because: string): string {
  return ["check", kind, phase, ...[origin, because, ...args].map(quoteAlways)].join(" ");
}
