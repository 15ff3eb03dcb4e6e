import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
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

it("an RSA key is offered with its modern signatures", () => {
  const pinned = { ...target, hostKey: "ssh-rsa AAAA" };
  expect(sshArguments(pinned, { ...options, knownHosts: "/x" })).toContain(
    "HostKeyAlgorithms=rsa-sha2-512,rsa-sha2-256",
  );
});

it("identity file, jump host and user are passed on", () => {
  const words = sshArguments({ ...target, user: "ops", identityFile: "/k", proxyJump: "gate" }, options).join(" ");
  expect(words).toContain("-l ops");
  expect(words).toContain("-i /k -o IdentitiesOnly=yes -J gate");
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
