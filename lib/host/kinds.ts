import type { NixInput } from "./nix-input";

/** What can be set on a network port. Everything that is left out stays as it is. */
export interface LinkSettings {
  /** Largest IP packet in bytes. @default - unchanged */
  readonly mtu?: number;
  /** Receive ring entries, or the hardware's own limit. @default - unchanged */
  readonly rxRing?: number | "max";
  /** Transmit ring entries, or the hardware's own limit. @default - unchanged */
  readonly txRing?: number | "max";
  /** Combined channels (queue pairs). @default - unchanged */
  readonly channels?: number;
  /** Global pause frames in receive direction. @default - unchanged */
  readonly rxPause?: boolean;
  /** Global pause frames in transmit direction. @default - unchanged */
  readonly txPause?: boolean;
  /** Negotiation of pause frames. @default - unchanged */
  readonly autoPause?: boolean;
  /** Large receive offload. @default - unchanged */
  readonly lro?: boolean;
  /** Generic receive offload. @default - unchanged */
  readonly gro?: boolean;
  /** TCP segmentation offload. @default - unchanged */
  readonly tso?: boolean;
  /** Microseconds to wait before a receive interrupt. @default - unchanged */
  readonly rxCoalesceMicros?: number;
  /** Let the driver adapt receive coalescing. @default - unchanged */
  readonly adaptiveRxCoalesce?: boolean;
}

/** A route on a port. */
export interface RouteSettings {
  /** Destination prefix, or `"default"`, whose family is that of `via` or `source`, else IPv4. */
  readonly to: string;
  /** Gateway address. @default - on link */
  readonly via?: string;
  /** Path MTU in bytes that is pinned for this destination. @default - the link's */
  readonly mtu?: number;
  /** TCP congestion control for this destination. @default - the host's */
  readonly congestion?: string;
  /** Preferred source address. @default - chosen by the kernel */
  readonly source?: string;
  /** Metric; smaller wins. @default - the kernel's; 128 for an IPv6 network that the port is on, where the kernel's own route has 256 */
  readonly metric?: number;
}

/**
 * The queueing discipline of a port. `mq-fq` keeps the multiqueue root and puts `fq` on every queue (plain `fq` on
 * a port with one queue); every other kind replaces the root.
 */
export interface QdiscSettings {
  /** As `tc qdisc` names it, but for `mq-fq`. */
  readonly kind: "mq-fq" | "fq" | "fq_codel" | "pfifo" | "noqueue";
  /** Further words of `tc qdisc`, e.g. `["limit", "20000"]`. @default - none */
  readonly args?: readonly string[];
}

/** A port that the firewall of the host must let in. */
export interface OpenPort {
  /** Protocol that the port belongs to. */
  readonly protocol: "tcp" | "udp";
  /** Port number, 1 to 65535. */
  readonly port: number;
  /** Interface id or device name on which it is open. @default - on every interface */
  readonly interface?: string;
}

/** A WireGuard device. Its private key is made on the host, or pushed from a local directory, and never written here. */
export interface WireGuardDevice {
  /** Device name, e.g. `wg0`. */
  readonly device: string;
  /** UDP port on which it listens. */
  readonly port: number;
  /** Largest IP packet inside the tunnel, in bytes. */
  readonly mtu: number;
  /** Path of the mesh construct. */
  readonly mesh: string;
  /** File name of the peer table below `wireguard/`; members with the same view of the mesh share one. */
  readonly table: string;
  /** Name of this host within the mesh. */
  readonly member: string;
  /** Addresses with prefix length inside the tunnel. */
  readonly addresses: readonly string[];
  /** Counts key rotations; a new epoch is a new key. */
  readonly keyEpoch: number;
  /** Directory with `<member>.key` files on the deploying machine. @default - the host makes its own key */
  readonly keyDirectory?: string;
  /** Firewall mark of the encrypted packets. @default - none */
  readonly firewallMark?: number;
  /** Networks that this host reaches without the tunnel although peers have them in their AllowedIPs: those behind it, and those that it is on. @default - none */
  readonly localNetworks?: readonly string[];
  /** Replace a device of this name that somebody else made. Without it the deploy stops before anything changes. @default false */
  readonly adopt?: boolean;
}

/** Packets that the host's firewall must let pass between a device and a network behind the host. */
export interface Forwarding {
  /** Device name, e.g. `wg0`. */
  readonly device: string;
  /** Network that packets of the device go to and come from, e.g. `192.168.7.0/24`. @default - back into the same device */
  readonly network?: string;
}

/** A package that must be installed, by its name in each distribution. */
export interface PackageSettings {
  /** Debian or Ubuntu package name, without version or release. @default - not needed there */
  readonly debian?: string;
  /** Attribute path below `pkgs`. @default - not needed there */
  readonly nix?: string;
}

/** A systemd unit, section by section. Repeated keys are written as lists. */
export interface UnitSettings {
  /** `[Unit]`. @default - empty */
  readonly unit?: UnitSection;
  /** `[Service]`. @default - absent */
  readonly service?: UnitSection;
  /** `[Timer]`. @default - absent */
  readonly timer?: UnitSection;
  /** `[Install] WantedBy=`. @default ["multi-user.target"] */
  readonly wantedBy?: readonly string[];
  /** Nix attribute paths below `pkgs` whose programs the unit calls. @default - none */
  readonly path?: readonly string[];
}

export type UnitSection = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** A file on the host. */
export interface FileSettings {
  /** Text, written as it is. */
  readonly content: string;
  /** Octal mode. @default "0644" */
  readonly mode?: string;
  /**
   * `link`: the path becomes a link into the active generation, so that a reboot before confirmation is a rollback.
   * `copy`: for programs that refuse links. @default "link"
   */
  readonly install?: "link" | "copy";
  /** Only for hosts of this kind. @default - for all */
  readonly platform?: "linux" | "nixos";
}

/** A shell script that units and checks may call. */
export interface ScriptSettings {
  /** POSIX sh, without the `#!` line. */
  readonly text: string;
  /** Nix attribute paths below `pkgs` whose programs it calls. @default - none */
  readonly path?: readonly string[];
  /**
   * The text is the same on every host that has a script of this name: it is written once for the whole stack. NixOS
   * hosts keep it in their module. @default false
   */
  readonly shared?: boolean;
}

/** A limit of pam_limits. */
export interface LimitSettings {
  /** User, `@group` or `*`. */
  readonly domain: string;
  /** What processes start with, what they may raise it to, or (`-`) both. */
  readonly type: "soft" | "hard" | "-";
  /** As in limits.conf(5), e.g. `memlock`. */
  readonly item: string;
  /** In the unit of the item: KiB for `memlock`, a count for `nofile`. */
  readonly value: number | "unlimited";
}

/** A raw NixOS option, the escape hatch for what Netloom has no word for. */
export interface NixOption {
  /** Plain data, or an expression of nix-ts-builder. */
  readonly value: NixInput;
}
