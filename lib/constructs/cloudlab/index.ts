export { CloudLabExperiment, type CloudLabExperimentProps } from "./experiment";
export type { CloudLabLan } from "./lan";
export type { CloudLabLifeCycleProps } from "./life-cycle";
export type { Findings } from "./lint/findings";
export { lintRequestRspec } from "./lint/request-lint";
export type { CloudLabLogin, CloudLabNode } from "./node";
export { CloudLabNixos, type CloudLabNixosMember, type CloudLabNixosProps } from "./nixos/cloudlab-nixos";
export { CloudLabProfile, type CloudLabProfileProps } from "./profile";
export type {
  CloudLabBlockstore,
  CloudLabInstall,
  CloudLabLanMember,
  CloudLabLanProps,
  CloudLabNodeProps,
  CloudLabTopologyProps,
} from "./request/props";
export { CLOUDLAB } from "./testbed";
export { CLOUDLAB_SITES, type CloudLabSite, UBUNTU_22_IMAGE, UBUNTU_24_IMAGE } from "./sites";
