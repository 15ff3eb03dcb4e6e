import { defineProblem } from "../../errors";
import type { IHost, NetworkInterface } from "../../host";
import { IpAddress } from "../../net";
import { isHiddenAddress } from "../../net/host-name";
import type { MemberOptions } from "./member";

const CONTROL_ENDPOINT = defineProblem("NL-007", "No endpoint is a control address", {
  why: "tunnels would load the network that the machine is managed over",
  remedy: "an address of an experiment port",
});
const MESH_ENDPOINT = defineProblem("NL-MESH-ENDPOINT", "An endpoint is an address or name, and a port");
const MESH_KEY = defineProblem("NL-MESH-KEY", "A public key is that of WireGuard");

/** Where a member is reached, as text for the peer table, and as an address where it is one. */
export interface Endpoint {
  readonly text: string;
  readonly address?: IpAddress;
}

const DNS_NAME = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/;

/**
 * The endpoint of a host: what the user says, else the address of the port that carries the tunnels. A member behind
 * NAT needs none, since it calls first.
 */
export function endpointOf(
  host: IHost,
  port: NetworkInterface,
  udpPort: number,
  options: MemberOptions,
): Endpoint | undefined {
  if (options.endpoint !== undefined) return checked(host, parseEndpoint(options.endpoint, udpPort));
  const address = port.addresses[0]?.address;
  if (options.behindNat) return undefined;
  if (address === undefined) {
    throw MESH_ENDPOINT({
      path: host.node.path,
      what: `interface ${port.id} of ${host.hostName} has no address, so nobody can reach the member`,
      value: port.id,
      allowed: "an interface with an address, or an endpoint",
      remedy: `interfaces: [{ id: "${port.id}", addresses: ["10.10.1.1/24"] }]`,
    });
  }
  return checked(host, { text: `${address.toUrlHost()}:${udpPort}`, address });
}

/** Reads an endpoint as a user gives it. Throws `NL-MESH-ENDPOINT` on what `wg` would not take, or take for something else. */
export function parseEndpoint(text: string, udpPort: number): Endpoint {
  const match = WITH_PORT.exec(text);
  const name = match?.[1] ?? match?.[2] ?? text;
  const port = match === null ? udpPort : Number(match[3]);
  const address = IpAddress.tryParse(name);
  const isName = DNS_NAME.test(name) && !isHiddenAddress(name);
  if ((address === undefined && !isName) || port < 1 || port > 65535) {
    throw MESH_ENDPOINT({
      what: "not an endpoint",
      value: text,
      allowed: "an address or DNS name, with :port or without",
      remedy: `endpoint: "203.0.113.7:51820"`,
    });
  }
  return { text: `${address?.toUrlHost() ?? name}:${port}`, address };
}

/** On CloudLab the control network is shared with all users and the Internet; tunnels belong on the experiment network. */
function checked(host: IHost, endpoint: Endpoint): Endpoint {
  const control = host.interfaces.find((port) => port.control);
  const onControl =
    endpoint.address !== undefined && control?.addresses.some((a) => a.address.equals(endpoint.address!));
  if (!onControl) return endpoint;
  throw CONTROL_ENDPOINT({
    path: host.node.path,
    what: `the endpoint of ${host.hostName} is its control address; tunnels would load the network that the machine is managed over`,
    value: endpoint.text,
    allowed: "an address of an experiment interface",
    remedy: `leave "endpoint" out`,
  });
}

const BASE64_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/** Refuses what is not the base64 of 32 bytes. */
export function assertPublicKey(key: string): void {
  if (BASE64_KEY.test(key)) return;
  throw MESH_KEY({
    what: "not a WireGuard public key",
    value: key,
    allowed: "44 characters of base64, as wg pubkey prints them",
    remedy: "wg pubkey < private.key",
  });
}
