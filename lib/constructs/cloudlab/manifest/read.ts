import { MANIFEST } from "./elements";
import { decodeUtf8 } from "../xml/read";
import { mergeManifests } from "./merge";
import { type ManifestDocument, parseManifestDocument } from "./parse";
import type { Manifest } from "./types";

/** A manifest file: its name for messages, and its bytes. */
export interface ManifestFile {
  readonly source: string;
  readonly content: Uint8Array | string;
}

/**
 * Reads the manifests of one experiment. A file is either one RSpec in XML, or the JSON object that the portal's API
 * returns, with one RSpec for each cluster.
 */
export function readManifests(files: readonly ManifestFile[]): Manifest {
  if (files.length === 0) {
    throw MANIFEST({ what: "no manifest file was given", allowed: "one file for each site" });
  }
  return mergeManifests(files.flatMap(documentsOf));
}

function documentsOf({ source, content }: ManifestFile): readonly ManifestDocument[] {
  const text = typeof content === "string" ? content : decodeUtf8(content, source);
  if (!/^\s*\{/.test(text)) return [parseManifestDocument(text, source)];
  const byCluster = parseJson(text, source);
  const entries = Object.entries(byCluster).sort(([left], [right]) => (left < right ? -1 : 1));
  return entries.map(([cluster, rspec]) => {
    if (typeof rspec !== "string") {
      throw MANIFEST({
        what: `${source} is JSON, but not the portal's answer: ${cluster} holds no RSpec text`,
        value: rspec,
        allowed: '{ "<URN of the cluster>": "<rspec …>" }',
      });
    }
    return parseManifestDocument(rspec, `${source} (${cluster})`);
  });
}

function parseJson(text: string, source: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw MANIFEST({
      what: `${source} starts like JSON but cannot be read: ${(error as Error).message}`,
      allowed: "an RSpec in XML, or the JSON object of the portal's API",
    });
  }
}
