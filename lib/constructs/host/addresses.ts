import { experimentInterfaces, HostFeature, type HostSettings } from "../../host";

/** Puts the addresses that a host was given on its ports, and says which networks they are in. */
export class HostAddresses extends HostFeature {
  contribute(settings: HostSettings): void {
    for (const port of experimentInterfaces(this.host)) {
      for (const address of port.addresses) {
        const because = `given for interface ${port.id} of ${this.host.hostName}`;
        settings.address(port.id, address, { because });
        const cidr = address.network;
        settings.network({ cidr, kind: "experiment", name: port.lan ?? cidr.toString() }, { because });
      }
    }
    for (const port of this.host.interfaces) {
      if (!port.control) continue;
      for (const address of port.addresses) {
        settings.network(
          { cidr: address.network, kind: "control", name: "control" },
          { because: "the control network reaches the machine" },
        );
      }
    }
  }
}
