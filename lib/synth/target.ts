import type { SshTargetProps, TargetSpec } from "../contract";
import { defineProblem } from "../errors";
import { IpAddress } from "../net";
import { isHiddenAddress } from "../net/host-name";
import { hasToken } from "./tokens";

export const PRIVATE_KEY = defineProblem("NL-PRIVATE-KEY", "Keys are given by the path of their file");
const TARGET = defineProblem("NL-TARGET", "A target is one that ssh does not misread");

const HOST = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** An IPv6 address with the interface that a link-local one is on. */
const ADDRESS6 = /^([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(%[A-Za-z0-9._-]+)?$/;
const USER = /^[a-z_][a-z0-9_-]{0,31}$/i;
const HOP = String.raw`(?:[A-Za-z0-9_][\w.-]*@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?`;
const JUMP = new RegExp(`^${HOP}(?:,${HOP})*$`);
const HOST_KEY = /^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/]+=*$/;
// A leading "-" would be read as an option by ssh; control characters have no place in a path.
const PATH = /^[^-\0-\x1f\x7f][^\0-\x1f\x7f]*$/;
// What ssh expands itself and offers no way to write: a variable, and the home of another user.
const KEY_PATH = /^(?!~[^/])(?!~$)(?!.*\$\{)[^-\0-\x1f\x7f][^\0-\x1f\x7f]*$/;

function isHost(text: string): boolean {
  const address = ADDRESS6.exec(text)?.[1];
  return address === undefined ? HOST.test(text) && !isHiddenAddress(text) : IpAddress.isValid(address);
}

function isJump(text: string): boolean {
  const hosts = text.split(",").map((hop) => hop.replace(/^.*@/, "").replace(/^\[|\](?::\d+)?$|:\d+$/g, ""));
  return JUMP.test(text) && hosts.every(isHost);
}

/** Constructors of targets. */
export const Target = {
  /** A machine reached with the system's `ssh`. Throws `NL-TARGET` on anything that `ssh` could misread. */
  ssh(props: SshTargetProps): TargetSpec {
    require_("host", props.host, isHost, "an address or DNS name");
    require_("user", props.user, (text) => USER.test(text), "a user name");
    require_("newHost", props.newHost, isHost, "an address or DNS name");
    require_("proxyJump", props.proxyJump, isJump, "user@host:port, comma separated");
    require_(
      "hostKey",
      props.hostKey,
      (text) => HOST_KEY.test(text),
      "type and base64 key, as in /etc/ssh/ssh_host_ed25519_key.pub without the comment",
    );
    require_(
      "identityFile",
      props.identityFile,
      (text) => KEY_PATH.test(text),
      "the path of a private key file; ~/ stands for your home, other users' homes and ${…} are not expanded",
    );
    if (props.port !== undefined && !(Number.isInteger(props.port) && props.port >= 1 && props.port <= 65535)) {
      throw TARGET({ what: "not a TCP port", value: props.port, allowed: "1 to 65535", remedy: "port: 22" });
    }
    return { kind: "ssh", ...props };
  },

  /** A root directory on the deploying machine; relative paths start at the project. */
  directory(path: string): TargetSpec {
    require_("path", path, (text) => PATH.test(text), "a path");
    return { kind: "directory", path };
  },
};

const REMEDIES: Readonly<Record<string, string>> = {
  host: `host: "198.51.100.7"`,
  user: `user: "root"`,
  newHost: `newHost: "198.51.100.8"`,
  proxyJump: `proxyJump: "user@bastion:22"`,
  hostKey: `hostKey: "ssh-ed25519 AAAA…"`,
  identityFile: `identityFile: "~/.ssh/id_ed25519"`,
  path: `Target.directory("images/node-0")`,
};

function require_(
  name: string,
  value: string | undefined,
  isAllowed: (text: string) => boolean,
  allowed: string,
): void {
  if (value?.includes("PRIVATE KEY")) secretInline(name);
  if (value === undefined || (!hasToken(value) && isAllowed(value))) return;
  throw TARGET({
    what: hasToken(value)
      ? `${name} of a target is only known while Terraform runs, and the index is written before that`
      : `${name} of a target is malformed`,
    value,
    allowed,
    remedy: REMEDIES[name],
  });
}

function secretInline(name: string): never {
  throw PRIVATE_KEY({
    what: `${name} holds a private key, which would end up in generated files and in the Terraform state`,
    allowed: "the path of a file that holds the key",
    remedy: `identityFile: "~/.ssh/id_ed25519"`,
  });
}
