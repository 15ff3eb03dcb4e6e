export { BusyPolling, type BusyPollingProps } from "./busy-polling";
