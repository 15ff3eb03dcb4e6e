import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { itWith, ROOT } from "../support/tools";
import { ScratchHost } from "./host";

const copy = (content: string) => ({ content, mode: "0666", install: "copy" as const });
const NOBODY = 65534;

describe("on a host, as root", () => {
  let host: ScratchHost;
  beforeEach(() => {
    host = new ScratchHost();
    // Alice's directory, and what she must not reach.
    host.sh(
      `cd "$NETLOOM_ROOT"; chmod 755 .; mkdir -p home/alice secret; chown ${NOBODY} home/alice; echo secret >secret/file; chmod 600 secret/file`,
    );
  });
  afterEach(() => host.remove());

  /** The host deploys a file, after a local user without rights has run `attack` in her directory. */
  const attacked = (path: string, attack: string) => {
    host.write("attack", `cd "$NETLOOM_ROOT/home/alice"\n${attack}\n`);
    expect(host.sh(`setpriv --reuid ${NOBODY} --clear-groups sh -eu "$NETLOOM_ROOT/attack"`).stderr).toBe("");
    host.stage("aaaaaaaa", [], { [`root${path}`]: copy("evil\n") });
    expect(host.activate("aaaaaaaa")).toBe("failed");
    return host.status().errors;
  };
  const untouched = () =>
    expect(host.sh('cd "$NETLOOM_ROOT/secret"; ls -A; stat -c "%a %U" file; cat file').stdout).toBe(
      "file\n600 root\nsecret\n",
    );
  const REFUSAL = (directory: string) =>
    `${directory} belongs to user ${NOBODY}, so what root writes could be redirected; do: use a directory that only root can change, or make this one so (chown root:root ${directory} && chmod go-w ${directory})`;

  itWith([ROOT, "setpriv"], "a file in a directory of somebody else is refused, whatever lies there", () => {
    const errors = attacked("/home/alice/.conf", `ln -s ${host.root}/secret/file .conf.netloom-new`);
    expect(errors).toBe(`/home/alice/.conf: ${REFUSAL(`${host.root}/home/alice`)}`);
    untouched();
  });

  itWith([ROOT, "setpriv"], "a link of somebody else to another directory is not followed", () => {
    expect(attacked("/home/alice/lnk/owned.conf", `ln -s ${host.root}/secret lnk`)).toContain("belongs to user");
    untouched();
  });

  itWith(
    [ROOT, "setpriv"],
    "nor is a directory below one of somebody else made or used, even when it is root's",
    () => {
      host.sh('mkdir "$NETLOOM_ROOT/home/alice/roots"');
      expect(attacked("/home/alice/roots/x.conf", "true")).toContain("belongs to user");
      expect(host.sh('ls "$NETLOOM_ROOT/home/alice/roots"').stdout).toBe("");
      expect(attacked("/home/alice/new/deep/x.conf", "true")).toContain("belongs to user");
      expect(host.has("home/alice/new")).toBe(false);
    },
  );

  itWith([ROOT, "setpriv"], "the fix that the refusal names lets the same file in", () => {
    attacked("/home/alice/.conf", "true");
    host.agent("revert");
    host.sh(`cd "${host.root}/home/alice" && chown root:root . && chmod go-w .`);
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    expect(host.read("home/alice/.conf")).toBe("evil\n");
  });

  itWith([ROOT, "setpriv"], "a directory that is given away after the deploy stops removing and restoring", () => {
    host.sh('mkdir "$NETLOOM_ROOT/srv"; echo mine >"$NETLOOM_ROOT/srv/app.conf"');
    host.stage("aaaaaaaa", [], { "root/srv/app.conf": copy("x\n") });
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    host.sh(
      `cd "$NETLOOM_ROOT/srv"; rm app.conf; ln -s ${host.root}/secret/file app.conf; chown -h ${NOBODY} . app.conf`,
    );
    host.stage("bbbbbbbb", []);
    expect(host.activate("bbbbbbbb")).toBe("failed");
    expect(host.status().errors).toContain("/srv/app.conf: cannot be taken away");
    untouched();
  });

  itWith([ROOT], "directories that everybody or a group may write are refused", () => {
    for (const [mode, group, words] of [
      ["1777", "0", "may be written by everybody"],
      ["0775", "50", "may be written by group 50"],
    ]) {
      host.sh(`mkdir -p "$NETLOOM_ROOT/srv"; chmod ${mode} "$NETLOOM_ROOT/srv"; chgrp ${group} "$NETLOOM_ROOT/srv"`);
      host.stage("aaaaaaaa", [], { "root/srv/app.conf": copy("x\n") });
      expect(host.activate("aaaaaaaa")).toBe("failed");
      expect(host.status().errors).toContain(`${host.root}/srv ${words}`);
      host.agent("revert");
    }
  });

  itWith([ROOT], "root's own group may write, and root's own links are followed", () => {
    host.sh(`cd "$NETLOOM_ROOT"; mkdir real; chmod 775 real; ln -s real linked; ln -s ${host.root}/linked absolute`);
    host.stage("aaaaaaaa", [], { "root/absolute/x.conf": copy("x\n") });
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    expect(host.read("real/x.conf")).toBe("x\n");
  });

  itWith([ROOT], "a link that stands at the path of a file is replaced, not followed, also one to a directory", () => {
    host.sh('cd "$NETLOOM_ROOT/etc"; ln -s ../secret/file a; ln -s ../secret b');
    host.stage("aaaaaaaa", [], { "root/etc/a": copy("A\n"), "root/etc/b": copy("B\n") });
    expect(host.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    untouched();
    expect([host.read("etc/a"), host.read("etc/b")]).toEqual(["A\n", "B\n"]);
    host.stage("bbbbbbbb", []);
    host.deploy("bbbbbbbb");
    expect(host.sh('cd "$NETLOOM_ROOT/etc"; readlink a b').stdout).toBe("../secret/file\n../secret\n");
    untouched();
  });

  itWith([ROOT], "the agent's own directories have to be root's", () => {
    host.stage("aaaaaaaa", []);
    host.sh(`chown ${NOBODY} "$NETLOOM_ROOT/var/lib"`);
    const said = host.agent("arm", "aaaaaaaa", "30");
    expect(said.code).toBe(1);
    expect(said.stderr).toBe(`netloom agent: ${REFUSAL(`${host.root}/var/lib`)}\n`);
    expect(host.agent("status").code).toBe(1);
  });
});

describe("in a directory target", () => {
  let image: ScratchHost;
  let outside: string;
  beforeEach(() => {
    image = new ScratchHost({}, { NETLOOM_STATIC: "1" });
    outside = mkdtempSync(join(tmpdir(), "netloom-outside-"));
  });
  afterEach(() => {
    image.remove();
    rmSync(outside, { recursive: true });
  });

  it.each(["var", "var/lib", "var/lib/netloom"])(
    "nothing is made or removed through a %s that leads elsewhere",
    (path) => {
      rmSync(join(image.root, path), { recursive: true, force: true });
      symlinkSync(outside, join(image.root, path));
      const staged = image.stage("aaaaaaaa", [], { "root/etc/x.conf": copy("x\n") });
      expect(staged.code).toBe(1);
      expect(staged.stderr).toBe(
        `netloom agent: ${join(image.root, path)} leads out of ${image.root}; do: replace it by a directory, or by a link that stays inside\n`,
      );
      expect(readdirSync(outside)).toEqual([]);
    },
  );

  it.each(["var", "var/lib", "var/lib/netloom"])(
    "withdraw removes nothing there, when %s leads elsewhere later",
    (path) => {
      image.stage("aaaaaaaa", [], { "root/etc/x.conf": copy("x\n") });
      expect(image.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
      image.sh(`mv "$NETLOOM_ROOT/${path}" "${outside}/there" && ln -s "${outside}/there" "$NETLOOM_ROOT/${path}"`);
      const before = image.sh(`find "${outside}" | sort`).stdout;
      for (const words of [["withdraw", "owner", "30"], ["confirm", "empty"], ["revert"], ["status"]]) {
        const said = image.agent(...words);
        expect([words[0], said.code]).toEqual([words[0], 1]);
        expect(said.stderr).toContain(`leads out of ${image.root}`);
      }
      expect(image.sh(`find "${outside}" | sort`).stdout).toBe(before);
    },
  );

  it("an etc that leads elsewhere is refused before a directory is made there", () => {
    rmSync(join(image.root, "etc"), { recursive: true });
    symlinkSync(outside, join(image.root, "etc"));
    image.stage("aaaaaaaa", [], { "root/etc/deep/er/x.conf": copy("x\n") });
    expect(image.activate("aaaaaaaa")).toBe("failed");
    expect(image.status().errors).toContain(`leads out of ${image.root}`);
    image.agent("revert");
    expect(readdirSync(outside)).toEqual([]);
  });

  it("links that climb, loop or go through others are followed to their end", () => {
    image.sh(
      `cd "$NETLOOM_ROOT"; mkdir real; ln -s real good; ln -s good better; ln -s ../../.. etc/up; ln -s loop loop`,
    );
    mkdirSync(join(image.root, "real/sub"));
    image.stage("aaaaaaaa", [], { "root/better/sub/x": copy("x\n") });
    expect(image.deploy("aaaaaaaa")).toBe("confirmed aaaaaaaa");
    expect(image.read("real/sub/x")).toBe("x\n");
    for (const path of ["/etc/up/x", "/loop/x"]) {
      image.stage("bbbbbbbb", [], { [`root${path}`]: copy("x\n") });
      expect([path, image.activate("bbbbbbbb")]).toEqual([path, "failed"]);
      expect(image.status().errors).toContain("leads out of");
      image.agent("revert");
    }
  });
});
