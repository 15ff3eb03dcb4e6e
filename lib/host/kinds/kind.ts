import type { IHost } from "../host";
import type { NetworkInterface } from "../interface";
import type { Combine } from "../merge";

/**
 * What a change of a setting does to a host that is in use:
 *
 * - `none`: nothing that users of the host notice by itself
 * - `new connections`: counts for connections that are opened later
 * - `open connections`: open ones may end, or take another path
 * - `queued packets`: packets that wait to be sent are dropped
 * - `tunnel handshake`: packets wait until peers have shaken hands again
 * - `link reset`: drivers may take the link down for a moment
 * - `service restart`: the unit is restarted
 * - `new sessions`: counts for who logs in later
 * - `reboot`: counts after the next boot
 * - `unknown`: depends on what the setting says
 */
export type Effect =
  | "none"
  | "new connections"
  | "open connections"
  | "queued packets"
  | "tunnel handshake"
  | "link reset"
  | "service restart"
  | "new sessions"
  | "reboot"
  | "unknown";

/** For whom settings are recorded. */
export interface Recording {
  readonly host: IHost;
  /** Path of the construct that asks for them: errors name it. */
  readonly origin: string;
  /** The interface with the given id; throws when it is unknown or the control interface. */
  port(id: string): NetworkInterface;
}

/** A package without which a setting cannot be made or checked. */
export interface Need {
  /** Its name in each distribution. */
  readonly package: { readonly debian: string; readonly nix?: string };
  readonly because: string;
}

/** All that is particular about one kind of setting. Store, resolved host and `settings.json` are derived from it. */
export interface Kind<A extends readonly unknown[], V> {
  /** The setting in a message, before its key. */
  readonly noun: string;
  /** Refuses malformed values; returns the rest in their one spelling, each with its key. */
  record(to: Recording, ...args: A): readonly (readonly [key: string, value: V])[];
  /** What a change does to a host in use. */
  effect(key: string, value: V): Effect;
  /** How different values of one key are merged. @default - they are a conflict */
  combine?(key: string): Combine<V> | undefined;
  /** What the setting takes on the host. @default - nothing */
  needs?(value: V): Need | undefined;
  /** What `settings.json` has of a value besides the key; `undefined` leaves it out. @default - all of it */
  show?(value: V): unknown;
}

/** Lets the compiler find the types of a kind: from `record`, which therefore stands before what uses its values. */
export function defineKind<A extends readonly unknown[], V>(kind: Kind<A, V>): Kind<A, V> {
  return kind;
}

/** Something that belongs to an interface. */
export interface OnInterface<T> {
  /** Id of the interface. */
  readonly interface: string;
  /** What is put on it. */
  readonly settings: T;
}
