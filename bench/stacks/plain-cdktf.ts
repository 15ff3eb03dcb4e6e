import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import { App, type SSHProvisionerConnection, TerraformStack } from "cdktf";

/** What the stack beside this one sets, as somebody would write it with plain cdktf. */
interface Peer {
  readonly name: string;
  readonly publicKey: string;
  readonly endpoint: string;
  readonly allowedIps: string;
}

const app = new App();
const stack = new TerraformStack(app, "lab");
new NullProvider(stack, "null");

const peers: readonly Peer[] = [1, 2, 3].map((n) => ({
  name: `node-${n}`,
  publicKey: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=",
  endpoint: `10.10.1.${n}:51820`,
  allowedIps: `10.66.0.${n}/32`,
}));

for (const [i, peer] of peers.entries()) {
  const n = i + 1;
  const connection: SSHProvisionerConnection = { type: "ssh", host: `192.0.2.${n}`, user: "root" };
  const files: Readonly<Record<string, string>> = {
    "/etc/sysctl.d/60-lab.conf": [
      "net.ipv4.tcp_congestion_control = bbr",
      "net.core.default_qdisc = fq",
      "net.ipv4.tcp_rmem = 4096 131072 134217728",
      "net.ipv4.tcp_wmem = 4096 16384 134217728",
      "net.ipv4.tcp_mtu_probing = 1",
    ].join("\n"),
    "/etc/modules-load.d/lab.conf": "tcp_bbr\nsch_fq\n",
    "/etc/systemd/network/10-lab.link": `[Match]\nPermanentMACAddress=02:00:00:00:00:0${n}\n\n[Link]\nMTUBytes=9000\n`,
    "/etc/systemd/network/10-lab.network": `[Match]\nPermanentMACAddress=02:00:00:00:00:0${n}\n\n[Network]\nAddress=10.10.1.${n}/24\n`,
    "/etc/wireguard/wg0.conf": peers
      .filter((other) => other !== peer)
      .map(
        (other) => `[Peer]\nPublicKey=${other.publicKey}\nEndpoint=${other.endpoint}\nAllowedIPs=${other.allowedIps}\n`,
      )
      .join("\n"),
  };
  new Resource(stack, peer.name, {
    triggers: files,
    provisioners: [
      ...Object.entries(files).map(([destination, content]) => ({
        type: "file" as const,
        destination,
        content,
        connection,
      })),
      {
        type: "remote-exec" as const,
        inline: ["sysctl --system", "networkctl reload", "wg syncconf wg0 /etc/wireguard/wg0.conf"],
        connection,
      },
    ],
  });
}

app.synth();
