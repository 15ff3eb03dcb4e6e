import { App } from "cdktf";
import { LabStack } from "./lab-stack";

// Stack traces would put absolute paths into the output, which is otherwise the same on every machine.
const app = new App({ stackTraces: false });
new LabStack(app, "lab");
app.synth();
