import { at, defineProblem, failAll, NetloomError, type Problem } from "../../errors";
import { isInterfaceName } from "../../host";
import { Cidr } from "../../net";
import { wireguardMtu } from "../../tuning";
import { Mtu } from "../../units";
import type { WireGuardMeshProps } from "./props";
import { NOT_AN_INTERFACE_NAME } from "../../host/interface";
import { PRIVATE_KEY } from "../../synth/target";

const MESH_KEY_FILE = defineProblem("NL-MESH-KEY-FILE", "Key files are given by their path");
const MESH_PORT = defineProblem("NL-MESH-PORT", "A mesh listens on a UDP port");
const MESH_SUBNET = defineProblem("NL-MESH-SUBNET", "A mesh has one subnet for each family");

/** What all tunnels of a mesh have in common. */
export interface TunnelFacts {
  readonly subnets: readonly Cidr[];
  readonly port: number;
  readonly device: string;
  readonly underlay: Mtu;
  readonly mtu: Mtu;
}

const DEFAULT_UNDERLAY = 1500;

/** Checks the props of a mesh, fills in what is derived. Throws with everything that is wrong in them. */
export function tunnelFacts(path: string, props: WireGuardMeshProps): TunnelFacts {
  const problems = [...deviceProblems(path, props), ...keyFileProblems(path, props)];
  const attempt = <T>(build: () => T, remedy?: string): T | undefined => {
    try {
      return at(path, build);
    } catch (error) {
      if (!(error instanceof NetloomError)) throw error;
      problems.push(...error.problems.map((problem) => ({ remedy, ...problem })));
      return undefined;
    }
  };
  const { subnet, subnet6 } = props;
  const subnets = [
    attempt(() => Cidr.parse(subnet), `subnet: "10.66.0.0/24"`),
    subnet6 === undefined ? undefined : attempt(() => Cidr.parse(subnet6), `subnet6: "fd00:66::/64"`),
  ].filter((cidr) => cidr !== undefined);
  const underlay = props.over?.mtu ?? Mtu.of(DEFAULT_UNDERLAY);
  const mtu =
    props.mtu === undefined ? wireguardMtu(underlay, "mixed").value : attempt(() => Mtu.of(props.mtu as number));
  problems.push(...familyProblems(path, props, subnets));
  failAll(problems);
  return { subnets, port: props.port ?? 51820, device: props.device ?? "wg0", underlay, mtu: mtu! };
}

function deviceProblems(path: string, props: WireGuardMeshProps): Problem[] {
  const problems: Problem[] = [];
  const { port, device } = props;
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    problems.push({
      code: MESH_PORT.id,
      path,
      what: "not a UDP port",
      value: port,
      allowed: "1 to 65535",
      remedy: "port: 51820",
    });
  }
  if (device !== undefined && !isInterfaceName(device)) {
    problems.push({
      code: NOT_AN_INTERFACE_NAME.id,
      path,
      what: "not a device name",
      value: device,
      allowed: "1 to 15 of A-Z a-z 0-9 _ . -",
      remedy: `device: "wg0"`,
    });
  }
  return problems;
}

function familyProblems(path: string, props: WireGuardMeshProps, subnets: readonly Cidr[]): Problem[] {
  const problems: Problem[] = [];
  if (subnets.length === 2 && (subnets[0]!.family !== 4 || subnets[1]!.family !== 6)) {
    problems.push({
      code: MESH_SUBNET.id,
      path,
      what: "with two subnets the first is IPv4 and the second IPv6",
      value: [props.subnet, props.subnet6],
      allowed: "one of each family, in this order",
      remedy: `subnet: "10.66.0.0/24", subnet6: "fd00:66::/64"`,
    });
  }
  return problems;
}

const KEY = /^[A-Za-z0-9+/]{43}=$|PRIVATE KEY/;
/** A leading "-" would be read as an option; control characters have no place in a path. */
const PATH = /^[^-\0-\x1f][^\0-\x1f]*$/;

/** Refuses keys where the names of files are meant: what is written there ends up in the index and in the Terraform directory. */
function keyFileProblems(path: string, props: WireGuardMeshProps): Problem[] {
  const files: readonly (readonly [name: string, file: string | undefined, remedy: string])[] = [
    [
      "keys",
      props.keys?.kind === "directory" ? props.keys.path : undefined,
      `WireGuardKeys.directory(".netloom/keys")`,
    ],
    ["presharedKeySecret", props.presharedKeySecret, `presharedKeySecret: ".netloom/mesh.psk"`],
  ];
  return files.flatMap(([name, file, remedy]): Problem[] => {
    if (file === undefined || (PATH.test(file) && !KEY.test(file))) return [];
    const allowed = "the path of a file or directory on the deploying machine";
    // The value of a key is left out: error messages end up in logs.
    return KEY.test(file)
      ? [
          {
            code: PRIVATE_KEY.id,
            path,
            what: `${name} is a key, which would end up in generated files`,
            allowed,
            remedy,
          },
        ]
      : [{ code: MESH_KEY_FILE.id, path, what: `${name} is not a path`, value: file, allowed, remedy }];
  });
}
