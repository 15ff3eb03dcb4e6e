import { readFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { expect, it } from "vitest";
import { itWith } from "../support/tools";
import { hostKeyAlias, knownHostsFile, sshArguments, sshRemedy } from "../../lib/deploy/ssh";

const target = { kind: "ssh", host: "10.0.0.5" } as const;
const options = { address: "10.0.0.5", connectTimeout: 10, alias: hostKeyAlias(target) };

it("ssh never asks, never shares a connection, and refuses unknown host keys", () => {
  expect(sshArguments(target, options).join(" ")).toBe(
    "-T -p 22 -l root -o BatchMode=yes -o ControlMaster=no -o ControlPath=none -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 -o StrictHostKeyChecking=yes -o LogLevel=ERROR -- 10.0.0.5",
  );
});

it("a pinned key is the only one that counts, whatever address the host has", () => {
  const pinned = { ...target, port: 2222, hostKey: "ssh-ed25519 AAAAC3Nz comment" };
  const file = knownHostsFile(pinned)!;
  expect(readFileSync(file, "utf8")).toBe("netloom-10.0.0.5-2222 ssh-ed25519 AAAAC3Nz\n");
  const words = sshArguments(pinned, {
    ...options,
    address: "10.0.0.9",
    alias: hostKeyAlias(pinned),
    knownHosts: file,
  });
  expect(words).toContain("HostKeyAlias=netloom-10.0.0.5-2222");
  expect(words).toContain(`UserKnownHostsFile=${file}`);
  expect(words).toContain("GlobalKnownHostsFile=/dev/null");
  expect(words).toContain("HostKeyAlgorithms=ssh-ed25519");
  expect(words.at(-1)).toBe("10.0.0.9");
});

it("no two hosts share the file and the name of a pinned key", () => {
  const hosts = ["fd00::1", "fd00--1", "fd00-0-1", "fd00_0-1", "fd00__1", "fe80::1%eth0", "fe80--1-eth0"];
  const aliases = hosts.map((host) => hostKeyAlias({ ...target, host }));
  expect(new Set(aliases).size).toBe(hosts.length);
});

it("an RSA key is offered with its modern signatures", () => {
  const pinned = { ...target, hostKey: "ssh-rsa AAAA" };
  expect(sshArguments(pinned, { ...options, knownHosts: "/x" })).toContain(
    "HostKeyAlgorithms=rsa-sha2-512,rsa-sha2-256",
  );
});

it("identity file, jump host and user are passed on", () => {
  const words = sshArguments({ ...target, user: "ops", identityFile: "/k", proxyJump: "gate" }, options).join(" ");
  expect(words).toContain("-l ops");
  expect(words).toContain("-o IdentityFile=/k -o IdentitiesOnly=yes -J gate");
});

it("each kind of refusal has its remedy", () => {
  expect(sshRemedy(target, "Host key verification failed.")).toContain("pin it with Target.ssh({ hostKey:");
  expect(sshRemedy({ ...target, hostKey: "x y" }, "Host key verification failed.")).toContain(
    "another key than the one pinned",
  );
  expect(sshRemedy(target, "root@h: Permission denied (publickey).")).toContain("authorized_keys");
  expect(sshRemedy(target, "connect to host 10.0.0.5 port 22: Connection timed out")).toContain("is up, reachable");
  expect(sshRemedy(target, "sh: syntax error")).toBeUndefined();
});

/** What ssh makes of its words: the value of an option, with `%` as it will be expanded. */
function asSshReads(words: readonly string[], option: string): string | undefined {
  const ran = spawnSync("ssh", ["-F", "/dev/null", "-G", ...words], { encoding: "utf8" });
  return new RegExp(`^${option} (.*)$`, "m").exec(ran.stdout)?.[1];
}

const PATHS = [
  "/a/b",
  "/with blank/k",
  "/100%/k",
  "/%h/%d/k",
  `/it's "quoted"/k`,
  "/back\\slash/k",
  "/#hash/k",
  "/a=b/k",
];

for (const path of PATHS) {
  itWith(["ssh"], `reads ${path} as it is, for a pinned key and for a private one`, () => {
    const pinned = { ...target, hostKey: "ssh-ed25519 AAAA", identityFile: path };
    const words = sshArguments(pinned, { ...options, knownHosts: path });
    expect(asSshReads(words, "userknownhostsfile")?.replaceAll("%%", "%")).toBe(path);
    expect(asSshReads(words, "identityfile")?.replaceAll("%%", "%")).toBe(path);
    expect(words.filter((word) => word.includes("%")).every((word) => !/(?<!%)(%%)*%(?!%)/.test(word))).toBe(true);
  });
}

it("a path that ssh would expand and cannot be told not to is refused", () => {
  const say = () => sshArguments({ ...target, identityFile: "/a/${HOME}/k" }, options);
  expect(say).toThrow("ssh would expand ${…} in the path /a/${HOME}/k: use a directory without it in its name");
});

it("the home of the user is left to ssh", () => {
  expect(homedir()).not.toBe("");
  expect(sshArguments({ ...target, identityFile: "~/.ssh/k" }, options)).toContain("IdentityFile=~/.ssh/k");
});
