import fc from "fast-check";
import { unitCommand } from "../../lib/render/unit";
import { hosts, saying } from "./hosts";
import { interfaceAddress, line, network, text } from "./input";
import { numeric } from "./numbers";
import { ask, askApart, differs, inRounds, put } from "./reader";
import { accepted, type Target } from "./target";

interface Unit {
  readonly description: string;
  readonly words: readonly string[];
}

const SYSTEMD = "/lib/systemd/systemd";
/** What systemd strips from the ends of a value. */
const ENDS = /^[ \t\n\r]+|[ \t\n\r]+$/g;

/**
 * `systemd --test` reads units with the parser of process 1, as an ordinary user and without a running systemd, and
 * prints all that it understood. `systemd-analyze verify` only prints what it complains about.
 */
const unitTarget: Target<Unit, string> = {
  name: "units, read by systemd itself",
  tools: [SYSTEMD, "setpriv"],
  needsRoot: true,
  batch: 400,
  input: fc.record({ description: line, words: fc.array(text, { maxLength: 3 }) }),
  write: hosts(({ description, words }) => {
    // A specifier is meant to be expanded.
    if (/%[A-Za-z]/.test(description.replaceAll("%%", ""))) return undefined;
    const start = accepted(() => unitCommand("/bin/true", ...words));
    if (start === undefined) return undefined;
    const unit = { unit: { Description: description }, service: { Type: "oneshot", ExecStart: start } };
    return {
      build: saying((host) =>
        host.unit("fuzz.service", { ...unit, wantedBy: ["multi-user.target"] }, { because: "b" }),
      ),
      file: "root/etc/systemd/system/fuzz.service",
    };
  }),
  read(written, directory) {
    const names = written.map((_, i) => `f${i}.service`);
    written.forEach(({ output }, i) => {
      put(directory, names[i]!, output);
    });
    put(directory, "all.target", `[Unit]\nDefaultDependencies=no\n${names.map((name) => `Wants=${name}\n`).join("")}`);
    const words = ["--reuid=65534", "--regid=65534", "--clear-groups", "env", `SYSTEMD_UNIT_PATH=${directory}`];
    const said = ask("sh", [
      "-c",
      'chmod 755 "$1" && shift && exec setpriv "$@" 2>&1',
      "sh",
      directory,
      ...words,
      "SYSTEMD_LOG_TARGET=console",
      SYSTEMD,
      "--test",
      "--system",
      "--unit=all.target",
    ]);
    const units = new Map(said.split("\t-> Unit ").map((unit) => [unit.slice(0, unit.indexOf(":")), unit]));
    return written.map(({ input }, i) => {
      const unit = units.get(names[i]!) ?? "";
      const description = /^\t\tDescription: (.*)$/m.exec(unit)?.[1];
      const command = /^\t\t\tCommand Line: ([\s\S]*?)\n\t\t(?!\t)[A-Z]/m.exec(unit)?.[1];
      const meant = input.description.replace(ENDS, "").replaceAll("%%", "%");
      return differs([description, wordsOf(command ?? "")], [meant || names[i], ["/bin/true", ...input.words]]);
    });
  },
};

const ESCAPES: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** Words as systemd prints them, in which `$$` still stands for a dollar sign: it expands variables when it runs the command. */
function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:"(?:[^"\\]|\\[\s\S])*"|[^ "]+)(?= |$)/g) ?? [];
  return words.map((word) => {
    const plain = word.startsWith('"')
      ? word
          .slice(1, -1)
          .replace(/\\([0-7]{3}|[\s\S])/g, (_, code: string) =>
            code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
          )
      : word;
    return plain.replace(/\$(\$?)/g, (_, second: string) => (second === "" ? "(a variable)" : "$"));
  });
}

interface Port {
  readonly name: string;
  readonly address: string;
  readonly to: string;
  readonly metric: number;
  readonly mtu: number | undefined;
}

const NETWORKD = "/lib/systemd/systemd-networkd";

/** How many inputs share a port: bringing a device up and taking it away takes far longer than all else. */
const PORT_INPUTS = 8;

const portOf = hosts((inputs: readonly Port[]) => ({
  build: saying(
    (host) => {
      for (const { to, metric, mtu } of inputs) host.route("exp0", { to, metric, mtu }, { because: "b" });
    },
    () => ({ interfaces: [{ id: "exp0", name: inputs[0]!.name, addresses: inputs.map(({ address }) => address) }] }),
  ),
  file: "root/etc/systemd/network/10-netloom-exp0.network",
}));

/**
 * networkd configures the ports, and the kernel is asked what they have then. As in a container, where `/sys` cannot be
 * written, networkd does not wait for udev.
 */
const networkdTarget: Target<Port, string> = {
  name: ".network, read by systemd-networkd",
  tools: ["unshare", "ip", NETWORKD],
  needsRoot: true,
  batch: 800,
  input: fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9_.-]{2,14}$/),
    address: interfaceAddress,
    to: network,
    metric: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    mtu: fc.option(fc.integer({ min: 1280, max: 9000 }), { nil: undefined }),
  }),
  write(inputs) {
    const groups = Array.from({ length: Math.ceil(inputs.length / PORT_INPUTS) }, (_, i) =>
      inputs.slice(i * PORT_INPUTS, (i + 1) * PORT_INPUTS),
    );
    // What is refused together is tried alone.
    return portOf(groups).flatMap((output, i) =>
      output === undefined ? portOf(groups[i]!.map((input) => [input])) : groups[i]!.map(() => output),
    );
  },
  // Where nothing is configured, the end is waited for in vain.
  spoil: (output) => output.replace(/^Metric=.*$/gm, "Metric=7"),
  read(written, directory) {
    const ports = [...new Set(written.map(({ output }) => output))];
    const judged = new Map<string, PortState>();
    inRounds(
      ports,
      (output) => [nameOf(output)],
      (round) => {
        const states = configured(round, directory);
        round.forEach((output, i) => {
          judged.set(output, states[i]!);
        });
        return round.map(() => undefined);
      },
    );
    return written.map(({ input, output }) => {
      const { addresses, routes, complaint } = judged.get(output)!;
      const address = numeric(input.address);
      const route = [numeric(input.to), input.metric, input.mtu ?? null].join(" ");
      const isThere = addresses.includes(address) && routes.includes(route);
      const lines = (pattern: RegExp) => output.match(pattern)?.length ?? 0;
      const isMore = addresses.length > lines(/^Address=/gm) || routes.length > lines(/^Destination=/gm);
      if (complaint === undefined && isThere && !isMore) return undefined;
      return complaint ?? `read ${[...addresses, ...routes].join(", ")}, meant ${address}, ${route}`;
    });
  },
};

interface PortState {
  readonly addresses: readonly string[];
  readonly routes: readonly string[];
  /** What networkd says is wrong. */
  readonly complaint: string | undefined;
}

const nameOf = (output: string) => /^Name=(.*)$/m.exec(output)?.[1] ?? "";

/** What ports have after networkd has configured them. */
function configured(files: readonly string[], directory: string): readonly PortState[] {
  files.forEach((output, i) => {
    put(directory, `n/${i}.network`, output);
  });
  put(directory, "links", files.map((output) => `link add ${nameOf(output)} type ifb\n`).join(""));
  const script = `chmod 755 "$1" "$1/n"; mount -t sysfs -o ro none /sys; ip link set lo up; ip -b "$1/links"
    mkdir -p /run/systemd /etc/systemd/network; mount -t tmpfs none /run/systemd && mount --bind "$1/n" /etc/systemd/network
    install -d -o systemd-network -g systemd-network /run/systemd/netif
    SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console ${NETWORKD} >"$1/log" 2>&1 & pid=$!
    n=0; until [ "$(grep -c 'State changed: configuring -> configured' "$1/log")" -ge ${files.length} ] || [ $n -ge 240 ]; do n=$((n+1)); sleep 0.5; done
    kill $pid; rm "$1"/n/*; ip -j addr; ip -j -4 route; ip -j -6 route
    grep -Ei 'ignoring|invalid|Failed to parse|Unknown (key|section)|Could not' "$1/log"`;
  const [links, v4, v6, ...complaints] = askApart(script, directory).split("\n");
  const routes = [...JSON.parse(v4 || "[]"), ...JSON.parse(v6 || "[]")] as readonly Route[];
  return files.map((output, i) => {
    const name = nameOf(output);
    const link = (JSON.parse(links!) as readonly Link[]).find(({ ifname }) => ifname === name);
    return {
      addresses: (link?.addr_info ?? [])
        .filter(({ scope }) => scope === "global")
        .map((own) => `${numeric(own.local)}/${own.prefixlen}`),
      routes: routes
        .filter(({ dev, protocol }) => dev === name && protocol === "static")
        .map((route) => [numeric(route.dst), route.metric, route.metrics?.[0]?.mtu ?? null].join(" ")),
      complaint: complaints.find((one) => one.includes(`/${i}.network`) || one.startsWith(`${name}: `)),
    };
  });
}

interface Link {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number; readonly scope: string }[];
}

interface Route {
  readonly dst: string;
  readonly dev: string;
  readonly protocol: string;
  readonly metric: number;
  readonly metrics?: readonly { readonly mtu?: number }[];
}

const uint = (least: number, most: number) => fc.option(fc.integer({ min: least, max: most }), { nil: undefined });
const bool = fc.option(fc.boolean(), { nil: undefined });
const RING = uint(1, 2 ** 32 - 1);

/** Devices of a test have no permanent address, which `.link` files name: only complaints can be read. */
const linkTarget: Target<object, string> = {
  name: ".link, read by udev (complaints only)",
  tools: ["udevadm", "unshare"],
  needsRoot: true,
  batch: 400,
  input: fc.record({
    mtu: fc.integer({ min: 68, max: 65535 }),
    rxRing: RING,
    txRing: RING,
    channels: uint(1, 65535),
    rxCoalesceMicros: uint(0, 2 ** 32 - 1),
    adaptiveRxCoalesce: bool,
    rxPause: bool,
    txPause: bool,
    autoPause: bool,
    lro: bool,
    gro: bool,
    tso: bool,
  }),
  write: hosts((settings) => ({
    build: saying((host) => host.link("exp0", settings, { because: "b" })),
    file: "root/etc/systemd/network/90-netloom-exp0.link",
  })),
  spoil: (output) => output.replace(/^MTUBytes=.*$/m, "MTUBytes=none"),
  read(written, directory) {
    const name = (i: number) => `${String(i).padStart(4, "0")}.link`;
    written.forEach(({ output }, i) => {
      put(directory, `n/${name(i)}`, output);
    });
    const said = askApart(
      'mkdir -p /run/systemd/network; mount --bind "$1/n" /run/systemd/network; SYSTEMD_LOG_LEVEL=debug udevadm test-builtin net_setup_link /sys/class/net/lo 2>&1',
      directory,
    ).split("\n");
    return written.map((_, i) => {
      const own = said.filter((one) => one.includes(name(i)));
      if (!own.some((one) => one.includes("Parsed configuration file"))) return "was not read";
      return own.find((one) => /ignoring|invalid|Failed|Unknown/i.test(one));
    });
  },
};

export const SYSTEMD_TARGETS = [unitTarget, networkdTarget, linkTarget];
