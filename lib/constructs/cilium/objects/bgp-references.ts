import type { Problem } from "../../../errors";
import type {
  BgpAdvertisementSpec,
  BgpClusterConfigSpec,
  BgpNodeConfigOverrideSpec,
  BgpPeerConfigSpec,
} from "./bgp-types";
import { missing, type ObjectSet } from "./object-set";
import type { LabelSelector } from "./selector-types";
import { DANGLING } from "./object-set";

/** References between the BGP kinds: an unknown name or a selector without match is accepted by the API and does nothing. */
export function bgpProblems(objects: ObjectSet): readonly Problem[] {
  return [...peerConfigs(objects), ...advertised(objects), ...overrides(objects)];
}

function peerConfigs(objects: ObjectSet): Problem[] {
  return objects
    .ofKind("CiliumBGPClusterConfig")
    .flatMap(({ path, json }) =>
      ((json["spec"] as BgpClusterConfigSpec).bgpInstances ?? []).flatMap((instance) =>
        (instance.peers ?? []).flatMap(({ peerConfigRef }) =>
          peerConfigRef === undefined || objects.has("CiliumBGPPeerConfig", peerConfigRef.name)
            ? []
            : [missing(path, json.kind, "CiliumBGPPeerConfig", peerConfigRef.name, objects)],
        ),
      ),
    );
}

function advertised(objects: ObjectSet): Problem[] {
  const labels = objects.ofKind("CiliumBGPAdvertisement").map(({ json }) => json.metadata.labels ?? {});
  return objects.ofKind("CiliumBGPPeerConfig").flatMap(({ path, json }) =>
    ((json["spec"] as BgpPeerConfigSpec).families ?? []).flatMap(({ afi, safi, advertisements }) =>
      advertisements !== undefined && !labels.some((set) => selects(advertisements, set))
        ? [
            {
              code: DANGLING.id,
              path,
              what: `${afi} ${safi} selects no CiliumBGPAdvertisement of this cluster, so peers are told nothing`,
              value: advertisements,
              allowed: labels.map((set) => JSON.stringify(set)).join(", ") || "there is no CiliumBGPAdvertisement",
              remedy: "metadata: { labels } of an advertisement that the selector matches",
            },
          ]
        : [],
    ),
  );
}

function overrides(objects: ObjectSet): Problem[] {
  const instances = objects
    .ofKind("CiliumBGPClusterConfig")
    .flatMap(({ json }) => (json["spec"] as BgpClusterConfigSpec).bgpInstances ?? []);
  return objects.ofKind("CiliumBGPNodeConfigOverride").flatMap(({ path, json }) =>
    ((json["spec"] as BgpNodeConfigOverrideSpec).bgpInstances ?? []).flatMap(({ name, peers }) => {
      const instance = instances.find((candidate) => candidate.name === name);
      const unknownPeers = (peers ?? []).filter((peer) => !instance?.peers?.some((known) => known.name === peer.name));
      if (instance !== undefined && unknownPeers.length === 0) return [];
      return [
        {
          code: DANGLING.id,
          path,
          what:
            instance === undefined
              ? "the override names a BGP instance that no CiliumBGPClusterConfig has"
              : "the override names a peer that the BGP instance does not have",
          value: instance === undefined ? name : unknownPeers.map((peer) => peer.name),
          allowed: (instance?.peers ?? instances).map((known) => known.name).join(", ") || "there are none",
        },
      ];
    }),
  );
}

/** Whether some Service advertisement exists, so that pools reach the routers. */
export function advertisesServices(objects: ObjectSet): boolean {
  return objects
    .ofKind("CiliumBGPAdvertisement")
    .some(({ json }) =>
      ((json["spec"] as BgpAdvertisementSpec).advertisements ?? []).some((one) => one.advertisementType === "Service"),
    );
}

/** Kubernetes label selection. */
export function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
      const has = labels[key] !== undefined;
      const listed = has && (values ?? []).includes(labels[key]!);
      if (operator === "Exists") return has;
      if (operator === "DoesNotExist") return !has;
      return operator === "In" ? listed : !listed;
    })
  );
}
