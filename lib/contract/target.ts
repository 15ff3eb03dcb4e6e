/** How to reach a machine over SSH. Keys stay where they are: only their path is written. */
export interface SshTargetProps {
  /** Address or DNS name. */
  readonly host: string;
  /** TCP port. @default 22 */
  readonly port?: number;
  /** User; must be root or able to become root without a password. @default "root" */
  readonly user?: string;
  /** Path of the private key file; relative paths start at the project. @default - the agent, or what the SSH configuration says */
  readonly identityFile?: string;
  /** Public host key (`"ssh-ed25519 AAAA…"`); pins the machine. @default - the user's known_hosts decides */
  readonly hostKey?: string;
  /** Jump host as `ssh -J` takes it. @default - none */
  readonly proxyJump?: string;
  /** Address under which the machine answers after the change, when the change moves it. @default - `host` */
  readonly newHost?: string;
}

/** Where a generation goes: a machine over SSH, or a root directory (images, chroots, tests). */
export type TargetSpec =
  | ({
      /** A machine that the deploy logs in to. */
      readonly kind: "ssh";
    } & SshTargetProps)
  | {
      /** A root directory on the deploying machine. */
      readonly kind: "directory";
      /** Its path; a relative one starts at the project. */
      readonly path: string;
    };

/** Where hosts were when the stack was last deployed, as Terraform remembers it. `window` is that of the index. */
export type Roster = Readonly<Record<string, TargetSpec & { readonly window?: number }>>;

/** The variables that Terraform hands the roster on in, compressed and in parts: those of an environment are limited. */
export function rosterVariable(part: number): string {
  return `NETLOOM_HOSTS_${part}`;
}
