import { BYPASS_RULES } from "./bypass";
import { CARD_RULES } from "./card";
import { DCTCP_RULES } from "./dctcp";
import type { Rule } from "./engine";
import { FABRIC_RULES } from "./fabric";
import { MEMBER_NETWORK_RULES } from "./member-networks";
import { NETWORK_RULES } from "./network";
import { RDMA_RULES } from "./rdma";
import { SECRET_RULES } from "./secrets";
import { SYSCTL_RULES } from "./sysctl";
import { TRANSPORT_RULES } from "./transport";

/** Every rule that runs by itself, in the order in which findings are reported. */
export const ALL_RULES: readonly Rule[] = [
  ...NETWORK_RULES,
  ...MEMBER_NETWORK_RULES,
  ...SECRET_RULES,
  ...FABRIC_RULES,
  ...TRANSPORT_RULES,
  ...SYSCTL_RULES,
  ...BYPASS_RULES,
  ...CARD_RULES,
  ...RDMA_RULES,
  ...DCTCP_RULES,
];
