import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { portScript } from "../../../lib/constructs/rdma/port-script";
import { hardwareQueues } from "../../../lib/constructs/rdma/qos-queues";
import type { FabricPort } from "../../../lib/host";
import { ROCE_QOS_PLAN } from "../../../lib/tuning";
import { Rate } from "../../../lib/units";

/** Where the sample outputs of tools lie. */
export const FIXTURES = join(__dirname, "../../fixtures/rdma");
const FAKE_CARD = join(__dirname, "../../support/fake-dcb.c");
const FAKE_MLNX_QOS = join(__dirname, "../../support/fake-mlnx-qos.mjs");

/** What a run of the port script did. */
export interface PortRun {
  readonly status: number | null;
  readonly output: string;
  readonly errors: string;
}

/**
 * A machine made of files: its sysfs, its interrupts, and programs that log how they are called and print samples.
 * Only the port script itself is real, and `dcb` where {@link realDcb} was called.
 */
export class PortLab {
  readonly directory = mkdtempSync(join(tmpdir(), "netloom-port-"));
  private readonly log = join(this.directory, "log");
  private preload: string | undefined;
  /** Seconds that the script waits for a device. */
  patience = 1;

  constructor() {
    this.write("bin/port", `#!/bin/sh\n${portScript()}`);
    this.program("modprobe", "");
    this.program("mount", "");
    this.program("systemctl", "exit 3");
    this.program("udevadm", "");
    this.program("ethtool", "");
    this.program("tc", "");
    this.program("mlnx_qos", "");
    this.program("rdma", "");
    this.program("ip", "");
  }

  /** Writes a file below the lab, with all directories. */
  write(path: string, content: string): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), "utf8").trim();
  }

  exists(path: string): boolean {
    return existsSync(join(this.directory, path));
  }

  /** Puts a program in front of the real one. */
  program(name: string, body: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>'${this.log}'\n${body}\n`);
    chmodSync(join(this.directory, "bin", name), 0o755);
  }

  /** A program that prints a sample when its arguments match a pattern of `case`. */
  prints(name: string, pattern: string, file: string): void {
    this.program(name, `case "$*" in ${pattern}) cat '${join(FIXTURES, file)}' ;; esac`);
  }

  /** The real dcb, with a card of files in the place of the kernel. */
  realDcb(): void {
    this.preload = join(this.directory, "fake-dcb.so");
    const built = spawnSync("cc", ["-shared", "-fPIC", "-o", this.preload, FAKE_CARD], { encoding: "utf8" });
    if (built.status !== 0) throw new Error(built.stderr);
    const real = spawnSync("sh", ["-c", "PATH=$PATH:/usr/sbin:/sbin command -v dcb"], {
      encoding: "utf8",
    }).stdout.trim();
    this.program("dcb", `FAKE_DCB='${this.directory}/card' LD_PRELOAD='${this.preload}' exec ${real} "$@"`);
  }

  /** `mlnx_qos` with a card of its own, on a host whose iproute2 has no dcb. */
  mlnxQos(): void {
    this.program("dcb", "exit 127");
    this.program(
      "mlnx_qos",
      `FAKE_MLNX_QOS='${this.directory}/card.json' exec '${process.execPath}' '${FAKE_MLNX_QOS}' "$@"`,
    );
  }

  /** A two-socket machine: CPUs 0-3 on node 0, 4-7 on node 1 with 6 and 7 as hyper-threads; the card is on node 1. */
  card(netdev: string, device: string, gids: readonly (readonly [gid: string, type: string])[]): void {
    this.write("sys/devices/system/node/node0/cpulist", "0-3\n");
    this.write("sys/devices/system/node/node1/cpulist", "4-7\n");
    for (const [cpu, siblings] of [
      [4, "4,6"],
      [5, "5,7"],
      [6, "4,6"],
      [7, "5,7"],
    ] as const) {
      this.write(`sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, `${siblings}\n`);
    }
    this.write(`sys/class/net/${netdev}/device/numa_node`, "1\n");
    for (const irq of [70, 71, 72]) {
      this.write(`sys/class/net/${netdev}/device/msi_irqs/${irq}`, "msix\n");
      this.write(`proc/irq/${irq}/smp_affinity_list`, "0\n");
    }
    const port = `sys/class/infiniband/${device}/ports/1`;
    this.write(`${port}/state`, "4: ACTIVE\n");
    this.write(`${port}/gid_attrs/ndevs/0`, `${netdev}\n`);
    gids.forEach(([gid, type], index) => {
      this.write(`${port}/gids/${index}`, `${gid}\n`);
      this.write(`${port}/gid_attrs/types/${index}`, `${type}\n`);
    });
    this.write(`${port}/hw_counters/packet_seq_err`, "7\n");
    this.write(`${port}/hw_counters/out_of_sequence`, "0\n");
    this.write(`configfs/rdma_cm/${device}/ports/1/default_roce_mode`, "IB/RoCE v1\n");
    this.write(`configfs/rdma_cm/${device}/ports/1/default_roce_tos`, "0\n");
  }

  run(...words: readonly string[]): PortRun {
    const run = spawnSync("sh", [join(this.directory, "bin/port"), ...words], {
      encoding: "utf8",
      env: {
        PATH: `${join(this.directory, "bin")}:${process.env["PATH"]}`,
        NETLOOM_SYS: join(this.directory, "sys"),
        NETLOOM_PROC: join(this.directory, "proc"),
        NETLOOM_RUN: join(this.directory, "run"),
        NETLOOM_CONFIGFS: join(this.directory, "configfs"),
        NETLOOM_CONTROLIF: join(this.directory, "controlif"),
        NETLOOM_ETC: join(this.directory, "etc"),
        NETLOOM_PATIENCE: String(this.patience),
      },
    });
    return { status: run.status, output: run.stdout.trim(), errors: run.stderr.trim() };
  }

  /** Writes the port's file and applies it. */
  apply(conf: string): PortRun {
    this.write("exp0.conf", conf);
    return this.run("apply", join(this.directory, "exp0.conf"));
  }

  check(what: string, ...words: readonly string[]): PortRun {
    return this.run("check", what, join(this.directory, "exp0.conf"), ...words);
  }

  stop(): PortRun {
    return this.run("stop", join(this.directory, "exp0.conf"));
  }

  /** How programs were called since the last time, those that change something only. */
  calls(): string[] {
    const text = existsSync(this.log) ? readFileSync(this.log, "utf8") : "";
    rmSync(this.log, { force: true });
    return text
      .split("\n")
      .filter((line) =>
        /^(dcb \S+ (set|replace|del)|mlnx_qos (?!.* -a$)|tc qdisc (replace|add|del)|ethtool --set|rdma link (add|del))/.test(
          line,
        ),
      );
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** GID of the experiment address of the lab's port. */
export const GID = "0000:0000:0000:0000:0000:ffff:0a0a:0101";
const LINK_LOCAL = "fe80:0000:0000:0000:0e42:a1ff:fedd:0002";

/** The port that the tests are about; its queues are left alone. */
export const PORT: FabricPort = {
  port: "exp0",
  selector: "mac=0c:42:a1:dd:00:02",
  guard: true,
  tools: "inbox",
  rdma: "v2",
  roceMtu: 4096,
  gid: GID,
  tos: 106,
  affinity: true,
};

/** The same with a whole plan. */
export const LOSSLESS: FabricPort = {
  ...PORT,
  ...hardwareQueues(ROCE_QOS_PLAN, Rate.gbps(100)),
  stormPrevention: 65535,
};

/** An r650: `mlx5_0` on the control port, `mlx5_2` on the experiment port `ens2f0`, whose address was changed. */
export function r650Lab(): PortLab {
  const lab = new PortLab();
  lab.write("controlif", "eno12399\n");
  lab.card("ens2f0", "mlx5_2", [
    [LINK_LOCAL, "IB/RoCE v1"],
    [LINK_LOCAL, "RoCE v2"],
    [GID, "IB/RoCE v1"],
    [GID, "RoCE v2"],
  ]);
  lab.prints("ip", "*link*", "ip-link-5.15-r650.json");
  lab.prints("rdma", "*link*", "rdma-link-5.15-r650.json");
  return lab;
}
