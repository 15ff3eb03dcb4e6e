import { stableJson } from "./json";

/** What is known of one member of a mesh across runs. */
export interface LockedMember {
  /** Address inside the mesh; never given to another member. @default - not given out yet */
  readonly address?: string;
  /** Second address, where the mesh has IPv4 and IPv6. @default - one family */
  readonly address6?: string;
  /** The public key that the member's host made, and which rotation it belongs to. @default - not deployed yet, or managed elsewhere */
  readonly key?: {
    /** Counts rotations from 1; a new epoch is a new key. */
    readonly epoch: number;
    /** 44 characters of base64. @default - asked for, but not deployed yet */
    readonly public?: string;
  };
}

/** What is known of a mesh across runs. */
export interface LockedMesh {
  /** By name in the mesh; who left is still there, so as to get the address back. */
  readonly members: Readonly<Record<string, LockedMember>>;
}

/** `netloom.lock.json`: addresses and public keys. Belongs into version control; holds no secret. */
export interface LockData {
  readonly version: 1;
  readonly meshes: Readonly<Record<string, LockedMesh>>;
}

export const EMPTY_LOCK: LockData = { version: 1, meshes: {} };

/** The form in which every writer leaves the file, so that none rewrites what another one wrote. */
export const printLock = (lock: LockData): string => stableJson(lock);
