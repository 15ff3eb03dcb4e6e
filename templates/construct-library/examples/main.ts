import { App, LocalBackend, TerraformStack } from "cdktf";
import { Applier, Deployment, Host, Target } from "netloom";
import { BusyPolling } from "../lib";

const app = new App({ stackTraces: false });
const stack = new TerraformStack(app, "example");
new LocalBackend(stack, { path: "../../../terraform.example.tfstate" });
new Deployment(stack, { applier: Applier.terraformData() });

const host = new Host(stack, "node-1", { target: Target.directory("build/node-1") });
new BusyPolling(host, "BusyPolling");

app.synth();
