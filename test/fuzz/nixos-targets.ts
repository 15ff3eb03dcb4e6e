import fc from "fast-check";
import { Platform } from "../../lib";
import { hosts, saying } from "./hosts";
import { interfaceAddress, line, network, text, word } from "./input";
import { loaded } from "./nft";
import { merged, rangeOf } from "./numbers";
import { ask, differs, put } from "./reader";
import type { Target } from "./target";

const NIX = ["--store", "dummy://", "--eval", "--strict", "--json", "-"];

/**
 * The text that an expression is for each module, called `m`, with functions of nixpkgs that hand on what they are given.
 * Where Nix refuses one, it is found by halves.
 */
function evaluated(files: readonly string[], expression: string): readonly (string | { readonly complaint: string })[] {
  const lib = "{ mkIf = _: v: v; mkDefault = v: v; mkOverride = _: v: v; mkForce = v: v; mkMerge = v: v; }";
  const apply = `(file: let m = import file { lib = ${lib}; config = { networking.nftables.enable = true; }; options = { }; pkgs = { }; }; in ${expression})`;
  const said = ask("nix-instantiate", NIX, `map ${apply} [ ${files.join(" ")} ]`);
  try {
    return JSON.parse(said) as readonly string[];
  } catch {
    if (files.length === 1) return [{ complaint: said }];
    const half = files.length >> 1;
    return [...evaluated(files.slice(0, half), expression), ...evaluated(files.slice(half), expression)];
  }
}

interface Texts {
  readonly value: string;
  readonly content: string;
  readonly because: string;
}

const moduleTarget: Target<Texts, string> = {
  name: "NixOS modules, read by nix-instantiate",
  tools: ["nix-instantiate"],
  batch: 400,
  input: fc.record({ value: line, content: text, because: text }),
  write: hosts(({ value, content, because }) => ({
    build: saying(
      (host) => {
        host.sysctl("kernel.domainname", value, { because });
        host.file("/etc/fuzz", { content }, { because });
      },
      () => ({ platform: Platform.nixos() }),
    ),
    file: "host.nix",
  })),
  read(written, directory) {
    const expression = 'toString m.boot.kernel.sysctl."kernel.domainname" + "\\n" + m.environment.etc.fuzz.text';
    const files = written.map(({ output }, i) => put(directory, `m${i}.nix`, output));
    const values = evaluated(files, expression);
    return written.map(({ input }, i) =>
      differs(values[i], `${input.value.replace(/ +/g, " ").trim()}\n${input.content}`),
    );
  },
};

interface Opening {
  readonly address: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly device: string;
  readonly network: string;
}

/** NixOS puts the rules into chains of its own table; here each module has a table. */
const firewallTarget: Target<Opening, string> = {
  name: "rules for NixOS' firewall, read by nft",
  tools: ["nix-instantiate", "nft", "unshare"],
  needsRoot: true,
  batch: 300,
  input: fc.record({
    address: interfaceAddress,
    protocol: fc.constantFrom("tcp", "udp"),
    port: fc.integer({ min: 1, max: 65535 }),
    device: word,
    network,
  }),
  write: hosts(({ address, protocol, port, device, network }) => ({
    build: saying(
      (host) => {
        host.openPort({ protocol, port, interface: "exp0" }, { because: "b" });
        host.forward({ device, network }, { because: "b" });
        host.forward({ device }, { because: "b" });
      },
      (mac) => ({ platform: Platform.nixos(), interfaces: [{ id: "exp0", mac, addresses: [address] }] }),
    ),
    file: "host.nix",
  })),
  read(written, directory) {
    const expression =
      'm.networking.firewall.extraInputRules + "}\nchain forward {\n" + m.networking.firewall.extraForwardRules';
    const files = written.map(({ output }, i) => put(directory, `m${i}.nix`, output));
    const rules = evaluated(files, expression);
    const texts = rules.map(
      (text, i) => `table inet n${i} {\nchain input {\n${typeof text === "string" ? text : "error"}\n}\n}\n`,
    );
    return loaded(texts, directory).map((tables, i) => {
      if ("complaint" in tables) return tables.complaint;
      const { address, protocol, port, device, network } = written[i]!.input;
      const family = (one: string) => (one.includes(":") ? "ip6" : "ip");
      const range = (one: string) => merged([rangeOf(one)])[0];
      const wanted = [
        ["input", `${family(address)} daddr == ${range(address.split("/")[0]!)} ${protocol} dport == ${port} accept`],
        ["forward", `iifname == ${device} ${family(network)} daddr == ${range(network)} accept`],
        ["forward", `oifname == ${device} ${family(network)} saddr == ${range(network)} accept`],
        ["forward", `iifname == ${device} oifname == ${device} accept`],
      ];
      return differs([...(tables.get(`inet n${i}`)?.rules ?? [])].sort(), wanted.sort());
    });
  },
};

export const NIXOS_TARGETS = [moduleTarget, firewallTarget];
