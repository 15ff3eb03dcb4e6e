import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { shipped } from "../../lib/agent/shipped";
import { ScratchHost } from "./host";

const INSTALL =
  "apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends --no-remove -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -o APT::Cmd::Pattern-Only=true";
const UPDATE = "apt-get -o DPkg::Lock::Timeout=120 update";
const UNKNOWN = "echo 'E: Unable to locate package hello'; exit 100";

/** Answers for what is in $STAND/installed. */
const DPKG_QUERY = `#!/bin/sh
printf 'dpkg-query %s\\n' "$*" >>"$STAND/calls"
shift 2
status=0
for name; do
  if grep -qx "$name" "$STAND/installed"; then echo "$name install ok installed"
  elif grep -qx "removed $name" "$STAND/installed"; then echo "$name deinstall ok config-files"
  else status=1; fi
done
exit $status
`;
/** Runs $STAND/answer-N at its N-th call, and else does what it is asked for. */
const APT_GET = `#!/bin/sh
echo "apt-get $*" >>"$STAND/calls"
echo "$DEBIAN_FRONTEND $NEEDRESTART_MODE $NEEDRESTART_SUSPEND $(umask)" >"$STAND/environment"
[ ! -e /proc/self/fd/9 ] || echo "holds the lock" >>"$STAND/environment"
answer="$STAND/answer-$(grep -c ^apt-get "$STAND/calls")"
[ ! -f "$answer" ] || . "$answer"
[ "$3" = install ] || exit 0
for word; do case $word in -* | Dpkg* | DPkg* | APT* | install) ;; *) echo "$word" >>"$STAND/installed" ;; esac; done
`;

let host: ScratchHost;
const stand = (path: string) => join(host.root, "stand", path);

function hostWith(installed: readonly string[], env: NodeJS.ProcessEnv = {}): ScratchHost {
  host = new ScratchHost({}, env);
  for (const [name, text] of Object.entries({ "dpkg-query": DPKG_QUERY, "apt-get": APT_GET, sleep: "#!/bin/sh\n" }))
    host.write(`stand/bin/${name}`, text);
  host.sh('chmod +x "$NETLOOM_ROOT"/stand/bin/*');
  host.write("stand/installed", installed.map((name) => `${name}\n`).join(""));
  host.write("stand/calls", "");
  host.env["STAND"] = stand("");
  host.env["PATH"] = `${stand("bin")}:${host.env["PATH"]}`;
  return host;
}
const answer = (turn: number, script: string) => host.write(`stand/answer-${turn}`, `${script}\n`);
const calls = () => readFileSync(stand("calls"), "utf8").trim().split("\n");
const aptCalls = () => calls().filter((line) => line.startsWith("apt-get"));
const plan = (...names: string[]) => names.map((name) => `package\t${name}`);

beforeEach(() => {
  hostWith(["tiny"]);
});
afterEach(() => host.remove());

describe("packages of a plan", () => {
  it("are left alone where they are all there: apt is not called", () => {
    expect(host.stage("aaaaaaaa", plan("tiny"))).toMatchObject({ code: 0, stdout: "staged aaaaaaaa\n" });
    expect(calls()).toEqual(["dpkg-query -W -f=${Package} ${Status}\\n tiny"]);
    expect(host.read("var/lib/netloom/packages")).toMatch(/^#packages\t[0-9a-f]{16}\n$/);
  });

  it("cost no call where the plan has none", () => {
    host.stage("aaaaaaaa", []);
    expect(calls()).toEqual([""]);
  });

  it("that are missing are installed in one call before the generation is taken over", () => {
    answer(1, 'ls "$NETLOOM_ROOT/var/lib/netloom/gen" >"$STAND/generations"');
    const staged = host.stage("aaaaaaaa", plan("zulu", "tiny", "hello", "zulu"));
    expect(staged).toMatchObject({ code: 0, stdout: "packages installed: hello zulu\nstaged aaaaaaaa\n" });
    expect(aptCalls()).toEqual([`${INSTALL} hello zulu`]);
    expect(readFileSync(stand("generations"), "utf8")).toBe("empty\n");
  });

  it("whose configuration alone is still there are installed again", () => {
    hostWith(["removed hello"]).stage("aaaaaaaa", plan("hello"));
    expect(aptCalls()).toEqual([`${INSTALL} hello`]);
  });

  it("are installed without questions, restarts, our umask or our lock", () => {
    host.stage("aaaaaaaa", plan("hello"));
    expect(readFileSync(stand("environment"), "utf8")).toBe("noninteractive l 1 0022\n");
  });

  it("that apt does not know make it read its lists once, and only then", () => {
    answer(1, UNKNOWN);
    expect(host.stage("aaaaaaaa", plan("hello")).code).toBe(0);
    expect(aptCalls()).toEqual([`${INSTALL} hello`, UPDATE, `${INSTALL} hello`]);
  });

  it("of lists that are too old for the mirror make it read them, too", () => {
    answer(1, "echo 'E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?'; exit 100");
    expect(host.stage("aaaaaaaa", plan("hello")).code).toBe(0);
    expect(aptCalls()[1]).toBe(UPDATE);
  });

  it("that stay unknown stop the stage with what apt said, their names, and what to do; no other call is made", () => {
    answer(1, UNKNOWN);
    answer(2, "echo 'Err:1 x'; echo 'W: Failed to fetch http://mirror.example/dists/x Could not resolve'");
    answer(3, UNKNOWN);
    const staged = host.stage("aaaaaaaa", plan("hello", "tiny"));
    expect(staged.code).toBe(1);
    expect(staged.stderr).toBe(
      [
        "netloom agent: these packages cannot be installed: hello",
        "W: Failed to fetch http://mirror.example/dists/x Could not resolve",
        "E: Unable to locate package hello",
        "do: install them by hand (apt-get install --no-install-recommends hello), or give the host a package mirror that it reaches",
        "",
      ].join("\n"),
    );
    expect(aptCalls()).toHaveLength(3);
    expect(host.has("var/lib/netloom/gen/aaaaaaaa")).toBe(false);
    expect(host.has("var/lib/netloom/wanted")).toBe(false);
  });

  it("fail at once for any other reason, without new lists", () => {
    answer(1, "echo 'E: dpkg was interrupted, you must manually run dpkg --configure -a'; exit 100");
    expect(host.stage("aaaaaaaa", plan("hello")).stderr).toContain("\nE: dpkg was interrupted");
    expect(aptCalls()).toHaveLength(1);
  });

  it("wait for the lists that a daily update holds, for which apt itself does not wait", () => {
    for (const turn of [1, 2])
      answer(turn, "echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)'; exit 100");
    expect(host.stage("aaaaaaaa", plan("hello")).code).toBe(0);
    expect(aptCalls()).toHaveLength(3);
  });

  it("do not wait longer for dpkg's lock than apt did", () => {
    answer(1, "echo 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt-get)'; exit 100");
    expect(host.stage("aaaaaaaa", plan("hello")).stderr).toContain("held by process 7");
    expect(aptCalls()).toHaveLength(1);
  });

  it("give up when the lists stay locked", () => {
    for (let turn = 1; turn < 30; turn++)
      answer(turn, "echo 'E: Could not get lock /var/lib/apt/lists/lock'; exit 100");
    expect(host.stage("aaaaaaaa", plan("hello")).stderr).toContain("/var/lib/apt/lists/lock");
    expect(aptCalls()).toHaveLength(24);
  });

  it.each(["ethtool-", "-o", "a b", "a=1", "a:i386", "A", "a;reboot", "a*"])("named %j are refused", (name) => {
    const staged = host.stage("aaaaaaaa", plan(name));
    expect(staged.stderr).toBe(`netloom agent: stage: '${name}' is not a Debian package name\n`);
    expect(calls()).toEqual([""]);
  });
});

describe("a stack that installs nothing", () => {
  it("stops at a host that lacks a package, and names what it lacks", () => {
    hostWith(["tiny"], { NETLOOM_PACKAGES: "check" });
    const staged = host.stage("aaaaaaaa", plan("hello", "tiny"));
    expect(staged.stderr).toBe(
      "netloom agent: these packages are not installed on this host, and its stack says installPackages: false: hello\ndo: apt-get install --no-install-recommends hello\n",
    );
    expect(aptCalls()).toEqual([]);
    expect(host.stage("aaaaaaaa", plan("tiny")).code).toBe(0);
  });
});

describe("where nothing can be installed", () => {
  const without = (program: string) => ({
    "agent.sh": { content: shipped()["agent.sh"].replaceAll(`has ${program}`, `has no-such-${program}`) },
  });

  it("a directory target only says what the image needs", () => {
    hostWith([], { NETLOOM_STATIC: "1" });
    expect(host.stage("aaaaaaaa", plan("hello", "tiny")).stdout).toBe("packages needed: hello tiny\nstaged aaaaaaaa\n");
    expect(calls()).toEqual([""]);
  });

  it("a host without dpkg says what is needed, and goes on", () => {
    expect(host.stage("aaaaaaaa", plan("hello"), without("dpkg-query"))).toMatchObject({
      code: 0,
      stdout: "packages needed: hello\nstaged aaaaaaaa\n",
    });
    expect(calls()).toEqual([""]);
  });

  it("a host without apt-get is told which packages it lacks", () => {
    expect(host.stage("aaaaaaaa", plan("hello", "tiny"), without("apt-get")).stderr).toBe(
      "netloom agent: these packages are not installed on this host, and it has no apt-get: hello\n",
    );
  });

  it("WireGuard lines without wg stop the stage, but on NixOS, which brings it", () => {
    const line = "wireguard\twg0\t51820\t-\tm.peers\twg0.1\t10.0.0.1/24\t-";
    const agent = { "agent.sh": { content: without("wg")["agent.sh"].content.replaceAll("has dpkg-query", "false") } };
    expect(host.stage("aaaaaaaa", [line], agent).stderr).toContain("wireguard-tools is not installed on this host");
    const nixos = { ...agent, platform: { content: "nixos\n" } };
    expect(host.stage("aaaaaaaa", [line], nixos).code).toBe(0);
  });

  it("a key that is asked for before anything was staged brings wg where it can", () => {
    host.write("agent.sh", without("wg")["agent.sh"].content);
    const asked = host.sh('sh -s -- key wg0.1 <"$NETLOOM_ROOT/agent.sh"');
    expect(aptCalls()).toEqual([`${INSTALL} wireguard-tools`]);
    expect(asked.stdout).toBe("packages installed: wireguard-tools\n");
  });
});

describe("packages at the end", () => {
  const end = () => {
    host.agent("withdraw", "owner", "30");
    host.settled();
    return host.agent("confirm", "empty").stdout;
  };

  it("stay, and those that netloom installed are named; everything else is as it was", () => {
    const before = host.tree();
    host.stage("aaaaaaaa", plan("hello", "tiny"));
    host.deploy("aaaaaaaa");
    host.stage("bbbbbbbb", plan("zulu", "hello"));
    host.deploy("bbbbbbbb");
    expect(end()).toBe("packages left: hello zulu\nconfirmed empty\n");
    expect(host.tree()).toBe(before);
    expect(aptCalls()).toEqual([`${INSTALL} hello`, `${INSTALL} zulu`]);
  });

  it("that were there before are not spoken of", () => {
    host.stage("aaaaaaaa", plan("tiny"));
    host.deploy("aaaaaaaa");
    expect(end()).toBe("confirmed empty\n");
  });

  it("are named as well when nothing had been activated, or when only some of them came", () => {
    answer(1, "echo hello >>\"$STAND/installed\"; echo 'E: Sub-process returned an error code'; exit 100");
    expect(host.stage("aaaaaaaa", plan("hello", "zulu")).code).toBe(1);
    host.stage("bbbbbbbb", []);
    expect(host.agent("withdraw", "owner", "30").stdout).toBe("packages left: hello\ngone\n");
  });
});
