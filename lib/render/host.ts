import type { ResolvedHost } from "../host";
import type { HostFile, HostFiles } from "./file";
import { renderLinux } from "./linux";
import { renderNixos } from "./nixos";
import { renderPlan } from "./plan";
import { renderVerify } from "./verify";

/** All files of a host's generation, by path below the host's folder. */
export function renderHost(host: ResolvedHost): HostFiles {
  const agentFile = (content: string, mode: string): HostFile => ({ content, mode, install: "none" });
  const system: HostFiles =
    host.platform.kind === "nixos"
      ? new Map([["host.nix", agentFile(renderNixos(host, host.platform.release), "0644")]])
      : renderLinux(host);
  return new Map([
    ["plan", agentFile(renderPlan(host), "0644")],
    ["verify", agentFile(renderVerify(host, system), "0755")],
    ...system,
  ]);
}
