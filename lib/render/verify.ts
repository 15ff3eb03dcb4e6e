import type { ResolvedHost } from "../host";
import { quoteAlways } from "./shell";

/** The `verify` script of a host: one line per check, in the words of `lib/agent/README.md`, section 4. */
export function renderVerify(host: ResolvedHost): string {
  const checks = host.checks.map((check) =>
    ["check", check.kind, check.phase, ...[check.origin, check.because, ...check.args].map(quoteAlways)].join(" "),
  );
  return [
    "#!/bin/sh",
    "# shellcheck disable=SC1091,SC2016 # the library lies on the host; scripts of checks are quoted on purpose",
    `. "\${NETLOOM_CHECKS:-/var/lib/netloom/checks.sh}"`,
    `checks_begin ${quoteAlways(host.path)} "$@"`,
    ...checks,
    "checks_end",
    "",
  ].join("\n");
}
