import { defineReport, type Problem } from "../../../errors";
import { type ValueTree, valuesDefaults } from "../data";
import { mergeValues, valueAt } from "../values/entries";
import { bgpProblems } from "./bgp-references";
import { missing, type ObjectSet, type UsedRange } from "./object-set";
import { policyTraits } from "./policy-traits";
import { poolProblems } from "./pool-ranges";

const FEATURE_OFF = defineReport("NL-CILIUM-FEATURE-OFF", "What an object needs is switched on in its cluster");
const UNSEEN_NAMES = defineReport("NL-CILIUM-FQDN", "Policies with names have a policy that sends DNS through Cilium");
const OBJECT_TWICE = defineReport("NL-CILIUM-OBJECT-TWICE", "Objects of a kind have names of their own");

/** Everything that is wrong between objects, or between objects and the cluster's values. */
export function referenceProblems(
  objects: ObjectSet,
  written: ValueTree,
  used: readonly UsedRange[] = [],
): readonly Problem[] {
  const values = mergeValues(valuesDefaults(), written);
  return [
    ...duplicates(objects),
    ...featureProblems(objects, values),
    ...groupProblems(objects),
    ...nameRuleProblems(objects),
    ...poolProblems(objects, used),
    ...bgpProblems(objects),
  ];
}

function duplicates(objects: ObjectSet): Problem[] {
  const seen = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { path, json } of objects.all) {
    const key = `${json.apiVersion} ${json.kind} ${json.metadata.namespace ?? ""}/${json.metadata.name}`;
    const other = seen.get(key);
    if (other === undefined) seen.set(key, path);
    else {
      problems.push({
        code: OBJECT_TWICE.id,
        path,
        others: [other],
        what: `two objects are the same ${json.kind} in the cluster: the later would overwrite the earlier`,
        value: json.metadata.name,
        remedy: `metadata: { name: "…" }`,
      });
    }
  }
  return problems;
}

/** Which value switches on what a kind needs, and how it is written as a prop. */
const FEATURE_OF: Readonly<Record<string, readonly [path: string, prop: string]>> = {
  CiliumL2AnnouncementPolicy: ["l2announcements.enabled", "l2Announcements: {}"],
  CiliumBGPClusterConfig: ["bgpControlPlane.enabled", "bgp: true"],
  CiliumBGPPeerConfig: ["bgpControlPlane.enabled", "bgp: true"],
  CiliumBGPAdvertisement: ["bgpControlPlane.enabled", "bgp: true"],
  CiliumBGPNodeConfigOverride: ["bgpControlPlane.enabled", "bgp: true"],
  CiliumEgressGatewayPolicy: ["egressGateway.enabled", "egressGateway: true"],
  CiliumLocalRedirectPolicy: ["localRedirectPolicies.enabled", "localRedirect: true"],
};

function featureProblems(objects: ObjectSet, values: ValueTree): Problem[] {
  return objects.all.flatMap(({ path, json }): Problem[] => {
    const traits = policyTraits(json);
    const wanted: (readonly [string, string])[] = [];
    const feature = FEATURE_OF[json.kind];
    if (feature !== undefined) wanted.push(feature);
    if (traits.selectsNodes) wanted.push(["hostFirewall.enabled", "hostFirewall: true"]);
    if (traits.layer7) wanted.push(["l7Proxy", "l7Proxy: true"]);
    return wanted
      .filter(([value]) => valueAt(values, value) !== true)
      .map(([value, prop]) => ({
        code: FEATURE_OFF.id,
        path,
        what: `${json.kind} has no effect: ${value} is off in this cluster`,
        remedy: `new CiliumCluster(…, { ${prop} })`,
      }));
  });
}

function groupProblems(objects: ObjectSet): Problem[] {
  return objects.all.flatMap(({ path, json }) =>
    policyTraits(json)
      .groups.filter((name) => !objects.has("CiliumCIDRGroup", name))
      .map((name) => missing(path, json.kind, "CiliumCIDRGroup", name, objects)),
  );
}

/** `toFQDNs` selects addresses that Cilium's DNS proxy saw; with no rule that sends DNS through it nothing is ever seen. */
function nameRuleProblems(objects: ObjectSet): Problem[] {
  const policies = objects.all.map(({ path, json }) => ({ path, json, traits: policyTraits(json) }));
  if (policies.some(({ traits }) => traits.dns)) return [];
  return policies
    .filter(({ traits }) => traits.names)
    .map(({ path, json }) => ({
      code: UNSEEN_NAMES.id,
      path,
      what: `${json.kind} allows names (toFQDNs), but no policy sends DNS through Cilium's proxy, so no name ever gets an address`,
      remedy: "add EastWest.allowDns() for the same pods",
    }));
}

/** Whether some policy filters layer 7 on egress, which takes pods out of rate limits. */
export function filtersEgressLayer7(objects: ObjectSet): boolean {
  return objects.all.some(({ json }) => policyTraits(json).egressHttp);
}
