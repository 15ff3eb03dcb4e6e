import { lib, nix, type NixNode, print } from "../../../nix-ts-builder";

const HEADER =
  "What every CloudLab node needs besides its host.nix: boot loader, disk, console, control network, root's keys.";

/** Disk controllers and buses of CloudLab's types; the first stage of the boot finds the root file system with them. */
const STORAGE_MODULES = [
  "ahci",
  "ehci_pci",
  "megaraid_sas",
  "mpt3sas",
  "mptsas",
  "nvme",
  "sd_mod",
  "usbhid",
  "xhci_pci",
];

/**
 * A function of the facts that `nixos.sh` reads from a node (`rootUuid`, `rootFsType`, `bootPartition`, `controlMac`,
 * `authorizedKeys`, `stateVersion`), which gives the NixOS module of that node.
 *
 * CloudLab nodes always boot from the network; the boot server then starts the boot sector of the first partition, so
 * the boot loader goes there and not to the disk. Source: mars-research/miniond, NixOS modules for Emulab nodes.
 */
export function nixosNodeModule(): string {
  const fact = (name: string): NixNode => nix.get(nix.id("facts"), name);
  const rootDevice = nix.str`/dev/disk/by-uuid/${fact("rootUuid")}`;
  const module = nix.fn(
    { args: ["lib"], open: true },
    nix.nested([
      nix.bind(["boot", "loader", "grub", "enable"], true),
      nix.bind(["boot", "loader", "grub", "device"], fact("bootPartition")),
      nix.bind(["boot", "loader", "grub", "forceInstall"], true),
      nix.bind(
        ["boot", "loader", "grub", "extraConfig"],
        "serial --unit=0 --speed=115200; terminal_input serial console; terminal_output serial console",
      ),
      nix.bind(["boot", "kernelParams"], ["console=tty0", "console=ttyS0,115200"]),
      // NIXOS_LUSTRATE, which turns the running system into NixOS in place, is a feature of the scripted first stage.
      nix.bind(["boot", "initrd", "systemd", "enable"], lib.mkDefault(false)),
      nix.bind(["boot", "initrd", "availableKernelModules"], STORAGE_MODULES),
      nix.bind(["fileSystems", "/", "device"], rootDevice),
      nix.bind(["fileSystems", "/", "fsType"], fact("rootFsType")),
      nix.bind(["hardware", "enableRedistributableFirmware"], true),
      nix.bind(["networking", "useDHCP"], false),
      nix.bind(["systemd", "network", "enable"], true),
      // Before every other network file, so that nothing else can claim the control port.
      nix.bind(["systemd", "network", "networks", "05-control"], {
        matchConfig: { PermanentMACAddress: fact("controlMac") },
        networkConfig: { DHCP: "ipv4" },
        dhcpV4Config: { ClientIdentifier: "mac" },
      }),
      nix.bind(["services", "openssh", "enable"], true),
      nix.bind(["services", "openssh", "settings", "PermitRootLogin"], "prohibit-password"),
      nix.bind(["users", "users", "root", "openssh", "authorizedKeys", "keys"], fact("authorizedKeys")),
      nix.bind(["system", "stateVersion"], lib.mkDefault(fact("stateVersion"))),
    ]),
  );
  return print(nix.fn("facts", module), { header: HEADER });
}

/** `hosts/<host>/hardware-configuration.nix`, which the flake of the stack includes where it exists. */
export function hardwareConfiguration(): string {
  const facts = nix.call("builtins.fromJSON", nix.call("builtins.readFile", nix.path("./cloudlab-facts.json")));
  return print(nix.call("import", nix.path("../../cloudlab/nixos-node.nix"), facts), {
    header: "Written by cloudlab/nixos.sh from what it read on the node.",
  });
}

/**
 * `/etc/nixos/configuration.nix` of an installed node, beside the node module and its facts: what a deploy builds
 * together with `host.nix`, and what a destroy goes back to.
 */
export function nodeConfiguration(): string {
  const facts = nix.call("builtins.fromJSON", nix.call("builtins.readFile", nix.path("./cloudlab-facts.json")));
  return print(nix.module({ imports: [nix.call("import", nix.path("./nixos-node.nix"), facts)] }), {
    header:
      "Written by Netloom: this CloudLab node by itself. Deploys add host.nix to it; your own settings can be added here.",
  });
}
