import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { CiliumNetworkPolicy, Delivery, EastWest, Routing } from "../../../lib/constructs/cilium";
import { CHART } from "../../../lib/constructs/cilium/delivery/chart";
import { k3sCommand } from "../../../lib/constructs/cilium/os/k3s";
import { objectSchemaProblems } from "../../../lib/constructs/cilium/schema";
import { itWith } from "../../support/tools";
import { clusterStack, compile, fileOf, type PartialProps, type StackOptions } from "./support";
import { spawnSync } from "node:child_process";

const NATIVE: PartialProps = { routing: Routing.native() };
const all = (text: string) => parseAllDocuments(text, { version: "1.1" }).map((document) => document.toJS());

function compiled(props: PartialProps, options?: StackOptions) {
  const { stack, cluster } = clusterStack(props, options);
  return { result: compile(stack), cluster };
}

describe("k3s", () => {
  const linux = compiled(NATIVE, {
    nodes: 3,
    also: (c) => void new CiliumNetworkPolicy(c, "dns", { spec: EastWest.allowDns() }),
  });

  it("installs the chart from a manifest that its controller accepts and that survives a failed upgrade", () => {
    const chart = parse(fileOf(linux.result, "k8s/k3s/cilium.yaml"));
    expect(objectSchemaProblems("HelmChart", chart)).toEqual([]);
    expect(chart.spec).toMatchObject({
      chart: "cilium",
      version: CHART.version,
      bootstrap: true,
      failurePolicy: "abort",
      targetNamespace: "kube-system",
    });
    expect(parse(chart.spec.valuesContent)).toEqual(parse(fileOf(linux.result, "k8s/values.yaml")));
  });

  it("gives only servers the flags of the cluster, and every node its address on the cluster's network", () => {
    const [server, agent] = linux.result.hosts.map(({ resolved }) =>
      resolved.units.find(({ key }) => key.startsWith("k3s")),
    );
    expect(server!.key).toBe("k3s.service");
    expect(server!.value.service!["ExecStart"]).toBe(
      "/usr/local/bin/k3s server --token-file=/etc/rancher/k3s/token --disable=servicelb --flannel-backend=none --disable-network-policy --disable-kube-proxy --cluster-cidr=10.42.0.0/16 --service-cidr=10.43.0.0/16 --node-ip=10.10.1.1",
    );
    expect(agent!.key).toBe("k3s-agent.service");
    expect(agent!.value.service!["ExecStart"]).toBe(
      "/usr/local/bin/k3s agent --server=https://10.10.1.1:6443 --token-file=/etc/rancher/k3s/token --node-ip=10.10.1.2",
    );
  });

  it("keeps objects in manifests of their own, as copies on servers", () => {
    const files = linux.result.hosts[0]!.resolved.files.filter(({ key }) => key.startsWith("/var/lib/rancher"));
    expect(files.map(({ key, value }) => [key.split("/").at(-1), value.install, value.mode])).toEqual([
      ["netloom-cilium.yaml", "copy", "0600"],
      ["netloom-ciliumnetworkpolicy.yaml", "copy", "0600"],
    ]);
    expect(linux.result.hosts[1]!.resolved.files.some(({ key }) => key.startsWith("/var/lib/rancher"))).toBe(false);
  });

  it("starts one of several servers with a new etcd and lets the others join", () => {
    const node = {
      role: "server",
      manyServers: true,
      firstServer: "fd00::1",
      podCidr: "10.42.0.0/16",
      withoutKubeProxy: true,
    } as const;
    const delivery = Delivery.k3s({ disable: ["traefik"], tokenFile: "/run/secrets/k3s" });
    expect(k3sCommand(delivery, { ...node, first: true })).toContain("--cluster-init");
    const second = k3sCommand(delivery, { ...node, first: false, podCidr6: "fd00:10:42::/104" });
    expect(second).toEqual(
      expect.arrayContaining([
        "--server=https://[fd00::1]:6443",
        "--token-file=/run/secrets/k3s",
        "--disable=servicelb",
        "--disable=traefik",
        "--cluster-cidr=10.42.0.0/16,fd00:10:42::/104",
        "--service-cidr=10.43.0.0/16,fd00:10:43::/112",
        "--kube-controller-manager-arg=node-cidr-mask-size-ipv6=120",
      ]),
    );
    expect(second).not.toContain("--cluster-init");
  });

  it("keeps kube-proxy where services stay with it", () => {
    const { result } = compiled({ kubeProxyReplacement: false });
    expect(JSON.stringify(result.hosts[0]!.resolved.units)).not.toContain("disable-kube-proxy");
  });

  it("takes the token by path only", () => {
    expect(() => Delivery.k3s({ tokenFile: "K10abc::server:secret" })).toThrow(/NL-CILIUM-PATH/);
    expect(() => Delivery.k3s({ tokenFile: "K10abc::server:secret" })).not.toThrow(/secret/);
  });

  it("is NixOS' own module there, with the same flags and manifests", () => {
    const { result } = compiled(NATIVE, {
      nixos: true,
      also: (c) => void new CiliumNetworkPolicy(c, "dns", { spec: EastWest.allowDns() }),
    });
    const options = Object.fromEntries(result.hosts[0]!.resolved.nixos.map(({ key, value }) => [key, value.value]));
    expect(options).toMatchObject({
      "services.k3s.enable": true,
      "services.k3s.role": "server",
      "services.k3s.tokenFile": "/etc/rancher/k3s/token",
      "networking.firewall.checkReversePath": "loose",
      "networking.firewall.trustedInterfaces": ["cilium_+", "cilium_*", "lxc+", "lxc*"],
      "systemd.network.config.networkConfig.ManageForeignRoutes": false,
    });
    expect(options["services.k3s.extraFlags"]).toContain("--flannel-backend=none");
    expect(objectSchemaProblems("HelmChart", options["services.k3s.manifests.netloom-cilium.content"])).toEqual([]);
    expect(options["services.k3s.manifests.netloom-cilium-objects.content"]).toMatchObject([
      { kind: "CiliumNetworkPolicy" },
    ]);
    expect(result.hosts[0]!.generation.get("host.nix")!.content).toContain("services.k3s");
  });
});

describe("the other deliveries", () => {
  const existing = { apiServer: { host: "api.lab", port: 6443 }, kubeProxy: "absent" } as const;

  it("Helm gets a values file with reasons and a script that pins the chart by digest", () => {
    const { result } = compiled({ ...NATIVE, delivery: Delivery.helm(existing) });
    const values = fileOf(result, "k8s/values.yaml");
    expect(values).toContain("# pod packets travel as they are: no overhead, full MTU\nroutingMode: native\n");
    expect(parse(values)).toMatchObject({ k8sServiceHost: "api.lab", k8sServicePort: 6443 });
    const script = fileOf(result, "k8s/install.sh");
    expect(script).toContain(`--version ${CHART.version}`);
    expect(script).toContain(CHART.digest);
    expect(spawnSync("sh", ["-n"], { input: script }).status).toBe(0);
    expect(result.files.get("k8s/install.sh")!.mode).toBe("0755");
  });

  itWith(["shellcheck"], "the install script is clean under shellcheck", () => {
    const { result } = compiled({ ...NATIVE, delivery: Delivery.helm(existing) });
    const run = spawnSync("shellcheck", ["-s", "sh", "-"], {
      input: fileOf(result, "k8s/install.sh"),
      encoding: "utf8",
    });
    expect(run.stdout).toBe("");
  });

  it("Flux gets a source and a release, from a Helm or an OCI repository", () => {
    const flux = (source: "helm" | "oci") =>
      all(
        fileOf(
          compiled({ ...NATIVE, delivery: Delivery.flux({ ...existing, source }) }).result,
          "k8s/flux/cilium.yaml",
        ),
      );
    const [repository, release] = flux("helm");
    expect(repository).toMatchObject({ kind: "HelmRepository", spec: { url: "https://helm.cilium.io/" } });
    expect(release).toMatchObject({
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      spec: { chart: { spec: { version: CHART.version } }, values: { routingMode: "native" } },
    });
    expect(flux("oci")[0]).toMatchObject({
      kind: "OCIRepository",
      spec: { url: "oci://quay.io/cilium/charts/cilium", ref: { tag: CHART.version } },
    });
  });

  it("Argo CD gets an application whose certificates do not change at every rendering", () => {
    const { result } = compiled({ ...NATIVE, delivery: Delivery.argocd(existing) });
    const application = parse(fileOf(result, "k8s/argocd/cilium.yaml"));
    expect(application.spec.source).toMatchObject({ chart: "cilium", targetRevision: CHART.version });
    expect(application.spec.source.helm.valuesObject.hubble.tls.auto.method).toBe("cronJob");
  });

  it("kubeadm gets its input without kube-proxy, and a unit on the first server that installs the chart", () => {
    const { result } = compiled({ ...NATIVE, delivery: Delivery.kubeadm({ apiServer: { host: "10.10.1.1" } }) });
    const [init, cluster] = all(fileOf(result, "k8s/kubeadm/init.yaml"));
    expect(init).toMatchObject({
      skipPhases: ["addon/kube-proxy"],
      localAPIEndpoint: { advertiseAddress: "10.10.1.1" },
    });
    expect(cluster).toMatchObject({
      controlPlaneEndpoint: "10.10.1.1:6443",
      networking: { podSubnet: "10.42.0.0/16", serviceSubnet: "10.96.0.0/12" },
    });
    const [first, second] = result.hosts.map(({ resolved }) => resolved);
    expect(first!.units.map(({ key }) => key)).toEqual(["netloom-cilium-install.service"]);
    expect(first!.scripts[0]!.value.text).toContain(`--values /etc/netloom/cilium/values.yaml`);
    expect(second!.units).toEqual([]);
    expect(parse(first!.files.find(({ key }) => key.endsWith("values.yaml"))!.value.content)).toMatchObject({
      k8sServiceHost: "10.10.1.1",
    });
  });
});
