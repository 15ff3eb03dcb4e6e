import { readFileSync, writeFileSync } from "node:fs";
import { App, TerraformStack } from "cdktf";
import { CloudLabExperiment } from "netloom/cloudlab";
import { address, name } from "../fleet-names";
import { measured, type Sample } from "../measure";

const FILE = "manifest.xml";

/** Imports a manifest with many nodes on one LAN. `bytes` are those of the manifest. */
export function manifest(nodes: number): Sample {
  const text = manifestOf(nodes);
  writeFileSync(FILE, text);
  const stack = new TerraformStack(new App({ outdir: "cdktf.out" }), "manifest");
  let found = 0;
  const sample = measured(() => {
    found = CloudLabExperiment.fromManifest(stack, "experiment", FILE).nodes.length;
  });
  if (found !== nodes) throw new Error(`${found} of ${nodes} nodes were read`);
  return { ...sample, bytes: Buffer.byteLength(text) };
}

/** Reads the same file and cuts it at every tag, which any reader has to do. */
export function manifestFloor(): Sample {
  let tags = 0;
  const sample = measured(() => {
    tags = readFileSync(FILE, "utf8").split("<").length;
  });
  if (tags < 2) throw new Error("there is no manifest");
  return sample;
}

function manifestOf(nodes: number): string {
  const cluster = "urn:publicid:IDN+wisc.cloudlab.us";
  const all = Array.from({ length: nodes }, (_, i) => i);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<rspec xmlns="http://www.geni.net/resources/rspec/3" xmlns:emulab="http://www.protogeni.net/resources/rspec/ext/emulab/1" type="manifest">',
    ...all.map((i) => nodeOf(cluster, i)),
    '  <link client_id="lan0">',
    ...all.map((i) => `    <interface_ref client_id="${name(i)}:if0"/>`),
    '    <emulab:jumboframes enabled="true"/>',
    "  </link>",
    "</rspec>",
    "",
  ].join("\n");
}

function nodeOf(cluster: string, i: number): string {
  const mac = `02${i.toString(16).padStart(10, "0")}`;
  return [
    `  <node client_id="${name(i)}" exclusive="true" component_manager_id="${cluster}+authority+cm" component_id="${cluster}+node+c220g5-${i}" sliver_id="${cluster}+sliver+${i}">`,
    '    <sliver_type name="raw-pc"/>',
    `    <interface client_id="${name(i)}:if0" component_id="${cluster}+interface+c220g5-${i}:eth2" mac_address="${mac}">`,
    `      <ip address="${address("10.10", i)}" type="ipv4" netmask="255.255.0.0"/>`,
    "    </interface>",
    `    <emulab:vnode name="c220g5-${i}" hardware_type="c220g5"/>`,
    `    <host name="${name(i)}.lab.project.wisc.cloudlab.us" ipv4="${address("128.105", i)}"/>`,
    "    <services>",
    `      <login authentication="ssh-keys" hostname="c220g5-${i}.wisc.cloudlab.us" port="22" username="alice"/>`,
    "    </services>",
    "  </node>",
  ].join("\n");
}
