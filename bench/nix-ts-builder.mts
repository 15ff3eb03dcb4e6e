/**
 * How fast nix-ts-builder prints. Run it compiled, since tsx slows closures down:
 * npx esbuild bench/nix-ts-builder.mts --bundle --platform=node | node -
 * Each line: what was printed, megabytes of text, and MB/s of CPU time in the best of five runs.
 */
import { lib, nix, type NixNode, type NixValue, print, toNix } from "../lib/nix-ts-builder";

const HOSTS = 20_000;

function host(index: number): { [name: string]: NixValue } {
  return {
    hostName: `node-${index}`,
    mtu: 9000,
    enable: index % 2 === 0,
    addresses: [`10.0.${index >> 8}.${index & 255}/24`, "fd00::1/64"],
    sysctl: { "net.core.rmem_max": 67108864, "net.ipv4.tcp_rmem": "4096 87380 67108864", "net.ipv4.tcp_ecn": 1 },
    peers: [
      { publicKey: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", allowedIPs: ["10.0.0.2/32"], keepalive: null },
    ],
    script: "set -eu\nip link set eth0 mtu 9000\n",
  };
}

function expression(index: number): NixNode {
  const config = nix.ref("config.services.demo", `n${index}`);
  return lib.mkIf(nix.op("&&", nix.get(config, "enable"), nix.op("!=", nix.get(config, "mtu"), null)), {
    networking: {
      mtu: lib.mkDefault(nix.getOr(config, "mtu", 1500)),
      hosts: lib.mkForce([nix.str`${config}.lan`, "x"]),
    },
  });
}

/** CPU time, so that other processes on the machine do not count. */
function best(run: () => string): { seconds: number; bytes: number } {
  let seconds = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    bytes = Buffer.byteLength(run());
    const { user, system } = process.cpuUsage(before);
    seconds = Math.min(seconds, (user + system) / 1e6);
  }
  return { seconds, bytes };
}

function report(what: string, { seconds, bytes }: { seconds: number; bytes: number }): void {
  const megabytes = bytes / 1e6;
  console.log(
    `${what.padEnd(34)} ${megabytes.toFixed(1).padStart(7)} MB ${(megabytes / seconds).toFixed(0).padStart(6)} MB/s`,
  );
}

const data = Array.from({ length: HOSTS }, (_, index) => host(index));
const tree = toNix(data);
const expressions = nix.list(Array.from({ length: HOSTS }, (_, index) => expression(index)));
const large = toNix(Array.from({ length: 130_000 }, (_, index) => host(index)));

report(
  "JSON.stringify, data",
  best(() => JSON.stringify(data, undefined, 2)),
);
report(
  "toNix and print, data",
  best(() => print(toNix(data))),
);
report(
  "print, data, pretty",
  best(() => print(tree)),
);
report(
  "print, data, compact",
  best(() => print(tree, { layout: "compact" })),
);
report(
  "print, expressions, pretty",
  best(() => print(expressions, { scope: "any" })),
);
report(
  "print, expressions, compact",
  best(() => print(expressions, { scope: "any", layout: "compact" })),
);
report(
  "print, large data, pretty",
  best(() => print(large)),
);
