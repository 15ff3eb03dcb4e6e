import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { portScript } from "../../../lib/constructs/rdma/port-script";
import type { FabricPort } from "../../../lib/host";
import { renderFabricPort } from "../../../lib/render/fabric-port";
import { itWith } from "../../support/tools";
import { PORT, type PortLab, r650Lab } from "./port-lab";

// Every run of the script starts some dozen programs, and other tests run beside this one.
vi.setConfig({ testTimeout: 60_000 });

let lab: PortLab;
beforeEach(() => {
  lab = r650Lab();
});
afterEach(() => lab.remove());

const conf = (port: Partial<FabricPort> = {}): string => renderFabricPort({ ...PORT, ...port });

describe("the port script finds devices", () => {
  it("takes the RDMA device of the port, not the first one, which is the control port's", () => {
    lab.write("exp0.conf", conf());
    expect(lab.check("device")).toMatchObject({ status: 0, output: "mlx5_2 port 1 on ens2f0 is ACTIVE" });
  });

  it("reads sysfs where rdma is too old to name network devices", () => {
    lab.prints("rdma", "*link*", "rdma-link-4.16.json");
    lab.write("exp0.conf", conf());
    expect(lab.check("device").output).toBe("mlx5_2 port 1 on ens2f0 is ACTIVE");
  });

  it("reads sysfs where there is no rdma at all", () => {
    lab.program("rdma", "exit 127");
    lab.write("exp0.conf", conf());
    expect(lab.check("device").output).toBe("mlx5_2 port 1 on ens2f0 is ACTIVE");
  });

  it("reads what a soft-RoCE device looks like on Linux 6.12", () => {
    lab.prints("ip", "*link*", "ip-link-6.1.json");
    lab.prints("rdma", "*link*", "rdma-link-6.1-rxe.json");
    lab.write("exp0.conf", conf({ selector: "mac=52:54:00:00:00:01", rdma: "soft" }));
    expect(lab.check("device").output).toBe("rxe-exp0 port 1 on eth0 is ACTIVE");
  });

  it("says that a port is down", () => {
    lab.program(
      "rdma",
      `sed 's/"ifname":"mlx5_2","port":1,"state":"ACTIVE"/"ifname":"mlx5_2","port":1,"state":"DOWN"/' ${JSON.stringify(`${__dirname}/../../fixtures/rdma/rdma-link-5.15-r650.json`)}`,
    );
    lab.write("exp0.conf", conf());
    expect(lab.check("device")).toMatchObject({ status: 1, output: "mlx5_2 port 1 on ens2f0 is DOWN" });
  });

  it("matches the permanent address, not the one that is set", () => {
    lab.write("exp0.conf", conf({ selector: "mac=02:00:00:00:be:ef" }));
    expect(lab.check("device")).toMatchObject({
      status: 1,
      output: "no network device answers to mac=02:00:00:00:be:ef",
    });
  });

  it("refuses to touch the control interface, whatever the file says", () => {
    const run = lab.apply(conf({ selector: "mac=0c:42:a1:00:00:01" }));
    expect(run.status).toBe(1);
    expect(run.errors).toContain("eno12399 is the control interface");
    expect(lab.calls()).toEqual([]);
  });

  it("takes the default route for the control interface where no file says it", () => {
    lab.write("controlif", "");
    lab.program(
      "ip",
      `case "$*" in *route*default*) echo 'default via 10.0.0.1 dev ens2f0 proto dhcp' ;; *) cat '${__dirname}/../../fixtures/rdma/ip-link-5.15-r650.json' ;; esac`,
    );
    spawnSync("rm", [`${lab.directory}/controlif`]);
    expect(lab.apply(conf()).errors).toContain("ens2f0 is the control interface");
  });

  it("says which module may be missing when no RDMA device comes up", () => {
    lab.program("rdma", "echo '[]'");
    spawnSync("rm", ["-r", `${lab.directory}/sys/class/infiniband`]);
    expect(lab.apply(conf())).toMatchObject({
      status: 1,
      errors: "netloom port exp0: ens2f0 has no RDMA device: is the RDMA module of its driver loaded?",
    });
  });
});

describe("the port script itself", () => {
  itWith(["shellcheck"], "passes shellcheck", () => {
    const run = spawnSync("shellcheck", ["-s", "sh", "-"], { input: portScript(), encoding: "utf8" });
    expect(run.stdout).toBe("");
  });

  it("says how it is used", () => {
    expect(lab.run("apply", "/nowhere").errors).toContain("usage: port apply|stop|serve FILE");
    lab.write("exp0.conf", conf());
    expect(lab.run("dance", `${lab.directory}/exp0.conf`).errors).toContain("usage:");
    expect(lab.check("weather").errors).toContain("there is no check 'weather'");
  });
});
