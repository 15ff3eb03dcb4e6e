import type { Problem } from "../../../errors";
import { Rate } from "../../../units";
import type { XmlElement } from "../xml/read";
import { emulabChildren, manifestChildren } from "./elements";
import type { ManifestLan } from "./types";
import { MANIFEST } from "./elements";

const LAST_VLAN = 4094;

/** Reads one link or LAN; what is wrong goes to `problems`. */
export function parseLink(element: XmlElement, source: string, problems: Problem[]): ManifestLan {
  const name = element.attributes["client_id"];
  if (!name) {
    problems.push({ code: MANIFEST.id, what: `${source}:${element.line}: a link has no client_id` });
  }
  const isOn = (switchName: string) =>
    emulabChildren(element, switchName).some((child) => child.attributes["enabled"] === "true");
  return {
    name: name ?? "",
    members: manifestChildren(element, "interface_ref").flatMap((member) => member.attributes["client_id"] ?? []),
    jumbo: isOn("jumboframes"),
    vlan: vlanTag(element.attributes["vlantag"]),
    tagged: isOn("vlan_tagging") || isOn("link_multiplexing"),
    capacity: capacity(element, source, problems),
    shaped: isShaped(element, isOn),
  };
}

function vlanTag(text: string | undefined): number | undefined {
  const tag = text !== undefined && /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return tag >= 1 && tag <= LAST_VLAN ? tag : undefined;
}

/** The least capacity among the properties: what every direction was asked to have. */
function capacity(element: XmlElement, source: string, problems: Problem[]): Rate | undefined {
  let least: number | undefined;
  for (const property of [...manifestChildren(element, "property"), ...emulabChildren(element, "properties")]) {
    const text = property.attributes["capacity"];
    if (text === undefined || text === "") continue;
    if (!/^\d{1,12}$/.test(text)) {
      problems.push({
        code: MANIFEST.id,
        what: `${source}:${property.line}: the capacity of a link is not a number of kbit/s`,
        value: text,
      });
      continue;
    }
    // Zero means that no rate was asked for.
    if (Number(text) > 0) least = Math.min(least ?? Number.POSITIVE_INFINITY, Number(text));
  }
  return least === undefined ? undefined : Rate.kbps(least);
}

function isShaped(element: XmlElement, isOn: (name: string) => boolean): boolean {
  const impaired = manifestChildren(element, "property").some(
    ({ attributes }) => Number(attributes["latency"] ?? 0) > 0 || Number(attributes["packet_loss"] ?? 0) > 0,
  );
  return impaired || isOn("force_shaping");
}
