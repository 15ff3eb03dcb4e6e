export { ClusterAssertions, expectCluster } from "./cluster-assertions";
export { expectHost, HostAssertions } from "./host-assertions";
export { logicalIds } from "./logical-ids";
export { expectMesh, MeshAssertions } from "./mesh-assertions";
export { parsePeerTable, type TablePeer } from "./peer-table";
export { expectStack, type FindingMatch, StackAssertions } from "./stack-assertions";
export { type SynthOptions, type SynthResult, synthToFiles, type TerraformJson, type TestAnnotation } from "./synth";
export { testStack } from "./test-stack";
