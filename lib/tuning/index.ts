export { type AllReduceProps, ringAllReduceTime, ringAllReduceTraffic } from "./collective-traffic";
export {
  CONGESTION_CONTROLS,
  type CongestionControl,
  type CongestionPath,
  type CongestionProfile,
  chooseCongestionControl,
  coexistence,
  rootQdiscVerdict,
  SINGLE_QUEUE_LIMIT,
} from "./congestion";
export { conntrack } from "./conntrack";
export { type Derivation, type DerivedSysctl, type KernelVersion, kernelAtLeast, nextPowerOfTwo } from "./derivation";
export { type EcmpHash, ecmpHash } from "./ecmp";
export { tcpEcn } from "./ecn";
export { type FastOpenProps, tcpFastOpen } from "./fast-open";
export { type Incast, type IncastProps, incastBuffer } from "./incast";
export { type Keepalive, type KeepaliveProps, keepalive } from "./keepalive";
export {
  combinedChannels,
  cpuMask,
  flowSteering,
  type NicProfile,
  type RingVerdict,
  ringSize,
  ringVerdict,
  rpsCpus,
  xpsCpus,
} from "./nic-queues";
export {
  type Encapsulation,
  goodputRatio,
  innerMtu,
  type OuterFamily,
  overhead,
  pingPayload,
  segmentSize,
} from "./overhead";
export { type PfcHeadroomProps, pfcHeadroom } from "./pfc-headroom";
export {
  CNP_DSCP,
  type QosClass,
  type QosScheduler,
  qosPlanProblems,
  ROCE_DSCP,
  ROCE_QOS_PLAN,
  tosByte,
  withoutPfc,
} from "./qos-plan";
export {
  completionQueueEntries,
  type DeviceLimits,
  type QueuePairLoad,
  requireQueueSizes,
} from "./queue-pairs";
export { ROCE_MTUS, type RoceMtu, requireRoceMtu, roceMtu } from "./roce-mtu";
export { presetStreamCount, type StreamCountProps, streamCount } from "./stream-count";
export { dctcpThreshold, guaranteedPortBuffer, switchPortBuffer } from "./switch-buffer";
export {
  kernelTcpBuffers,
  kernelTcpMem,
  strainsTcpMemory,
  TCP_BUFFER_LIMIT,
  TCP_WINDOW_LIMIT,
  type TcpBuffers,
  type TcpPath,
  tcpBuffers,
  windowScale,
} from "./tcp-buffers";
export {
  kernelSocketBuffer,
  QUIC_GO_BUFFER,
  QUIC_GO_LARGEST_PACKET,
  QUIC_SMALLEST_PAYLOAD,
  quicBuffers,
  quicPayload,
  quicWindows,
  udpPayload,
} from "./udp-buffers";
export { wireguardKeepalive, wireguardMtu } from "./wireguard";
