import { join } from "node:path";
import fc from "fast-check";
import { Target as Place, WireGuardMesh, Host } from "../../lib";
import { printYamlDocuments } from "../../lib/constructs/cilium/yaml";
import { element, escapeAttribute, writeXml } from "../../lib/constructs/cloudlab/xml/write";
import { DeployError } from "../../lib/deploy/failure";
import { NetloomError } from "../../lib/errors";
import { toNix } from "../../lib/nix-ts-builder";
import { print } from "../../lib/nix-ts-builder";
import { fillTable, membersOf } from "../../lib/deploy/table";
import { newPrivateKey, publicKeyOf } from "../../lib/deploy/keys";
import { hostKeyAlias, sshArguments } from "../../lib/deploy/ssh";
import { synthToFiles } from "../../lib/testing";
import { ask, END } from "./shell-targets";
import { ip, line, network, text, word } from "./input";
import { differs, put, type Target } from "./target";

/** `make`, or undefined for what Netloom refuses. */
function accepted<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof NetloomError || error instanceof DeployError) return undefined;
    throw error;
  }
}

const wellFormed = (value: string) => Buffer.from(value).toString() === value;

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: "small" },
    text.filter(wellFormed),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(
      text.filter((key) => wellFormed(key) && key !== "__proto__"),
      tie("tree"),
      { maxKeys: 4 },
    ),
  ),
}));

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : value !== null && typeof value === "object"
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [key, sorted(item)]),
        )
      : value;

const yamlTarget: Target<unknown, unknown> = {
  name: "YAML, read by PyYAML",
  tools: ["python3"],
  batch: 500,
  input: tree,
  write: (value) => accepted(() => printYamlDocuments([{ value: value as never }])),
  read(written) {
    const code =
      "import json,sys,yaml\nfor t in json.load(sys.stdin):\n try: print(json.dumps(list(yaml.safe_load_all(t))))\n except Exception as e: print(json.dumps({'error': str(e)}))";
    const answers = ask("python3", ["-c", code], JSON.stringify(written.map(({ output }) => output))).split("\n");
    return written.map(({ input }, i) => differs(sorted(JSON.parse(answers[i]!)), [{ value: sorted(input) }]));
  },
};

const xmlTarget: Target<string, string> = {
  name: "XML, read by xmllint and ElementTree",
  tools: ["xmllint", "python3"],
  batch: 500,
  input: text,
  write: (value) => (accepted(() => escapeAttribute(value)) === undefined ? undefined : value),
  read(written, directory) {
    const document = writeXml(
      element(
        "all",
        {},
        written.map(({ output }) => element("one", { value: output })),
      ),
    );
    const place = put(directory, "all.xml", document);
    const said = ask("xmllint", ["--noout", "--nonet", place]);
    const code =
      "import json,sys,xml.etree.ElementTree as E\nprint(json.dumps([e.get('value') for e in E.parse(sys.argv[1]).getroot()]))";
    const values = said === "" ? (JSON.parse(ask("python3", ["-c", code, place])) as string[]) : [];
    return written.map(({ input }, i) => (said === "" ? differs(values[i], input) : said.slice(0, 300)));
  },
};

const nixTarget: Target<unknown, string> = {
  name: "Nix values, read by nix-instantiate",
  tools: ["nix-instantiate"],
  batch: 500,
  input: tree.filter((value) => !JSON.stringify(value).includes("\\u0000")),
  write: (value) => accepted(() => print(toNix(value as never))),
  read(written) {
    const list = `[\n${written.map(({ output }) => `(\n${output}\n)`).join("\n")}\n]`;
    const flags = ["--store", "dummy://", "--option", "restrict-eval", "true", "--eval", "--strict", "--json", "-"];
    const values = JSON.parse(ask("nix-instantiate", flags, list)) as unknown[];
    return written.map(({ input }, i) => differs(sorted(values[i]), sorted(input)));
  },
};

interface Login {
  readonly host: string;
  readonly user: string;
  readonly port: number;
  readonly identityFile: string;
  readonly scratch: string;
}

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHa3vQ8p0d0wQm0q5H7pZ2m4C0m6v0J8b1n2l3k4j5i6";

const sshTarget: Target<Login, readonly string[]> = {
  name: "ssh options, read by ssh -G",
  tools: ["ssh"],
  batch: 500,
  input: fc.record({
    host: fc.oneof(ip, word),
    user: fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/),
    port: fc.integer({ min: 1, max: 65535 }),
    identityFile: line.map((name) => `/keys/${name}`),
    scratch: line.map((name) => `/tmp/${name}`),
  }),
  write: ({ scratch, ...login }) =>
    accepted(() => {
      const target = Place.ssh({ ...login, hostKey: HOST_KEY });
      if (target.kind !== "ssh") return undefined;
      return sshArguments(target, {
        address: target.host,
        connectTimeout: 5,
        alias: hostKeyAlias(target),
        knownHosts: scratch,
      });
    }),
  read: (written) =>
    written.map(({ input, output }) => {
      const said = ask("ssh", ["-F", "none", "-G", ...output]);
      const found = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(said)?.[1];
      // ssh lowers names, and takes the first of two known_hosts files when a blank divides one.
      return differs(
        [
          found("hostname")?.toLowerCase(),
          found("user"),
          found("port"),
          found("identityfile"),
          found("userknownhostsfile"),
        ],
        [input.host.toLowerCase(), input.user, String(input.port), input.identityFile, input.scratch].map((value, i) =>
          i === 3 ? sshSpelling(value) : value,
        ),
      );
    }),
};

/** How `ssh -G` prints the path of a key file: tokens are expanded only later. */
const sshSpelling = (path: string) => path.replaceAll("%", "%%");

const terraformTarget: Target<string, string> = {
  name: "strings of the Terraform configuration, read by terraform",
  tools: ["terraform"],
  batch: 400,
  input: line.map((name) => `roots/${name}`),
  write(path) {
    const { tf, errors } = synthToFiles(
      (stack) => void accepted(() => new Host(stack, "n", { interfaces: [], target: Place.directory(path) })),
    );
    if (errors.length > 0) return undefined;
    const rosters = Object.values(tf.resource?.["null_resource"] ?? {}).flatMap((resource) => {
      const triggers = resource["triggers"] as Readonly<Record<string, string>> | undefined;
      return triggers?.["hosts"] ?? [];
    });
    return rosters[0];
  },
  read(written, directory) {
    const output = Object.fromEntries(written.map((one, i) => [`o${i}`, { value: one.output }]));
    put(directory, "main.tf.json", JSON.stringify({ output }));
    const env = { TF_CLI_CONFIG_FILE: "/dev/null", CHECKPOINT_DISABLE: "1", TF_DATA_DIR: join(directory, "data") };
    const terraform = (...words: string[]) => ask("terraform", [`-chdir=${directory}`, ...words], "", env);
    const said = terraform("init", "-no-color") + terraform("apply", "-auto-approve", "-no-color");
    if (!said.includes("Apply complete")) return written.map(() => said.slice(-500));
    const values = JSON.parse(terraform("output", "-json")) as Record<string, { value: string }>;
    return written.map(({ input }, i) => {
      const { n } = JSON.parse(values[`o${i}`]!.value) as { n: { path: string } };
      return differs(n.path, input);
    });
  },
};

interface Peer {
  readonly member: string;
  readonly endpoint: string;
  readonly port: number;
  readonly route: string;
}

const KEYS = Array.from({ length: 8 }, () => publicKeyOf(newPrivateKey()));

const wgTarget: Target<readonly Peer[], string> = {
  name: "WireGuard tables, read by wg",
  tools: ["wg", "wireguard-go", "unshare", "ip"],
  needsRoot: true,
  batch: 300,
  input: fc.array(fc.record({ member: word, endpoint: ip, port: fc.integer({ min: 1, max: 65535 }), route: network }), {
    minLength: 1,
    maxLength: 3,
  }),
  write(peers) {
    const result = synthToFiles((stack) => {
      const own = new Host(stack, "own", {
        interfaces: [{ id: "exp0", mac: "02:00:00:00:00:01", addresses: ["10.10.1.1/24"] }],
      });
      const mesh = new WireGuardMesh(stack, "mesh", { subnet: "10.66.0.0/24", members: [own], mtu: 1400 });
      peers.forEach(({ member, endpoint, port, route }, i) => {
        mesh.addPeer({
          name: member,
          publicKey: KEYS[i]!,
          endpoint: endpoint.includes(":") ? `[${endpoint}]:${port}` : `${endpoint}:${port}`,
          routes: [route],
        } as never);
      });
    });
    if (result.errors.length > 0) return undefined;
    const table = [...result.files].find(([path]) => path.endsWith(".peers"))?.[1];
    return table === undefined
      ? undefined
      : fillTable(table, new Map(membersOf(table).map((name) => [name, KEYS[7]!])));
  },
  read(written, directory) {
    written.forEach(({ output }, i) => {
      put(directory, `t${i}`, output);
    });
    const script = `ip link set lo up; WG_PROCESS_FOREGROUND=1 wireguard-go wgf >/dev/null 2>&1 & pid=$!
      n=0; until wg show wgf >/dev/null 2>&1 || [ $n -ge 50 ]; do n=$((n+1)); sleep 0.1; done
      i=0; while [ $i -lt ${written.length} ]; do wg setconf wgf "$1/t$i" 2>&1; wg show wgf dump | tail -n +2; printf '${END}\\n'; i=$((i+1)); done; kill $pid`;
    const answers = ask("unshare", ["--net", "sh", "-c", script, "sh", directory]).split(`${END}\n`);
    return written.map(({ input }, i) => {
      const rows = answers[i]!.split("\n")
        .filter((row) => row !== "")
        .map((row) => row.split("\t"));
      const wanted = input.map(({ port, route }, n) => [KEYS[n], String(port), route]);
      const found = wanted.map(([key]) => {
        const row = rows.find(([name]) => name === key);
        const endpoint = row?.[2] ?? "";
        const routes = (row?.[3] ?? "").split(",");
        return [key, endpoint.slice(endpoint.lastIndexOf(":") + 1), routes.length];
      });
      // The address of the peer in the mesh and the network behind it.
      return differs(
        found,
        wanted.map(([key, port]) => [key, port, 2]),
      );
    });
  },
};

export const DATA_TARGETS = [yamlTarget, xmlTarget, nixTarget, sshTarget, terraformTarget, wgTarget];
