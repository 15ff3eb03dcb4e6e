import { ROOT } from "../support/tools";
import { ScratchHost, WITHOUT_INIT } from "./host";

/** What a test with real tunnels needs. */
export const TUNNEL_NEEDS = ["unshare", "ip", "flock", "wg", "wireguard-go", ROOT] as const;

const PRELUDE = `
agent() { sh "$NETLOOM_ROOT/var/lib/netloom/agent" "$@"; }
settled() { until agent status | grep -q '"phase":"\\(activated\\|failed\\|\\)"'; do sleep 0.1; done; }
activate() { agent arm "$1" 60 && agent activate "$1" && settled; }
deploy() { activate "$1" && agent confirm "$1"; }
# fill GENERATION: its peer table from stdin; the result is GENERATION-1.
fill() {
  mkdir -p "$NETLOOM_ROOT/tmp/table"
  cat >"$NETLOOM_ROOT/tmp/table/mesh.peers"
  tar -cf - -C "$NETLOOM_ROOT/tmp/table" mesh.peers | agent fill "$1" "$1-1"
}
# peer NAME ALLOWED [ENDPOINT]: a section of a peer table. The keys are those of nobody.
peer() {
  printf '# %s\\n[Peer]\\nPublicKey = %s\\nAllowedIPs = %s\\n' "$1" "$(key_of "$1")" "$2"
  [ -z "\${3:-}" ] || printf 'Endpoint = %s\\n' "$3"
  echo
}
key_of() { printf '%s' "$1" | sha256sum | cut -c 1-42 | sed 's/$/A=/'; }
# A name server that is not there, and names as the test wants them.
resolves() { echo "$2 $1" >>/etc/hosts; }
warnings() { agent status | sed '${WITHOUT_INIT}; s/.*"warnings":"//; s/","wanted.*//'; }
mkdir -p /run/wireguard
mount -t tmpfs tmpfs /run/wireguard
cp /etc/hosts "$NETLOOM_ROOT/hosts"
mount --bind "$NETLOOM_ROOT/hosts" /etc/hosts
ip link set lo up
ip link add exp0 type veth peer name far0
ip addr add 192.168.9.1/24 dev exp0
ip link set far0 up
ip link set exp0 up
export NETLOOM_PROC=/proc
PATH=$NETLOOM_ROOT/bin:$PATH
`;

/** A host with real links and tunnels, in namespaces of its own, which end with the script. */
export class TunnelHost extends ScratchHost {
  private readonly extra: string;

  /** `extra` is put before each script. */
  constructor(extra = "") {
    super();
    this.extra = extra;
  }

  /** The plan's line of `wg0`. */
  static line(options: { readonly device?: string; readonly local?: string } = {}): string {
    const device = options.device ?? "wg0";
    const words = ["wireguard", device, "51820", "1420", "mesh.peers", "wg0.1", "10.66.0.1/24", "-"];
    return [...words, ...(options.local === undefined ? [] : [options.local])].join("\t");
  }

  run(script: string) {
    this.write("script", `${PRELUDE}${this.extra}${script}`);
    return this.sh(
      'mkdir -p "$NETLOOM_ROOT/bin"; timeout 100 unshare --net --mount --pid --fork --kill-child --mount-proc sh -u "$NETLOOM_ROOT/script"',
    );
  }
}
