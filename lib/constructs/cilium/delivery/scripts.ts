import { CHART } from "./chart";

/**
 * POSIX sh that fetches the pinned chart, compares its digest and installs or upgrades it. `values` is the values
 * file as a shell word. Needs Helm 3.8 or newer and a kubeconfig.
 */
export function helmInstall(values: string): string {
  const archive = `"$work/${CHART.name}-${CHART.version}.tgz"`;
  return [
    "set -eu",
    "work=$(mktemp -d)",
    `trap 'rm -rf "$work"' EXIT`,
    `helm pull ${CHART.name} --repo ${CHART.repo} --version ${CHART.version} --destination "$work"`,
    `printf '%s  %s\\n' ${CHART.digest} ${archive} | sha256sum -c -`,
    `helm upgrade --install ${CHART.name} ${archive} --namespace ${CHART.namespace} --values ${values}`,
    "",
  ].join("\n");
}

/** The script that stands beside `values.yaml`. */
export function installScript(): string {
  return [
    "#!/bin/sh",
    `# Installs or upgrades Cilium ${CHART.version} with the values beside this script.`,
    'here=$(CDPATH="" cd -- "$(dirname -- "$0")" && pwd)',
    helmInstall('"$here/values.yaml"'),
  ].join("\n");
}
