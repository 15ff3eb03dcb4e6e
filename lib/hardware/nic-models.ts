import { defineProblem } from "../errors";
import { Rate } from "../units";
import { lookUp } from "./lookup";
import type { NicModel } from "./nic-model";

const NIC_MODEL = defineProblem("NL-NIC-MODEL", "A NIC model is in the catalogue");

const MLX5_RING = { max: 8192, default: 1024 } as const;
const MLX5_SOURCE = "Linux 6.1 drivers/net/ethernet/mellanox/mlx5/core/en.h, en_main.c, en_dcbnl.c";
const MLX5_QUEUES = "as many combined channels as online CPUs, at most 128";
const FIRMWARE_MTU = "the largest MTU comes from the firmware: read max_mtu from `ip -d -j link`";
const XDP_PAGE_LIMIT = 3046;
/** A page of 4096 bytes less Ethernet and two VLAN headers, 256 bytes before and 320 after the frame. */
const MLX4_XDP_LIMIT = 3498;

function gbps(...rates: number[]): Rate[] {
  return rates.map((rate) => Rate.gbps(rate));
}

/** What all mlx5 cards have in common; RoCE v1 and v2 on every Ethernet port. */
function mlx5(
  nic: Pick<NicModel, "id" | "name" | "rates"> & { readonly infiniband: boolean; readonly notes?: readonly string[] },
): NicModel {
  const { infiniband, notes, ...rest } = nic;
  return {
    ...rest,
    driver: "mlx5_core",
    ring: MLX5_RING,
    maxQueues: 128,
    rdma: infiniband ? ["rocev1", "rocev2", "infiniband"] : ["rocev1", "rocev2"],
    rdmaModule: "mlx5_ib",
    dcb: true,
    portBuffers: true,
    bigTcp: true,
    notes: [MLX5_QUEUES, FIRMWARE_MTU, ...(notes ?? [])],
    source: MLX5_SOURCE,
    confidence: "verified",
  };
}

function mlx4(nic: Pick<NicModel, "id" | "name" | "rdma" | "notes">): NicModel {
  return {
    ...nic,
    driver: "mlx4_en",
    rates: gbps(56, 40, 10),
    ring: { max: 8192, default: 1024 },
    rdmaModule: "mlx4_ib",
    dcb: true,
    xdpMaxMtu: MLX4_XDP_LIMIT,
    bigTcp: true,
    notes: [
      ...nic.notes,
      FIRMWARE_MTU,
      "VPI ports are InfiniBand or Ethernet, whichever the port type says",
      "NVIDIA's OFED 5 and later dropped the card: use the inbox driver, or OFED 4.9 LTS",
    ],
    source: "Linux 6.1 drivers/net/ethernet/mellanox/mlx4/mlx4_en.h, en_netdev.c, fw.c",
    confidence: "verified",
  };
}

const MODELS: readonly NicModel[] = [
  {
    id: "x520",
    name: "Intel X520 (82599ES)",
    driver: "ixgbe",
    rates: gbps(10, 1),
    ring: { max: 4096, default: 512, multiple: 8 },
    maxQueues: 64,
    rssQueues: 16,
    maxMtu: 9710,
    rdma: [],
    dcb: true,
    xdpMaxMtu: XDP_PAGE_LIMIT,
    notes: [
      "64 queues with Flow Director, but the RSS table spreads over 16 only",
      "DCB and LRO cannot be combined with XDP; with XDP a frame has to fit a 3 KiB buffer (4 KiB pages)",
    ],
    source: "Linux 6.1 drivers/net/ethernet/intel/ixgbe/ixgbe.h, ixgbe_main.c",
    confidence: "verified",
  },
  {
    id: "x550",
    name: "Intel X550",
    driver: "ixgbe",
    rates: gbps(10, 5, 2.5, 1),
    ring: { max: 4096, default: 512, multiple: 8 },
    maxQueues: 64,
    rssQueues: 63,
    maxMtu: 9710,
    rdma: [],
    dcb: true,
    xdpMaxMtu: XDP_PAGE_LIMIT,
    notes: ["DCB and LRO cannot be combined with XDP; with XDP a frame has to fit a 3 KiB buffer (4 KiB pages)"],
    source: "Linux 6.1 drivers/net/ethernet/intel/ixgbe/ixgbe.h, ixgbe_main.c",
    confidence: "verified",
  },
  {
    id: "x710",
    name: "Intel X710",
    driver: "i40e",
    rates: gbps(10, 1),
    ring: { max: 4096, default: 512, multiple: 32 },
    maxMtu: 9702,
    rdma: [],
    dcb: true,
    xdpMaxMtu: XDP_PAGE_LIMIT,
    xdpMultiBufferSince: [6, 4],
    notes: ["newer kernels allow rings of 8160", "only the X722 has iWARP"],
    source: "Linux 6.1 drivers/net/ethernet/intel/i40e/i40e.h, i40e_main.c, Documentation i40e.rst",
    confidence: "verified",
  },
  {
    id: "i350",
    name: "Intel I350",
    driver: "igb",
    rates: gbps(1),
    ring: { max: 4096, default: 256, multiple: 8 },
    maxQueues: 8,
    maxMtu: 9216,
    rdma: [],
    dcb: false,
    notes: ["on CloudLab this is the control port: never tune it"],
    source: "Linux 6.1 drivers/net/ethernet/intel/igb/igb.h",
    confidence: "verified",
  },
  {
    id: "e810",
    name: "Intel E810",
    driver: "ice",
    rates: gbps(100, 50, 25, 10),
    ring: { max: 8160, default: 2048, multiple: 32 },
    maxMtu: 9702,
    rdma: ["rocev2", "iwarp"],
    rdmaModule: "irdma",
    dcb: true,
    bigTcp: true,
    notes: ["irdma speaks RoCE v2 or iWARP, one at a time"],
    source: "Linux 6.1 drivers/net/ethernet/intel/ice/ice.h (rings); the rest is not re-checked",
    confidence: "assumed",
  },
  {
    id: "bcm57414",
    name: "Broadcom 57414",
    driver: "bnxt_en",
    rates: gbps(25, 10),
    ring: { default: 511 },
    maxMtu: 9500,
    rdma: ["rocev2"],
    rdmaModule: "bnxt_re",
    dcb: true,
    notes: ["ring sizes are one less than a power of two (511, 2047); read the maximum with `ethtool -g`"],
    source: "Linux 6.1 drivers/net/ethernet/broadcom/bnxt/bnxt.h",
    confidence: "verified",
  },
  mlx4({
    id: "connectx-3",
    name: "Mellanox ConnectX-3",
    rdma: ["rocev1", "infiniband"],
    notes: ["RoCE v1 only: bound to one Ethernet segment, marks neither DSCP nor ECN"],
  }),
  mlx4({
    id: "connectx-3-pro",
    name: "Mellanox ConnectX-3 Pro",
    rdma: ["rocev1", "rocev2", "infiniband"],
    notes: ["RoCE v2 only where the firmware reports it; NVIDIA's own driver wants mlx4_core roce_mode=2 besides"],
  }),
  mlx5({
    id: "connectx-4",
    name: "Mellanox ConnectX-4",
    rates: gbps(100, 50, 40, 25, 10),
    infiniband: true,
  }),
  mlx5({
    id: "connectx-4-lx",
    name: "Mellanox ConnectX-4 Lx",
    rates: gbps(50, 40, 25, 10, 1),
    infiniband: false,
    notes: ["Ethernet only"],
  }),
  mlx5({
    id: "connectx-5",
    name: "Mellanox ConnectX-5",
    rates: gbps(100, 50, 40, 25, 10, 1),
    infiniband: true,
  }),
  mlx5({
    id: "connectx-6",
    name: "Mellanox ConnectX-6",
    rates: gbps(200, 100, 50, 40, 25, 10),
    infiniband: true,
  }),
  mlx5({
    id: "connectx-6-dx",
    name: "Mellanox ConnectX-6 Dx",
    rates: gbps(200, 100, 50, 40, 25, 10),
    infiniband: false,
    notes: ["Ethernet only"],
  }),
  mlx5({
    id: "connectx-7",
    name: "NVIDIA ConnectX-7",
    rates: gbps(400, 200, 100, 50, 40, 25, 10),
    infiniband: true,
    notes: ["needs a kernel newer than 5.15 or NVIDIA's driver"],
  }),
  mlx5({
    id: "bluefield-2",
    name: "NVIDIA BlueField-2",
    rates: gbps(200, 100, 50, 40, 25, 10),
    infiniband: true,
    notes: ["in DPU mode the embedded switch of the card's own Arm system lies between host and wire"],
  }),
  {
    id: "virtio",
    name: "virtio-net",
    driver: "virtio_net",
    rates: [],
    ring: { default: 256 },
    maxMtu: 65535,
    rdma: [],
    dcb: false,
    notes: ["rings, queues and MTU are set by the hypervisor"],
    source: "virtio 1.2, section 5.1",
    confidence: "assumed",
  },
];

/** NIC models by id. */
const NIC_MODELS: ReadonlyMap<string, NicModel> = new Map(MODELS.map((model) => [model.id, model]));

/** Finds a NIC model by its id. Throws `NL-NIC-MODEL`, with near matches, when there is none. */
export function nicModel(id: string): NicModel {
  return lookUp({ problem: NIC_MODEL, kind: "NIC model", table: NIC_MODELS, id });
}

/** All NIC models, by id. */
export function nicModels(): readonly NicModel[] {
  return [...NIC_MODELS.values()];
}
