import type { Testbed } from "../host";
import { CLOUDLAB_NAME, CLOUDLAB_RULES } from "./rules";

/** What CloudLab asks of hosts on its machines. */
export const CLOUDLAB: Testbed = {
  name: CLOUDLAB_NAME,
  findByMac: true,
  // geni-lib, setJumboFrames: 9000 bytes, on the LANs that ask for them.
  maxSwitchMtu: 9000,
  jumboOnRequest: true,
  // VIRTNODE_NETWORK in the configuration of Emulab.
  reserved: [{ cidr: "172.16.0.0/12", use: "the control network of virtual nodes" }],
  rules: CLOUDLAB_RULES,
};
