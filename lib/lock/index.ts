export { updateFile } from "./update";
