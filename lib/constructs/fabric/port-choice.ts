import { defineProblem } from "../../errors";
import { experimentInterfaces, type IHost, type NetworkInterface } from "../../host";

const PORT_CHOICE = defineProblem("NL-PORT-CHOICE", "It is clear which interface of a host is meant");

/** How a construct says which port of a host it means. */
export interface PortChoice {
  /** Path of the construct that asks. */
  readonly path: string;
  /** Id of the port. @default - found by `lan`, or the only one */
  readonly interface?: string;
  /** LAN that the port must be connected to. @default - any */
  readonly lan?: string;
}

/**
 * The port of `host` that is meant: the named one, else the one on the LAN, else the only one that is not the control
 * port. Throws when that is none or more than one, since a guess could hit the line that the machine is managed over.
 */
export function choosePort(host: IHost, choice: PortChoice): NetworkInterface {
  const all = experimentInterfaces(host);
  const fitting = all.filter(
    (port) =>
      (choice.interface === undefined || port.id === choice.interface) &&
      (choice.interface !== undefined || choice.lan === undefined || port.lan === choice.lan),
  );
  if (fitting.length === 1) return fitting[0]!;
  const wanted = choice.interface ?? (choice.lan === undefined ? undefined : `a port on LAN ${choice.lan}`);
  throw PORT_CHOICE({
    path: choice.path,
    others: [host.node.path],
    what:
      fitting.length === 0
        ? `host ${host.hostName} has no such experiment interface`
        : `host ${host.hostName} has several experiment interfaces that fit, and guessing could take the wrong line down`,
    value: wanted,
    allowed: all.map((port) => port.id).join(", ") || "the host declares no experiment interface",
    remedy:
      all.length > 0
        ? `{ interface: "${all[0]!.id}" }`
        : `interfaces: [{ id: "exp0", mac: "…", addresses: ["10.10.1.1/24"] }]`,
  });
}
