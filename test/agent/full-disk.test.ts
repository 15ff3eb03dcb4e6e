import { afterEach, beforeEach, expect } from "vitest";
import { itWith, ROOT } from "../support/tools";
import { ScratchHost } from "./host";

const CC = "net.ipv4.tcp_congestion_control";
const NEEDS = ["unshare", "flock", ROOT];

/** A host whose /var is a small disk, in a mount namespace that goes with the script. */
let host: ScratchHost;
beforeEach(() => {
  host = new ScratchHost({ [CC]: "cubic" });
});
afterEach(() => host.remove());

const AGENT = 'agent() { sh "$NETLOOM_ROOT/var/lib/netloom/agent" "$@"; echo "$1: $?"; }';
const SMALL_DISK = `cp -a "$NETLOOM_ROOT/var/lib" "$NETLOOM_ROOT/lib"
  mount -t tmpfs -o size=400k tmpfs "$NETLOOM_ROOT/var/lib"
  cp -a "$NETLOOM_ROOT/lib/." "$NETLOOM_ROOT/var/lib/"
  fill() { cat /dev/zero >"$NETLOOM_ROOT/var/lib/fill" 2>/dev/null; }
  free() { rm "$NETLOOM_ROOT/var/lib/fill"; }
  settled() { until agent status | grep -q '"phase":"\\(activated\\|failed\\)"'; do sleep 0.1; done; }`;
const onSmallDisk = (script: string) => {
  host.write("script", [AGENT, SMALL_DISK, script].join("\n"));
  return host.sh('unshare --mount sh -u "$NETLOOM_ROOT/script" 2>&1').stdout;
};

itWith(NEEDS, "a change is not armed when what the host was cannot be written down", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`]);
  const said = onSmallDisk("fill; agent arm aaaaaaaa 30; free; agent arm aaaaaaaa 30; agent revert");
  expect(said).toMatch(/cannot write down in .* how this host was.*arm: 1\n.*armed aaaaaaaa.*arm: 0\n/s);
});

itWith(NEEDS, "a confirmation on a full disk does not forget what the host was", () => {
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`]);
  const said = onSmallDisk(`agent arm aaaaaaaa 30; agent activate aaaaaaaa; settled; fill; agent confirm aaaaaaaa; free
    echo "is $(cat "$NETLOOM_PROC/sys/net/ipv4/tcp_congestion_control")"
    agent withdraw - 30; settled; agent confirm empty
    echo "is $(cat "$NETLOOM_PROC/sys/net/ipv4/tcp_congestion_control")"`);
  expect(said.match(/^is .*$/gm)).toEqual(["is bbr", "is cubic"]);
});

itWith(NEEDS, "staging fails when the agent cannot be put in its place", () => {
  const staged = host.stage("aaaaaaaa", []);
  expect(staged.code).toBe(0);
  const said = onSmallDisk(`d="$NETLOOM_ROOT/var/lib/netloom/gen/incoming.1"; mkdir "$d"
    { cat "$NETLOOM_ROOT/var/lib/netloom/agent"; echo "# newer"; } >"$d/agent.sh"
    printf '%s\\t0644\\tnone\\tagent.sh\\n' "$(sha256sum "$d/agent.sh" | cut -c 1-64)" >"$d/manifest"
    fill; sh "$d/agent.sh" stage bbbbbbbb me "$d"; echo "stage: $?"`);
  expect(said).toMatch(/netloom\/agent cannot be written\nstage: 1\n$/);
});

itWith(NEEDS, "a change is reverted on a full disk and on one that is read-only by now", () => {
  host.write("etc/x.conf", "mine\n");
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], { "root/etc/x.conf": { content: "ours\n", install: "link" } });
  for (const broken of ["fill", 'mount -o remount,ro "$NETLOOM_ROOT/var/lib"']) {
    const said = onSmallDisk(`agent arm aaaaaaaa 30; agent activate aaaaaaaa; settled; cat "$NETLOOM_ROOT/etc/x.conf"
      ${broken}; agent revert
      cat "$NETLOOM_PROC/sys/net/ipv4/tcp_congestion_control" "$NETLOOM_ROOT/etc/x.conf"`);
    expect(said).toMatch(/ours\n.*reverted aaaaaaaa to empty\nrevert: 0\ncubic\nmine\n$/s);
    host.sh('rm -rf "$NETLOOM_ROOT/lib"');
  }
});

itWith(NEEDS, "however much room is left, a deploy is old or new, and a withdrawal restores everything", () => {
  host.write("etc/x.conf", "mine\n");
  host.stage("aaaaaaaa", [`sysctl\t${CC}\tbbr`], { "root/etc/x.conf": { content: "ours\n", install: "copy" } });
  for (const blocks of [3, 5, 8]) {
    const said =
      onSmallDisk(`fill; dd if=/dev/null of="$NETLOOM_ROOT/var/lib/fill" bs=4096 seek=$(($(stat -c %s "$NETLOOM_ROOT/var/lib/fill") / 4096 - ${blocks})) 2>/dev/null
      agent arm aaaaaaaa 60 | tee "$NETLOOM_ROOT/said"; ! grep -q 'arm: 0' "$NETLOOM_ROOT/said" || { agent activate aaaaaaaa; settled; agent confirm aaaaaaaa; }
      free; agent revert; agent status
      echo "is $(cat "$NETLOOM_PROC/sys/net/ipv4/tcp_congestion_control") $(cat "$NETLOOM_ROOT/etc/x.conf")"
      agent withdraw - 30; [ ! -e "$NETLOOM_ROOT/var/lib/netloom" ] || { settled; agent confirm empty; }
      echo "is $(cat "$NETLOOM_PROC/sys/net/ipv4/tcp_congestion_control") $(cat "$NETLOOM_ROOT/etc/x.conf")"`);
    const committed = said.includes('"committed":"aaaaaaaa"');
    expect(said.match(/^is .*$/gm)).toEqual([committed ? "is bbr ours" : "is cubic mine", "is cubic mine"]);
    expect(said).toContain('"damaged":""');
    expect(said).not.toContain("not restored");
    host.sh('rm -rf "$NETLOOM_ROOT/lib"');
  }
});
