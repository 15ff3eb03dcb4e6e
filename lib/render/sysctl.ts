import type { ResolvedHost } from "../host";
import { reasonText } from "./reason";
import { comment } from "./shell";

/** `/etc/sysctl.d/60-netloom.conf`: each key below its reason. */
export function renderSysctl(host: ResolvedHost): string {
  return host.sysctls.map((s) => `${comment(reasonText(s))}\n${s.key} = ${s.value}\n`).join("\n");
}
