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
      const command = /^\t\t\tCommand Line: ([^]*?)\n\t\t(?!\t)[A-Z]/m.exec(unit)?.[1];
      const meant = input.description.replace(ENDS, "").replaceAll("%%", "%");
      return differs([description, wordsOf(command ?? "")], [meant || names[i], ["/bin/true", ...input.words]]);
    });
  },
};

const ESCAPES: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** Words as systemd prints them, in which `$$` still stands for a dollar sign: it expands variables when it runs the command. */
function wordsOf(command: string): readonly string[] {
  const words = command.match(/(?:"(?:[^"\\]|\\[^])*"|[^ "]+)(?= |$)/g) ?? [];
  return words.map((word) => {
    const plain = word.startsWith('"')
      ? word
          .slice(1, -1)
          .replace(/\\([0-7]{3}|[^])/g, (_, code: string) =>
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

/**
 * networkd configures one device for each input, and the kernel is asked what it has then. As in a container, where
 * `/sys` cannot be written, networkd does not wait for udev.
 */
const networkdTarget: Target<Port, string> = {
  name: ".network, read by systemd-networkd",
  tools: ["unshare", "ip", NETWORKD],
  needsRoot: true,
  batch: 400,
  input: fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9_.-]{2,14}$/),
    address: interfaceAddress,
    to: network,
    metric: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    mtu: fc.option(fc.integer({ min: 1280, max: 9000 }), { nil: undefined }),
  }),
  write: hosts(({ name, address, to, metric, mtu }) => ({
    build: saying(
      (host) => host.route("exp0", { to, metric, mtu }, { because: "b" }),
      () => ({ interfaces: [{ id: "exp0", name, addresses: [address] }] }),
    ),
    file: "root/etc/systemd/network/10-netloom-exp0.network",
  })),
  // Where nothing is configured, the end is waited for in vain.
  spoil: (output) => output.replace(/^Metric=.*$/m, "Metric=7"),
  read: (written, directory) =>
    inRounds(
      written,
      ({ input }) => [input.name],
      (round) => {
        round.forEach(({ output }, i) => {
          put(directory, `n/${i}.network`, output);
        });
        put(directory, "links", round.map(({ input }) => `link add ${input.name} type ifb\n`).join(""));
        const script = `chmod 755 "$1" "$1/n"; mount -t sysfs -o ro none /sys; ip link set lo up; ip -b "$1/links"
          mkdir -p /run/systemd /etc/systemd/network; mount -t tmpfs none /run/systemd && mount --bind "$1/n" /etc/systemd/network
          install -d -o systemd-network -g systemd-network /run/systemd/netif
          SYSTEMD_LOG_LEVEL=debug SYSTEMD_LOG_TARGET=console ${NETWORKD} >"$1/log" 2>&1 & pid=$!
          n=0; until [ "$(grep -c 'State changed: configuring -> configured' "$1/log")" -ge ${round.length} ] || [ $n -ge 120 ]; do n=$((n+1)); sleep 0.5; done
          kill $pid
          grep -Ei 'ignoring|invalid|Failed to parse|Unknown (key|section)|Could not' "$1/log" >"$1/complaints"; rm "$1"/n/*
          ip -j addr >"$1/addr"; ip -j -4 route >"$1/route4"; ip -j -6 route >"$1/route6"; cat "$1/addr" "$1/route4" "$1/route6" "$1/complaints"`;
        const [addresses, v4, v6, ...complaints] = askApart(script, directory).split("\n");
        const links = JSON.parse(addresses!) as readonly Link[];
        const routes = [...JSON.parse(v4 || "[]"), ...JSON.parse(v6 || "[]")] as readonly Route[];
        return round.map(({ input }, i) => {
          const own = links.find(({ ifname }) => ifname === input.name)?.addr_info ?? [];
          const found = [
            own.filter(({ scope }) => scope === "global").map((a) => `${numeric(a.local)}/${a.prefixlen}`),
            routes
              .filter(({ dev, protocol }) => dev === input.name && protocol === "static")
              .map((route) => [numeric(route.dst), route.metric, route.metrics?.[0]?.mtu ?? null]),
          ];
          const wanted = [[numeric(input.address)], [[numeric(input.to), input.metric, input.mtu ?? null]]];
          const complaint = complaints.find(
            (one) => one.includes(`/${i}.network`) || one.startsWith(`${input.name}: `),
          );
          return complaint ?? differs(found, wanted);
        });
      },
    ),
};

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
