import { printVerify, type VerifyLine } from "../contract";
import type { ResolvedHost } from "../host";
import { hostChecks, type OwnedCheck } from "./checks";
import type { HostFiles } from "./file";
import { NUL } from "./shell";

/**
 * The `verify` script of a host: one line per check. Last of all, every installed file must be there as it was written:
 * which ones, says the manifest that lies beside the script.
 */
export function renderVerify(host: ResolvedHost, files: HostFiles): string {
  const { ofSettings, further } = hostChecks(host);
  const because = "installed as it was written";
  const installed = [...files.values()].some((file) => file.install !== "none");
  return printVerify(host.path, [
    ...ofSettings.map((c) => line(c, c.because)),
    // settings.json has the sources of settings; what features ask for beyond them stands here only.
    ...further.map((c) => line(c, c.source === undefined ? c.because : `${c.because} [${c.source}]`)),
    ...(installed ? [{ kind: "files", phase: "local", construct: host.path, because, args: [] } as const] : []),
  ]);
}

function line({ kind, phase, origin, args }: OwnedCheck, because: string): VerifyLine {
  if (because.includes("\0")) {
    throw NUL({ path: origin, what: "the reason of a check has a NUL byte", value: because });
  }
  return { kind, phase, construct: origin, because, args };
}
