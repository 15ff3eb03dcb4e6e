import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FabricPort, type HostSettings, type Reason } from "../../host";
import { portFile, renderFabricPort } from "../../render/fabric-port";

/** Name of the script that sets up and checks ports; one for all ports of a host. */
export const PORT_SCRIPT = "port";

let cache: string | undefined;

/** The port script: its parts, one concept each, as one text without the `#!` line. */
export function portScript(): string {
  const directory = join(__dirname, "host");
  cache ??= readdirSync(directory)
    .filter((name) => name.endsWith(".sh"))
    .sort()
    .map((name) => readFileSync(join(directory, name), "utf8"))
    .join("\n");
  return cache;
}

/** Packages of nixpkgs with the programs that the script calls. */
export const NIX_TOOLS: readonly string[] = [
  "bash",
  "coreutils",
  "gawk",
  "gnugrep",
  "gnused",
  "iproute2",
  "ethtool",
  "kmod",
  "util-linux",
  "rdma-core",
];

/** Commands for one port. */
export interface PortCommands {
  /** Proves WHAT, a word of the script's and its arguments. */
  readonly check: (what: string) => string;
  /** Answers one measurement of bandwidth. */
  readonly serve: string;
}

/** States what a port does, and puts the file of the port, the script, and the unit that applies it on the host. */
export function contributePort(settings: HostSettings, port: FabricPort, reason: Reason): PortCommands {
  const content = renderFabricPort(port);
  const path = settings.script(
    PORT_SCRIPT,
    { text: portScript(), path: NIX_TOOLS, shared: true },
    { because: "devices are found on the host, since their names are not known before" },
  );
  const file = portFile(port.port);
  settings.fact(FabricPort, port.port, port, reason);
  settings.file(file, { content }, reason);
  const digest = createHash("sha256").update(portScript()).update(content).digest("hex").slice(0, 16);
  settings.unit(
    `netloom-port-${port.port}.service`,
    {
      unit: {
        Description: `Queues and RDMA of port ${port.port}`,
        After: ["network-pre.target", "systemd-modules-load.service"],
        Before: "network-online.target",
      },
      service: {
        Type: "oneshot",
        RemainAfterExit: true,
        // The unit has to change with the file and the program, or nobody would apply them again.
        Environment: `NETLOOM_PORT_DIGEST=${digest}`,
        ExecStart: `/bin/sh ${path} apply ${file}`,
        // Of a start that failed too: systemd calls no ExecStop then, and a deploy that is taken back would leave half of it.
        ExecStopPost: `/bin/sh ${path} stop ${file}`,
      },
      path: NIX_TOOLS,
    },
    reason,
  );
  return {
    check: (what) => {
      const [check, ...words] = what.split(" ");
      return ["sh", path, "check", check, file, ...words].join(" ");
    },
    serve: `/bin/sh ${path} serve ${file}`,
  };
}
