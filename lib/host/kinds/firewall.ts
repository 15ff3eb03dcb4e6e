import { at, defineProblem, failAll, type Problem } from "../../errors";
import { Cidr } from "../../net";
import { isInterfaceName } from "../interface";
import { defineKind } from "./kind";
import { isWhole } from "./words";

const BAD_PORT = defineProblem("NL-OPEN-PORT", "A port that is opened is a TCP or UDP port of an interface or of all");

/** A port that the firewall of the host must let in. */
export interface OpenPort {
  /** Protocol that the port belongs to. */
  readonly protocol: "tcp" | "udp";
  /** Port number, 1 to 65535. */
  readonly port: number;
  /** Interface id or device name on which it is open. @default - on every interface */
  readonly interface?: string;
}

/** Packets that the host's firewall must let pass between a device and a network behind the host. */
export interface Forwarding {
  /** Device name, e.g. `wg0`. */
  readonly device: string;
  /** Network that packets of the device go to and come from, e.g. `192.168.7.0/24`. @default - back into the same device */
  readonly network?: string;
}

export const OPEN_PORT = defineKind({
  noun: "open port",
  record({ origin }, port: OpenPort) {
    assertOpenPort(origin, port);
    return [[`${port.protocol}/${port.port}/${port.interface ?? "*"}`, port]];
  },
  effect: () => "new connections",
  show: () => true,
});

export const FORWARD = defineKind({
  noun: "forwarding between",
  record({ origin }, { device, network: given }: Forwarding) {
    assertOpenPort(origin, { protocol: "udp", port: 1, interface: device });
    const network = at(origin, () => (given === undefined ? undefined : Cidr.parse(given).toString()));
    const forwarding: Forwarding = { device, network };
    return [[`${device} ${network ?? device}`, forwarding]];
  },
  effect: () => "new connections",
  show: () => true,
});

function assertOpenPort(path: string, port: OpenPort): void {
  const problems: Problem[] = [];
  const refuse = (what: string, value: unknown, allowed: string) =>
    problems.push({ code: BAD_PORT.id, path, what, value, allowed, remedy: `{ protocol: "udp", port: 51820 }` });
  if (port.protocol !== "tcp" && port.protocol !== "udp") {
    refuse("the firewall knows no such protocol", port.protocol, "tcp or udp");
  }
  if (!isWhole(port.port, 1, 65535)) refuse("not a port number", port.port, "1 to 65535");
  if (port.interface !== undefined && !isInterfaceName(port.interface)) {
    refuse("not an interface", port.interface, "the id of an interface, or a device name");
  }
  failAll(problems);
}
