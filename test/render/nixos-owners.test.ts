import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OWNER_CONFIGURATIONS } from "../long/nixos-owner-configurations";
import { goldenPath, moduleHash, type OwnerGolden } from "../long/nixos-owner-goldens";
import { ownerHosts } from "../long/nixos-owner-hosts";

const golden = (owner: string) => JSON.parse(readFileSync(goldenPath(owner), "utf8")) as OwnerGolden;
const modules = ownerHosts();

const judged = (owner: string) => existsSync(goldenPath(owner));

describe("what NixOS made of the modules", () => {
  for (const owner of OWNER_CONFIGURATIONS) {
    if (!judged(owner.name)) it.skip(`beside ${owner.name} (skipped: npm run long:nixos has not read it)`, () => {});
    else
      it(`beside ${owner.name} was read of what is written now; otherwise: npm run long:nixos`, () => {
        const { owner: hash, hosts } = golden(owner.name);
        expect(hash).toBe(moduleHash(owner.module));
        expect(Object.keys(hosts)).toEqual(owner.hosts ?? ["bbr", "hub"]);
        for (const [name, { module, read }] of Object.entries(hosts)) {
          expect([name, module]).toEqual([name, moduleHash(modules.get(name)!)]);
          const said = [read.error ?? [], read.assertions ?? []].flat();
          const refused = owner.refused?.[name];
          if (refused === undefined) expect(said).toEqual([]);
          else expect(said.join("\n")).toContain(refused);
        }
      });
  }
});

describe("beside the configuration of an owner", () => {
  const itOf = (owners: readonly string[], title: string, run: () => void) => {
    const missing = owners.filter((owner) => !judged(owner));
    if (missing.length === 0) it(title, run);
    else it.skip(`${title} (skipped: npm run long:nixos has not read ${missing.join(", ")})`, () => {});
  };
  const read = (owner: string, host = "bbr") => golden(owner).hosts[host]!.read;

  itOf(
    ["bbr-snippet", "generated", "other-sysctls", "forced-sysctl"],
    "ours is the value of a sysctl, unless the owner forces another; every difference is told",
    () => {
      expect(read("bbr-snippet").warnings).toEqual(read("generated").warnings);
      expect(read("other-sysctls")["sysctl"]).toContain("net.ipv4.tcp_congestion_control=bbr\n");
      expect(read("other-sysctls").warnings!.join("\n")).toContain(
        '"net.ipv4.tcp_congestion_control" is bbr, not cubic as',
      );
      expect(read("other-sysctls").warnings!.join("\n")).not.toContain("default_qdisc");
      expect(read("forced-sysctl")["sysctl"]).toContain("net.ipv4.tcp_congestion_control=cubic\n");
      expect(read("forced-sysctl").warnings!.join("\n")).toContain(
        '"net.ipv4.tcp_congestion_control" is cubic, not bbr as',
      );
    },
  );

  itOf(
    ["imports-the-module", "generated"],
    "an imported, older version of the module gives way to the deployed one",
    () => {
      for (const host of ["bbr", "hub", "fabric", "tables", "settings"])
        expect({ host, ...read("imports-the-module", host) }).toEqual({
          ...read("generated", host),
          host,
          system: undefined,
        });
    },
  );

  itOf(
    ["generated", "networkd", "networkd-by-hand", "own-defaults"],
    "networkd's wait-online stays where networkd has other ports, or the owner says so",
    () => {
      expect(
        ["generated", "networkd", "networkd-by-hand", "own-defaults"].map((owner) => read(owner)["waitOnline"]),
      ).toEqual([false, true, true, true]);
    },
  );

  itOf(
    ["generated", "networkmanager", "dhcp-on-control-port"],
    "dhcpcd and NetworkManager leave our ports alone",
    () => {
      expect(read("generated")["dhcpcd"]).toContain("enp1s0");
      expect(read("networkmanager", "hub")["networkmanager"]).toEqual(expect.arrayContaining(["interface-name:wg0"]));
      expect(read("networkmanager", "fabric")["networkmanager"]).toEqual([expect.stringMatching(/^mac:/)]);
      expect(read("generated", "fabric").warnings!.join()).toContain("dhcpcd also configures exp0");
      expect(read("dhcp-on-control-port", "fabric").warnings).toEqual([]);
    },
  );

  itOf(
    ["amazon-image", "openstack-image", "google-image", "own-defaults"],
    "images of clouds and owners with defaults of their own keep evaluating, under the host's name",
    () => {
      for (const owner of ["amazon-image", "openstack-image", "google-image", "own-defaults"])
        expect(read(owner)["hostName"]).toBe("bbr");
    },
  );

  itOf(["generated"], "a whole system has a derivation", () => expect(read("generated")["system"]).toBe(true));
});
