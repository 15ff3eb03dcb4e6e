import type { NixosSource, ResolvedHost } from "../host";
import { type HashedFiles, type HostFile, type HostFiles, hashed } from "./file";
import { assertGenerationPath } from "./generation-path";
import { renderLinux } from "./linux";
import { renderNixos } from "./nixos";
import { agentFiles } from "./nixos-files";
import { renderPlan } from "./plan";
import { renderVerify } from "./verify";

/** All files of a host's generation, by path below the host's folder, sorted. */
export function renderHost(host: ResolvedHost): HashedFiles {
  const system = renderSystem(host);
  const all: (readonly [string, HostFile])[] = [
    ["plan", { content: renderPlan(host), mode: "0644", install: "none" }],
    ["verify", { content: renderVerify(host, system), mode: "0755", install: "none" }],
    ...system,
  ];
  for (const [path] of all) assertGenerationPath(host.path, path);
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, file]) => [path, hashed(file)]));
}

function renderSystem(host: ResolvedHost): HostFiles {
  if (host.platform.kind === "linux") return renderLinux(host);
  const module: HostFile = { content: renderNixos(host, host.platform.release), mode: "0644", install: "none" };
  const { source } = host.platform;
  const from: readonly (readonly [string, HostFile])[] =
    source === undefined ? [] : [["nixos-source", { content: sourceLine(source), mode: "0644", install: "none" }]];
  return new Map([["host.nix", module], ...from, ...agentFiles(host)]);
}

/** As the agent reads it: the kind, the place, and the name of a flake's system. */
function sourceLine({ configuration, flake }: NixosSource): string {
  return `${(flake === undefined ? ["configuration", configuration] : ["flake", ...flake.split("#")]).join("\t")}\n`;
}
