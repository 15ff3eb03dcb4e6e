import type { ResolvedHost } from "../host";
import { reasonText } from "./reason";
import { comment } from "./shell";

/** `/etc/modules-load.d/netloom.conf`. */
export function renderModulesLoad(host: ResolvedHost): string {
  return host.modules.map((m) => `${comment(reasonText(m))}\n${m.key}\n`).join("\n");
}

/** `/etc/modprobe.d/netloom.conf`. Also the value of NixOS' `boot.extraModprobeConfig`. */
export function renderModprobe(host: ResolvedHost): string {
  return host.moduleOptions
    .map((o) => {
      const [module, parameter] = o.key.split(" ");
      return `${comment(reasonText(o))}\noptions ${module} ${parameter}=${o.value}\n`;
    })
    .join("\n");
}
