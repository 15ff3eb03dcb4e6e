import { defineProblem } from "../errors";
import type { Mtu } from "../units";
import type { Derivation } from "./derivation";

const ROCE_MTU = defineProblem("NL-ROCE-MTU", "A RoCE MTU is one of five, and one of them fits the Ethernet MTU");

/** The path MTUs that InfiniBand and RoCE know; nothing in between exists. */
export const ROCE_MTUS = [256, 512, 1024, 2048, 4096] as const;
/** One of {@link ROCE_MTUS}, in bytes of payload. */
export type RoceMtu = (typeof ROCE_MTUS)[number];

/** What the kernel reserves: 40 GRH + 8 UDP + 12 BTH + 4 XRC + 28 atomic + 4 ICRC. */
const RESERVED = 96;
const SOURCE = "Linux include/rdma/ib_addr.h (iboe_get_mtu)";

/** The largest RoCE path MTU that fits an Ethernet MTU. Throws `NL-ROCE-MTU` when none does. */
export function roceMtu(ethernet: Mtu): Derivation<RoceMtu> {
  const fitting = [...ROCE_MTUS].reverse().find((mtu) => mtu + RESERVED <= ethernet.value);
  if (fitting === undefined) {
    throw ROCE_MTU({
      what: "no RoCE packet fits this Ethernet MTU",
      value: ethernet.value,
      allowed: `at least ${ROCE_MTUS[0] + RESERVED}`,
      remedy: "1500 (RoCE MTU 1024) or 9000 (RoCE MTU 4096)",
    });
  }
  return {
    value: fitting,
    because: `largest of ${ROCE_MTUS.join(", ")} that fits into ${ethernet} with ${RESERVED} bytes of headers`,
    source: SOURCE,
  };
}

/** Checks a RoCE MTU that was asked for. Throws `NL-ROCE-MTU` when there is no such MTU. */
export function requireRoceMtu(wanted: number): RoceMtu {
  const found = ROCE_MTUS.find((mtu) => mtu === wanted);
  if (found !== undefined) return found;
  throw ROCE_MTU({
    what: "RoCE has no such path MTU; it is not an Ethernet MTU",
    value: wanted,
    allowed: ROCE_MTUS.join(", "),
    remedy: "leave it out for the largest that fits",
  });
}
