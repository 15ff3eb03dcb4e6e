import type { CiliumIntent } from "../intent";
import { defineProblem } from "../../../errors";
import { Cidr } from "../../../net";
import { goDuration } from "./derived";
import type { ValueEntries } from "./entries";

const MAP_RATIO = defineProblem("NL-CILIUM-MAP-RATIO", "The maps take a part of the memory");

/** Congestion control, encryption, segment size and pod devices. */
export function setTraffic(values: ValueEntries, intent: CiliumIntent): void {
  setBandwidthManager(values, intent);
  setEncryption(values, intent);
  const big = intent.bigTcp;
  if (big !== undefined) {
    values.set("enableIPv4BIGTCP", big.ipv4 ?? true, "segments above 64 kB through the stack");
    values.set("enableIPv6BIGTCP", big.ipv6 ?? intent.podCidr6 !== undefined, "segments above 64 kB through the stack");
  }
  values.set("bpf.datapathMode", intent.podDevice, "device pair between pod and host as stated");
  const tuning = intent.bpf;
  if (tuning === undefined) return;
  values.set("bpf.distributedLRU.enabled", tuning.distributedLru, "one list per CPU: less contention, looser bounds");
  const ratio = tuning.mapDynamicSizeRatio;
  if (ratio !== undefined && !(ratio > 0 && ratio <= 1)) {
    throw MAP_RATIO({
      what: "the maps cannot take this share of the memory",
      value: ratio,
      allowed: "more than 0, at most 1",
      remedy: "mapDynamicSizeRatio: 0.08",
    });
  }
  values.set("bpf.mapDynamicSizeRatio", ratio, "share of memory for the eBPF maps as stated");
  values.set("bpfClockProbe", tuning.clockProbe, "cheaper clock in the data path");
}

function setBandwidthManager(values: ValueEntries, intent: CiliumIntent): void {
  const manager = intent.bandwidthManager;
  if (manager === undefined) return;
  values.set("bandwidthManager.enabled", true, "fq on the devices paces pod traffic");
  if (manager.kind === "cubic") return;
  values.set("bandwidthManager.bbr", true, "BBR; without it the manager sets CUBIC on the hosts");
  if (manager.kind === "bbr-hosts")
    values.set("bandwidthManager.bbrHostNamespaceOnly", true, "pods keep CUBIC: host routing is not eBPF");
}

function setEncryption(values: ValueEntries, intent: CiliumIntent): void {
  const { encryption } = intent;
  if (encryption === undefined) return;
  const { options } = encryption;
  values.set("encryption.enabled", true, "type alone would leave traffic in clear text");
  values.set("encryption.type", "wireguard", "the agents make and exchange the keys");
  values.set("encryption.nodeEncryption", options.nodeEncryption, "traffic of the nodes themselves is encrypted too");
  if (options.persistentKeepalive !== undefined)
    values.set(
      "encryption.wireguard.persistentKeepalive",
      goDuration("persistentKeepalive", options.persistentKeepalive),
      "nodes behind NAT",
    );
  if (options.strictEgressCidr !== undefined) {
    values.set("encryption.strictMode.egress.enabled", true, "clear text to pods on other nodes is dropped");
    const range = Cidr.parse(options.strictEgressCidr).toString();
    values.set("encryption.strictMode.egress.cidr", range, "range in which nothing leaves unencrypted");
  }
  values.set("encryption.strictMode.ingress.enabled", options.strictIngress, "clear text from other nodes is dropped");
}
