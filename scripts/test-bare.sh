#!/usr/bin/env bash
# Runs the tests as a newcomer's machine would: an ordinary user whose PATH holds Node, Terraform, git and the basic
# programs of every system, and nothing else. Tests that need more must skip and say why. Arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d "${TMPDIR:-/tmp}/netloom-bare.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
mkdir "$scratch/bin" "$scratch/home" "$scratch/tmp"

basic=(awk basename cat chmod chown cmp cp cut date dd diff dirname echo env false find git grep gunzip gzip head id install
  ln ls mkdir mkfifo mktemp mv node nproc od printf pwd readlink realpath rm rmdir sed seq sh sha256sum sleep sort stat
  sync tail tar tee terraform test timeout touch tr true truncate uname uniq wc xargs yes
  base64 chgrp cksum comm df du expand expr fold groups join link md5sum nl nohup nice paste printenv sha1sum shuf split
  stty sum tac tty unlink whoami)
for program in "${basic[@]}"; do
  place=$(type -P "$program" || true)
  [ -z "$place" ] || ln -s "$(readlink -f "$place")" "$scratch/bin/$program"
done

git clone -q . "$scratch/netloom"
cp -al node_modules "$scratch/netloom/node_modules" 2>/dev/null || {
  rm -rf "$scratch/netloom/node_modules"
  cp -a node_modules "$scratch/netloom/node_modules"
}
rm -rf "$scratch/netloom/node_modules/.vite" "$scratch/netloom/node_modules/.vite-temp"

as_user=()
if [ "$(id -u)" = 0 ]; then
  # Not the linked packages, whose owner this would change in the checkout as well.
  chown -h 65534:65534 "$scratch/home" "$scratch/tmp" "$scratch/netloom/node_modules"
  find "$scratch/netloom" -path "$scratch/netloom/node_modules" -prune -o -exec chown -h 65534:65534 {} +
  as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
cd "$scratch/netloom"
"${as_user[@]}" env -i HOME="$scratch/home" TMPDIR="$scratch/tmp" PATH="$scratch/bin" CI="${CI:-}" NETLOOM_BARE=1 \
  TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 \
  node node_modules/vitest/vitest.mjs run --reporter=default --reporter=json --outputFile.json="$scratch/tmp/report.json" "$@"
# A skip is only as good as its reason.
node -e '
  const { testResults } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
  const skipped = testResults.flatMap((file) => file.assertionResults).filter(({ status }) => status === "pending" || status === "skipped");
  for (const { fullName } of skipped) console.log(`skip  ${fullName}`);
  const silent = skipped.filter(({ title }) => !/\(skipped: .+\)$/.test(title));
  console.log(`${skipped.length} skipped, ${silent.length} of them without a reason`);
  process.exit(skipped.length === 0 || silent.length > 0 ? 1 : 0);
' "$scratch/tmp/report.json"
