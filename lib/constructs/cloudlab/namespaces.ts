/** Namespace of GENI RSpec version 3, requests and manifests alike. */
export const RSPEC_NS = "http://www.geni.net/resources/rspec/3";
/** Namespace of the ProtoGENI RSpec version 2, which old manifests still use. */
export const RSPEC2_NS = "http://www.protogeni.net/resources/rspec/2";
/** Namespace of the Emulab extension elements. */
export const EMULAB_NS = "http://www.protogeni.net/resources/rspec/ext/emulab/1";
/** Namespace of XML Schema instance attributes. */
export const XSI_NS = "http://www.w3.org/2001/XMLSchema-instance";
