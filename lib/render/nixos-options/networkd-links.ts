import type { OptionEntry } from "../../nix-ts-builder";
import { option, options, section, SWITCH, UNIT_VALUE } from "./entries";

const LINK = "systemd.network.links.*";
const CONFIG = `${LINK}.linkConfig`;
const INSTEAD = "systemd.network.links.*.extraConfig takes any line, or a oneshot service that runs ethtool";

/**
 * `.link` files. NixOS lists the keys that it lets through; what systemd reads beside them fails the build. Keys of
 * 24.11: nixpkgs of September 2024. Flow control: nixpkgs pull request 402587 (opened April 2025), so in 25.11 for sure.
 * All others: nixpkgs of early 2026. Sizes and channels must be numbers in every release so far, although systemd also
 * takes "max" (nixpkgs issue 512475).
 */
export const LINK_OPTIONS: readonly OptionEntry[] = [
  option(`${LINK}.enable`, "bool"),
  option(`${LINK}.extraConfig`, "lines"),
  option(`${LINK}.matchConfig.*`, UNIT_VALUE),
  section(CONFIG),
  ...options(CONFIG, UNIT_VALUE, "Description Alias MACAddress NamePolicy Name AlternativeNamesPolicy AlternativeName"),
  option(`${CONFIG}.MACAddressPolicy`, '"persistent" or "random" or "none"'),
  ...options(CONFIG, "bytes", "MTUBytes BitsPerSecond", { remedy: 'write the size as text: "9000"' }),
  option(`${CONFIG}.Duplex`, '"half" or "full"'),
  option(`${CONFIG}.AutoNegotiation`, SWITCH),
  ...options(CONFIG, UNIT_VALUE, "WakeOnLan Advertise"),
  option(`${CONFIG}.Port`, '"tp" or "aui" or "bnc" or "mii" or "fibre"'),
  ...options(
    CONFIG,
    SWITCH,
    "ReceiveChecksumOffload TransmitChecksumOffload TCPSegmentationOffload TCP6SegmentationOffload",
  ),
  ...options(CONFIG, SWITCH, "GenericSegmentationOffload GenericReceiveOffload LargeReceiveOffload"),
  ...options(CONFIG, "int between 1 4294967295", "RxChannels TxChannels OtherChannels CombinedChannels", {
    remedy: INSTEAD,
  }),
  ...options(CONFIG, "int between 0 4294967295", "RxBufferSize TxBufferSize", { remedy: INSTEAD }),
  ...options(CONFIG, "int between 1 4096", "ReceiveQueues TransmitQueues", { until: "25.11" }),
  ...options(CONFIG, "int between 1 16384", "ReceiveQueues TransmitQueues", { since: "26.05" }),
  option(`${CONFIG}.TransmitQueueLength`, "int between 1 4294967294"),
  ...options(CONFIG, SWITCH, "RxFlowControl TxFlowControl AutoNegotiationFlowControl", {
    since: "25.11",
    remedy: INSTEAD,
  }),
  ...options(
    CONFIG,
    SWITCH,
    "GenericReceiveOffloadHardware GenericReceiveOffloadList GenericReceiveOffloadUDPForwarding NTupleFilter " +
      "ReceiveVLANCTAGHardwareAcceleration TransmitVLANCTAGHardwareAcceleration ReceiveVLANCTAGFilter ScatterGather " +
      "UseAdaptiveRxCoalesce UseAdaptiveTxCoalesce",
    { since: "26.05", remedy: INSTEAD },
  ),
  ...options(
    CONFIG,
    UNIT_VALUE,
    "RxCoalesceSec RxCoalesceIrqSec RxCoalesceLowSec RxCoalesceHighSec TxCoalesceSec TxCoalesceIrqSec TxCoalesceLowSec " +
      "TxCoalesceHighSec ReceivePacketSteeringCPUMask MDI WakeOnLanPassword Property ImportProperty UnsetProperty",
    { since: "26.05", remedy: INSTEAD },
  ),
  ...options(
    CONFIG,
    "int",
    "RxMaxCoalescedFrames RxMaxCoalescedIrqFrames TxMaxCoalescedFrames TxMaxCoalescedIrqFrames StatisticsBlockCoalesceSec " +
      "SR-IOVVirtualFunctions",
    { since: "26.05", remedy: INSTEAD },
  ),
  ...options(CONFIG, 'int or "max"', "RxMiniBufferSize RxJumboBufferSize", { since: "26.05", remedy: INSTEAD }),
  ...options(CONFIG, "int between 1 65536", "GenericSegmentOffloadMaxBytes GenericSegmentOffloadMaxSegments", {
    since: "26.05",
    remedy: INSTEAD,
  }),
];
