/** Attributes of an element, required ones with a `!` behind the name. */
type Attributes = readonly string[];

/**
 * Elements of GENI RSpec version 3 in a request, and the attributes they take.
 * Source: http://www.geni.net/resources/rspec/3/request.xsd and request-common.xsd.
 */
export const REQUEST_ELEMENTS: Readonly<Record<string, Attributes>> = {
  rspec: ["type!", "generated", "generated_by", "expires"],
  node: ["client_id!", "component_id", "component_manager_id", "component_name", "exclusive", "colocate"],
  link: ["client_id!", "protocol", "vlantag"],
  sliver_type: ["name!"],
  disk_image: ["name!", "url", "os", "version", "description"],
  hardware_type: ["name!"],
  relation: ["type!", "client_id!"],
  location: ["country!", "longitude", "latitude"],
  services: [],
  login: ["authentication!", "hostname", "port"],
  install: ["url!", "install_path!"],
  execute: ["shell!", "command!"],
  interface: ["client_id!", "component_id"],
  ip: ["address!", "netmask", "type"],
  interface_ref: ["client_id!"],
  property: ["source_id!", "dest_id!", "capacity", "latency", "packet_loss"],
  link_type: ["name!", "class"],
  component_manager: ["name!"],
  component_hop: ["component_id"],
};

/**
 * Emulab extension elements of a request. The schema lets any name pass here, and the testbed ignores what it does
 * not know, so a misspelt element is silently without effect. Source: the writers in geni-lib (`geni/rspec/emulab`,
 * `geni/rspec/igext.py`, `geni/rspec/pg.py`).
 */
export const EMULAB_ELEMENTS: Readonly<Record<string, Attributes>> = {
  best_effort: ["enabled!"],
  blockstore: ["name!", "mountpoint", "class!", "size", "placement", "readonly", "rwclone", "dataset"],
  collocate_factor: ["count!"],
  delay_image: ["urn!"],
  disablerootkey: [],
  docker: [
    ...["cores", "ram", "extimage", "dockerfile", "tbaugmentation", "tbaugmentation_update"],
    ...["ssh_style", "exec_shell", "entrypoint", "cmd", "env", "privileged"],
  ],
  docker_ptype: ["name!"],
  encrypt: ["name!"],
  failure_action: ["action!"],
  fd: ["name!", "weight!", "violatable"],
  firewall: ["style!"],
  firewall_config: ["style!"],
  force_nobwshaping: ["enabled!"],
  force_shaping: ["enabled!"],
  interswitch: ["allow!"],
  jumboframes: ["enabled!"],
  link_attribute: ["key!", "value!"],
  link_multiplexing: ["enabled!"],
  node_attribute: ["key!", "value!"],
  openflow_controller: ["url!"],
  packing_strategy: ["strategy!"],
  password: ["name!"],
  "program-agent": ["name!", "command!", "directory", "onexpstart"],
  properties: ["capacity", "latency", "packet_loss"],
  rootkey: ["private!", "public!"],
  routable_control_ip: [],
  routable_pool: ["client_id!", "component_manager_id", "count!", "type!"],
  routing_style: ["style!"],
  rule: [],
  skipvlans: [],
  trivial_ok: ["enabled!"],
  use_type_default_image: ["enabled!"],
  vlan_tagging: ["enabled!"],
  "wireless-site": ["id!", "type!", "urn!"],
  xen: ["cores", "ram", "disk"],
  xen_ptype: ["name!"],
};

/** Attributes that take `true` or `false`. */
export const BOOLEAN_ATTRIBUTES: ReadonlySet<string> = new Set([
  "enabled",
  "allow",
  "exclusive",
  "private",
  "public",
  "readonly",
  "rwclone",
  "onexpstart",
]);
