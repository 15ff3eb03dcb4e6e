import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shipped } from "../../lib/agent/shipped";
import { DAMAGES, ScratchHost } from "./host";

const CC = "net.ipv4.tcp_congestion_control";
const CONF = { "root/etc/x.conf": { content: "new\n", install: "link" as const } };
const A = "var/lib/netloom/gen/aaaaaaaa";

let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost({ [CC]: "cubic" });
});
afterEach(() => host.remove());

const damage = (path: string, how: (typeof DAMAGES)[number]) => host.damage(path, how);

it("says that its protocol is 2", () => {
  host.stage("aaaaaaaa", []);
  expect(host.status()).toMatchObject({ agent: 2, damaged: "", bootReport: "" });
});

describe.each(DAMAGES)("a staged file that is %s", (how) => {
  for (const file of ["plan", "verify", "platform", "manifest", "root/etc/x.conf"]) {
    it(`is staged again: ${file}`, () => {
      host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], CONF);
      expect(host.status().wanted).toBe("aaaaaaaa");
      const good = host.sh(`cd "$NETLOOM_ROOT/${A}" && find . -type f -exec sha256sum {} + | sort`).stdout;
      damage(`${A}/${file}`, how);
      expect(host.status()).toMatchObject({ wanted: "", damaged: "" });
      expect(host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], CONF).code).toBe(0);
      expect(host.status().wanted).toBe("aaaaaaaa");
      expect(host.sh(`cd "$NETLOOM_ROOT/${A}" && find . -type f -exec sha256sum {} + | sort`).stdout).toBe(good);
    });
  }

  for (const program of ["agent", "checks.sh"]) {
    it(`is staged again: ${program}`, () => {
      host.stage("aaaaaaaa", []);
      damage(`var/lib/netloom/${program}`, how);
      if (program === "checks.sh") expect(host.status().wanted).toBe("");
      if (how === "a directory") host.sh(`rmdir "$NETLOOM_ROOT/var/lib/netloom/${program}"`);
      expect(host.stage("aaaaaaaa", []).code).toBe(0);
      expect(host.status().wanted).toBe("aaaaaaaa");
    });
  }
});

it("a committed generation that is damaged is named, and staged again without a gap for its readers", () => {
  host.stage("aaaaaaaa", [], CONF);
  host.deploy("aaaaaaaa");
  expect(host.status().damaged).toBe("");
  damage(`${A}/manifest`, "emptied");
  expect(host.status().damaged).toBe("generation aaaaaaaa");
  host.stage("aaaaaaaa", [], CONF);
  expect(host.status()).toMatchObject({ damaged: "", wanted: "aaaaaaaa", committed: "aaaaaaaa" });
  expect(host.read("etc/x.conf")).toBe("new\n");
});

it("a file whose mode was changed gets it back with the next stage", () => {
  host.stage("aaaaaaaa", [], { "root/etc/x": { content: "x", mode: "0640", install: "link" } });
  host.sh(`chmod 777 "$NETLOOM_ROOT/${A}/root/etc/x"`);
  host.stage("aaaaaaaa", [], { "root/etc/x": { content: "x", mode: "0640", install: "link" } });
  expect(host.sh(`stat -c %a "$NETLOOM_ROOT/${A}/root/etc/x"`).stdout).toBe("640\n");
});

describe("a filled generation", () => {
  const fill = (text: string) => {
    host.write("tables/mesh.peers", text);
    return host.sh(
      'tar -C "$NETLOOM_ROOT/tables" -cf - mesh.peers | sh "$NETLOOM_ROOT/var/lib/netloom/agent" fill aaaaaaaa aaaaaaaa-1',
    );
  };
  const filled = `${A}-1/filled/mesh.peers`;

  it("keeps its tables for root alone", () => {
    host.stage("aaaaaaaa", []);
    expect(fill("[Peer]\n").stdout).toBe("filled aaaaaaaa-1\n");
    expect(host.sh(`cd "$NETLOOM_ROOT/${A}-1"; stat -c %a filled filled/mesh.peers`).stdout).toBe("700\n600\n");
  });

  it.each(DAMAGES)("whose table is %s is filled again", (how) => {
    host.stage("aaaaaaaa", []);
    fill("# a\n[Peer]\n");
    damage(filled, how);
    expect(fill("# a\n[Peer]\n").code).toBe(0);
    expect(host.read(filled)).toBe("# a\n[Peer]\n");
  });

  it("is not made of a damaged one", () => {
    host.stage("aaaaaaaa", []);
    damage(`${A}/plan`, "emptied");
    expect(fill("[Peer]\n").stderr).toBe("netloom agent: generation aaaaaaaa is damaged: stage it again\n");
  });
});

it("an agent that is older than the installed one is refused in words, and changes nothing", () => {
  host.stage("aaaaaaaa", []);
  host.sh('sed -i "s/^AGENT_VERSION=.*/AGENT_VERSION=9/" "$NETLOOM_ROOT/var/lib/netloom/agent"');
  const before = host.tree();
  const staged = host.stage("bbbbbbbb", []);
  expect(staged.code).toBe(1);
  expect(staged.stderr).toBe(
    "netloom agent: stage: a newer Netloom deployed this host (agent version 9, this is 2)\n" +
      "do: upgrade Netloom where you deploy from (npm install netloom@latest), then deploy again\n",
  );
  expect(host.tree()).toBe(before);
});

it("the version is a line of its own, which a later agent looks for", () => {
  expect(shipped()["agent.sh"].match(/^AGENT_VERSION=\d+$/gm)).toEqual(["AGENT_VERSION=2"]);
});
