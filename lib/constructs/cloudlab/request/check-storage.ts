import { defineProblem, type Problem } from "../../../errors";
import { parseUrn } from "../sites";
import type { RequestModel } from "./model";

const BLOCKSTORE = defineProblem("NL-CLOUDLAB-BLOCKSTORE", "A block store is one that the testbed makes");
const INSTALL = defineProblem("NL-CLOUDLAB-INSTALL", "An archive is one that the testbed installs");
const STARTUP = defineProblem("NL-CLOUDLAB-STARTUP", "A start-up command is not empty");

const STORE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const MOUNTPOINT = /^(\/[A-Za-z0-9._-]+)+$/;
const SYSTEM_DIRECTORY = /^\/(bin|boot|dev|etc|lib|lib64|proc|root|run|sbin|sys|usr|var)(\/|$)/;

/** Checks what is put on the disks of the nodes: block stores, archives and start-up commands. */
export function checkStorage(model: RequestModel, errors: Problem[]): void {
  const owners = new Map<string, string>();
  for (const node of model.nodes) {
    const mounts = new Set<string>();
    for (const store of node.blockstores) {
      const refuse = (what: string, value: unknown, allowed: string) =>
        errors.push({ code: BLOCKSTORE.id, what: `node ${node.name}: ${what}`, value, allowed });
      if (!STORE_NAME.test(store.name)) refuse("not the name of a blockstore", store.name, "letters, digits, _ and -");
      if (owners.has(store.name)) {
        refuse(`${owners.get(store.name)} has a blockstore of this name`, store.name, "a name of its own for each");
      }
      if (!MOUNTPOINT.test(store.mountpoint) || SYSTEM_DIRECTORY.test(store.mountpoint)) {
        refuse(
          "a blockstore cannot be mounted there",
          store.mountpoint,
          "an absolute path outside the system, e.g. /mydata",
        );
      }
      if (mounts.has(store.mountpoint)) refuse("two blockstores on one mount point", store.mountpoint, "each once");
      const gigabytes = store.gigabytes;
      if (gigabytes !== undefined && !(Number.isInteger(gigabytes) && gigabytes > 0)) {
        refuse("not a size of a blockstore", gigabytes, "a whole number of GB");
      }
      if (store.dataset !== undefined && parseUrn(store.dataset) === undefined) {
        refuse("not the URN of a data set", store.dataset, "urn:publicid:IDN+<site>:<project>+imdataset+<name>");
      }
      owners.set(store.name, `node ${node.name}`);
      mounts.add(store.mountpoint);
    }
    for (const { url, path } of node.install) {
      if (/^https?:\/\/[^\s/]+\/\S+$/.test(url) && MOUNTPOINT.test(path)) continue;
      errors.push({
        code: INSTALL.id,
        what: `node ${node.name}: this archive cannot be installed`,
        value: { url, path },
        allowed: "an http or https address and an absolute path",
      });
    }
    for (const command of node.startup.filter((command) => command.trim() === "")) {
      errors.push({
        code: STARTUP.id,
        what: `node ${node.name} has an empty start-up command`,
        value: command,
      });
    }
  }
}
