import { Rate } from "../units";
import type { MachineCpu, MachineNic, MachineTypeProps } from "./machine";
import { nicModel } from "./nic-models";

const MANUAL = "CloudLab manual, chapter Hardware (stored editions of 2022 to 2025)";
const WISCONSIN_3 = "CloudLab Wisconsin phase 3, https://pages.cs.wisc.edu/~mgliu/cloudlab3.html";
const MEASURED = `${MANUAL}; port roles measured, public user runbook of 2026-05`;
const NPS = "one NUMA node for each socket, as AMD ships it (NPS1)";

/** One socket or two, hyper-threaded, one NUMA node for each socket. Assumed, unless {@link read} in the manual. */
function cpu(model: string, sockets: number, coresPerSocket: number, threadsPerCore = 2): MachineCpu {
  return { model, sockets, coresPerSocket, threadsPerCore, numaNodes: sockets, confidence: "assumed" };
}

/** Processors that the manual states. */
function read(processors: MachineCpu): MachineCpu {
  return { ...processors, confidence: "documented" };
}

interface Wiring {
  readonly ports?: number;
  readonly experimentPorts?: number;
  readonly known?: boolean;
}

function nic(id: string, gbps: number, role: MachineNic["role"], wiring: Wiring = {}): MachineNic {
  const ports = wiring.ports ?? 2;
  const experimentPorts = wiring.experimentPorts ?? (role === "control" ? 0 : role === "split" ? ports - 1 : ports);
  return {
    model: nicModel(id),
    ports,
    rate: Rate.gbps(gbps),
    role,
    experimentPorts,
    roleKnown: wiring.known ?? false,
  };
}

const DOCUMENTED = { architecture: "x86_64", source: MANUAL, confidence: "documented" } as const;

const WISCONSIN_1G_10G = [
  nic("i350", 1, "control", { ports: 1, known: true }),
  nic("x520", 10, "experiment", { known: true }),
];

/** The CloudLab types whose network hardware is known; which port is control is inferred unless `roleKnown`. */
export const CLOUDLAB_MACHINES: readonly MachineTypeProps[] = [
  {
    ...DOCUMENTED,
    id: "c220g1",
    site: "Wisconsin",
    cpu: cpu("Intel Xeon E5-2630 v3", 2, 8),
    memoryGib: 128,
    nics: WISCONSIN_1G_10G,
  },
  {
    ...DOCUMENTED,
    id: "c220g2",
    site: "Wisconsin",
    cpu: cpu("Intel Xeon E5-2660 v3", 2, 10),
    memoryGib: 160,
    nics: WISCONSIN_1G_10G,
  },
  {
    ...DOCUMENTED,
    id: "c220g5",
    site: "Wisconsin",
    cpu: read(cpu("Intel Xeon Silver 4114", 2, 10)),
    memoryGib: 192,
    nics: [nic("i350", 1, "control", { ports: 1, known: true }), nic("x520", 10, "experiment")],
    notes: ["the X520 has no RDMA of any kind", "the number of usable experiment ports comes from the manifest"],
  },
  {
    ...DOCUMENTED,
    id: "m400",
    site: "Utah",
    architecture: "aarch64",
    cpu: read(cpu("APM X-Gene (ARMv8)", 1, 8, 1)),
    memoryGib: 64,
    nics: [nic("connectx-3", 10, "split")],
  },
  {
    ...DOCUMENTED,
    id: "m510",
    site: "Utah",
    cpu: read(cpu("Intel Xeon D-1548", 1, 8)),
    memoryGib: 64,
    nics: [nic("connectx-3", 10, "split", { known: true })],
    notes: ["one port is control, the other is for experiments"],
  },
  {
    ...DOCUMENTED,
    id: "xl170",
    site: "Utah",
    cpu: cpu("Intel Xeon E5-2640 v4", 1, 10),
    memoryGib: 64,
    nics: [
      nic("connectx-4-lx", 25, "split", { experimentPorts: 0 }),
      nic("connectx-4-lx", 25, "experiment", { experimentPorts: 1 }),
    ],
    notes: ["which of the two cards carries the control port is not documented: match by MAC from the manifest"],
  },
  {
    ...DOCUMENTED,
    id: "d6515",
    site: "Utah",
    cpu: cpu("AMD EPYC 7452", 1, 32),
    memoryGib: 128,
    nics: [nic("bcm57414", 25, "control"), nic("connectx-5", 100, "experiment")],
    notes: [NPS],
  },
  {
    ...DOCUMENTED,
    id: "c6525-25g",
    site: "Utah",
    cpu: cpu("AMD EPYC 7302P", 1, 16),
    memoryGib: 128,
    nics: [
      nic("connectx-5", 25, "split", { experimentPorts: 1, known: true }),
      nic("connectx-5", 25, "experiment", { experimentPorts: 1, known: true }),
    ],
    notes: ["two of the four ports are for experiments", NPS],
  },
  {
    ...DOCUMENTED,
    id: "c6525-100g",
    site: "Utah",
    cpu: cpu("AMD EPYC 7402P", 1, 24),
    memoryGib: 128,
    nics: [
      nic("connectx-5", 25, "split", { experimentPorts: 1, known: true }),
      nic("connectx-5", 100, "experiment", { experimentPorts: 1, known: true }),
    ],
    notes: ["measured: mlx5_0 is the control port, mlx5_2 the 100G one", NPS],
    source: MEASURED,
  },
  {
    ...DOCUMENTED,
    id: "r320",
    site: "Apt",
    cpu: read(cpu("Intel Xeon E5-2450", 1, 8)),
    memoryGib: 16,
    nics: [nic("connectx-3", 56, "experiment", { experimentPorts: 1, known: true })],
    notes: ["control is a Broadcom 1G port", "the VPI port is InfiniBand FDR or 40/56G Ethernet"],
  },
  {
    ...DOCUMENTED,
    id: "c6220",
    site: "Apt",
    cpu: read(cpu("Intel Xeon E5-2650 v2", 2, 8)),
    memoryGib: 64,
    nics: [
      nic("x520", 10, "experiment", { experimentPorts: 1, known: true }),
      nic("connectx-3", 56, "experiment", { ports: 1, known: true }),
    ],
    notes: ["control is a Broadcom 1G port", "the VPI port is InfiniBand FDR or 40/56G Ethernet"],
  },
  {
    ...DOCUMENTED,
    id: "c6420",
    site: "Clemson",
    cpu: cpu("Intel Xeon Gold 6142", 2, 16),
    memoryGib: 384,
    nics: [nic("x710", 10, "split")],
    notes: ["this, not c220g5, is the type with an X710"],
  },
  {
    ...DOCUMENTED,
    id: "r650",
    site: "Clemson",
    cpu: cpu("Intel Xeon Platinum 8360Y", 2, 36),
    memoryGib: 256,
    nics: [nic("connectx-5", 25, "control", { known: true }), nic("connectx-6", 100, "experiment", { known: true })],
    notes: ["measured: mlx5_0 is the control port, mlx5_2 the experiment port"],
    source: MEASURED,
  },
  {
    ...DOCUMENTED,
    id: "r6525",
    site: "Clemson",
    cpu: cpu("AMD EPYC 7543", 2, 32),
    memoryGib: 256,
    nics: [nic("connectx-5", 25, "control", { known: true }), nic("connectx-6", 100, "experiment", { known: true })],
    notes: ["measured: mlx5_0 is the control port, mlx5_2 the experiment port", NPS],
    source: MEASURED,
  },
  {
    ...DOCUMENTED,
    id: "r7525",
    site: "Clemson",
    cpu: cpu("AMD EPYC 7542", 2, 32),
    memoryGib: 512,
    nics: [nic("connectx-5", 25, "control"), nic("bluefield-2", 100, "experiment")],
    notes: [NPS],
  },
  {
    ...DOCUMENTED,
    id: "sm110p",
    site: "Wisconsin",
    cpu: cpu("Intel Xeon Silver 4314", 1, 16),
    memoryGib: 128,
    nics: [nic("x550", 10, "control"), nic("connectx-6-dx", 100, "experiment")],
    notes: ["the page says ConnectX-6, users report ConnectX-6 Dx"],
    source: WISCONSIN_3,
  },
  {
    ...DOCUMENTED,
    id: "sm220u",
    site: "Wisconsin",
    cpu: cpu("Intel Xeon Silver 4314", 2, 16),
    memoryGib: 256,
    nics: [nic("x550", 10, "control"), nic("connectx-6-dx", 100, "experiment")],
    notes: ["the page says ConnectX-6, users report ConnectX-6 Dx"],
    source: WISCONSIN_3,
  },
  {
    ...DOCUMENTED,
    id: "d7525",
    site: "Wisconsin",
    cpu: cpu("AMD EPYC 7302", 2, 16),
    memoryGib: 128,
    nics: [nic("bcm57414", 25, "control"), nic("connectx-6", 100, "experiment")],
    notes: ["some nodes have a BlueField-2 as well", NPS],
    source: WISCONSIN_3,
  },
  {
    ...DOCUMENTED,
    id: "d8545",
    site: "Wisconsin",
    cpu: cpu("AMD EPYC 7413", 2, 24),
    memoryGib: 512,
    nics: [nic("bcm57414", 25, "control"), nic("connectx-6", 100, "experiment")],
    notes: [NPS],
    source: WISCONSIN_3,
  },
];
