import type { NixosRelease, ResolvedHost } from "../host";
export function renderNixos(_host: ResolvedHost, _release: NixosRelease): string {
  return "";
}
export function renderFlake(_hosts: readonly ResolvedHost[]): string {
  return "";
}
