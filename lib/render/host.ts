import type { ResolvedHost } from "../host";
import { hostChecks } from "./checks";
import { type HashedFile, type HashedFiles, type HostFiles, hashed } from "./file";
import { renderLinux } from "./linux";
import { renderNixos } from "./nixos";
import { renderPlan } from "./plan";
import { renderVerify } from "./verify";

/** All files of a host's generation, by path below the host's folder, sorted. */
export function renderHost(host: ResolvedHost, checks = hostChecks(host)): HashedFiles {
  const agentFile = (content: string, mode: string): HashedFile => hashed({ content, mode, install: "none" });
  const system = new Map([...renderSystem(host)].map(([path, file]) => [path, hashed(file)] as const));
  const all: (readonly [string, HashedFile])[] = [
    ["plan", agentFile(renderPlan(host), "0644")],
    ["verify", agentFile(renderVerify(host, system, checks), "0755")],
    ...system,
  ];
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function renderSystem(host: ResolvedHost): HostFiles {
  if (host.platform.kind === "linux") return renderLinux(host);
  return new Map([["host.nix", { content: renderNixos(host, host.platform.release), mode: "0644", install: "none" }]]);
}
