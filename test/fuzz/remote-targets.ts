import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { Host, Target as Place, WireGuardMesh } from "../../lib";
import { newPrivateKey, publicKeyOf } from "../../lib/deploy/keys";
import { hostKeyAlias, knownHostsFile, sshArguments } from "../../lib/deploy/ssh";
import { fillTable, membersOf } from "../../lib/deploy/table";
import { synthToFiles } from "../../lib/testing";
import { ip, line, network, word } from "./input";
import { numeric } from "./numbers";
import { ask, askApart, differs, END, inRounds, put } from "./reader";
import { accepted, each, type Target } from "./target";

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
  write: each(({ scratch, ...login }) =>
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
  ),
  read(written, directory) {
    const line = (words: readonly string[]) => `ssh -F none -G ${words.map(quoted).join(" ")}; echo '${END}'\n`;
    const place = put(directory, "all", written.map(({ output }) => line(output)).join(""));
    const answers = ask("sh", [place]).split(`${END}\n`);
    return written.map(({ input }, i) => {
      const found = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(answers[i]!)?.[1] ?? answers[i]!;
      const { host, user, port, identityFile, scratch } = input;
      return differs(
        [placeOf(found("hostname")), found("user"), found("port"), found("identityfile"), found("userknownhostsfile")],
        // Tokens in the path of a key are expanded only later.
        [placeOf(host), user, String(port), identityFile.replaceAll("%", "%%"), scratch],
      );
    });
  },
};

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** An address as its number; ssh lowers names. */
const placeOf = (host: string) => (/^[\d.]+$|:/.test(host) ? numeric(host) : host.toLowerCase());

interface Pinned {
  readonly host: string;
  readonly port: number;
  readonly key: Uint8Array;
}

/** An Ed25519 key as ssh writes it: two fields, each behind its length. */
function publicKey(key: Uint8Array): string {
  const field = (bytes: Uint8Array) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return Buffer.concat([field(Buffer.from("ssh-ed25519")), field(key)]).toString("base64");
}

const knownHostsTarget: Target<Pinned, { readonly alias: string; readonly file: string }> = {
  name: "known_hosts, read by ssh-keygen",
  tools: ["ssh"],
  batch: 500,
  input: fc.record({
    host: fc.oneof(ip, word),
    port: fc.integer({ min: 1, max: 65535 }),
    key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
  write: each(({ host, port, key }) =>
    accepted(() => {
      const target = Place.ssh({ host, port, hostKey: `ssh-ed25519 ${publicKey(key)}` });
      const file = target.kind === "ssh" ? knownHostsFile(target) : undefined;
      if (target.kind !== "ssh" || file === undefined) return undefined;
      return { alias: hostKeyAlias(target), file: readFileSync(file, "utf8") };
    }),
  ),
  read: (written, directory) =>
    inRounds(
      written,
      ({ output }) => [output.alias],
      (round) => {
        const place = put(directory, "known_hosts", round.map(({ output }) => output.file).join(""));
        // One line for each key: its size, its fingerprint, whose it is, its type.
        const rows = ask("ssh-keygen", ["-l", "-f", place])
          .split("\n")
          .map((row) => row.split(" "));
        return round.map(({ input, output }) => {
          const blob = Buffer.from(publicKey(input.key), "base64");
          const print = createHash("sha256").update(blob).digest("base64").replace(/=+$/, "");
          const own = rows.filter(([, , name]) => name === output.alias).map(([, hash]) => hash);
          return differs(own, [`SHA256:${print}`]);
        });
      },
    ),
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
  write: each((peers) => {
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
  }),
  read(written, directory) {
    written.forEach(({ output }, i) => {
      put(directory, `t${i}`, output);
    });
    const script = `ip link set lo up; WG_PROCESS_FOREGROUND=1 wireguard-go wgf >/dev/null 2>&1 & pid=$!
      n=0; until wg show wgf >/dev/null 2>&1 || [ $n -ge 50 ]; do n=$((n+1)); sleep 0.1; done
      i=0; while [ $i -lt ${written.length} ]; do wg setconf wgf "$1/t$i" 2>&1; wg show wgf dump | tail -n +2; printf '${END}\\n'; i=$((i+1)); done; kill $pid`;
    const answers = askApart(script, directory).split(`${END}\n`);
    return written.map(({ input }, i) => {
      const rows = answers[i]!.split("\n")
        .filter((row) => row !== "")
        .map((row) => row.split("\t"));
      const wanted = input.map(({ endpoint, port, route }, n) => [
        KEYS[n],
        numeric(endpoint),
        String(port),
        numeric(route),
      ]);
      const found = wanted.map(([key]) => {
        const [, , endpoint = "", routes = ""] = rows.find(([name]) => name === key) ?? [];
        const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(endpoint) ?? [];
        // Beside the address of the peer in the mesh.
        const behind = routes.split(",").filter((one) => one !== "" && !one.startsWith("10.66.0."));
        return [key, address === undefined ? "" : numeric(address), port, ...behind.map(numeric)];
      });
      return differs(found, wanted);
    });
  },
};

export const REMOTE_TARGETS = [sshTarget, knownHostsTarget, wgTarget];
