# Debian packages that a plan needs. They are made present while a generation is staged: nothing live has changed yet,
# and a host that cannot get one stops the deploy.

# missing_packages NAME…: those that dpkg does not have as installed.
missing_packages() {
  # shellcheck disable=SC2016 # fields of dpkg-query, not variables
  dpkg-query -W -f='${Package} ${Status}\n' "$@" 2>/dev/null | awk -v names="$*" '
    $3 == "ok" && $4 == "installed" { have[$1] = 1 }
    END { n = split(names, name, " "); for (i = 1; i <= n; i++) if (!(name[i] in have)) print name[i] }'
}

# stage_packages DIR: what the plan of a generation that is being staged needs is on this host, or the stage ends here.
stage_packages() {
  [ -f "$1/plan" ] || return 0
  stage_from=$1
  stage_bad=$(awk -F "$TAB" '$1 == "package" && ($2 !~ /^[a-z0-9][a-z0-9.+-]*$/ || $2 ~ /-$/) { print $2; exit }' "$1/plan")
  [ -z "$stage_bad" ] || die "stage: '$stage_bad' is not a Debian package name"
  # shellcheck disable=SC2046 # one word a line
  set -- $(awk -F "$TAB" '$1 == "package" { print $2 }' "$1/plan" | sort -u)
  if [ $# -gt 0 ]; then
    if ! live || ! has dpkg-query; then say "packages needed: $*"; else provide_packages "$@"; fi
  fi
  # On NixOS programs come with the new system.
  live && [ "$(read_line "$stage_from/platform")" != nixos ] || return 0
  ! grep -q "^wireguard$TAB" "$stage_from/plan" || require_wg
}

# A host of a later wave is asked for its key before anything is staged there.
require_wg() {
  has wg || ! nixos_host || nixos_wg
  has wg || ! live || ! has dpkg-query || { take_lock && provide_packages wireguard-tools; }
  has wg || die "wireguard-tools is not installed on this host: 'wg' is needed"
}

# provide_packages NAME…, where there is a dpkg.
provide_packages() {
  provide_missing=$(missing_packages "$@")
  [ -n "$provide_missing" ] || return 0
  # shellcheck disable=SC2086 # names are words
  set -- $provide_missing
  [ "${NETLOOM_PACKAGES:-install}" = install ] ||
    die "these packages are not installed on this host, and its stack says installPackages: false: $*${NL}do: apt-get install --no-install-recommends $*"
  has apt-get || die "these packages are not installed on this host, and it has no apt-get: $*"
  provide_status=0
  install_packages "$@" || provide_status=1
  # Also after a failure: some may be there nevertheless.
  provide_missing=$(missing_packages "$@")
  { record_lines "$STATE/packages"; printf '%s\n' "$@" | grep -Fvx -e "$provide_missing"; } | sort -u >"$RUN/packages.now"
  [ ! -s "$RUN/packages.now" ] || write_record "$STATE/packages" <"$RUN/packages.now" || say "packages installed, but $STATE/packages cannot be written: is the disk full?"
  [ $provide_status = 0 ] ||
    die "these packages cannot be installed: $*${NL}$(apt_said)${NL}do: install them by hand (apt-get install --no-install-recommends $*), or give the host a package mirror that it reaches"
  rm -f "$RUN/apt.log" "$RUN/apt.update"
  journal "installed $*"
  say "packages installed: $*"
}

# No service is restarted, no configuration file replaced, no package removed, no name taken for a pattern. Lists are
# only read anew where the old ones do not do: they belong to the host.
install_packages() { # NAME…
  rm -f "$RUN/apt.update"
  apt_install "$@" && return 0
  grep -Eq 'Unable to locate package|has no installation candidate|Unable to fetch some archives' "$RUN/apt.log" || return 1
  apt_get update
  # An update that reaches no mirror succeeds, with warnings.
  grep '^[WE]: ' "$RUN/apt.log" >"$RUN/apt.update"
  apt_install "$@"
}
apt_install() {
  apt_get install -y --no-install-recommends --no-remove -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o APT::Cmd::Pattern-Only=true "$@"
}
apt_said() { { tail -n 4 "$RUN/apt.update" 2>/dev/null; tail -n 8 "$RUN/apt.log"; } | cut -c 1-300; }

# apt waits for the lock of dpkg by itself, but not for those of its lists and its cache, which the daily update of a
# machine that has just come up holds for a while.
apt_get() {
  apt_turn=1
  until apt_once "$@"; do
    [ $apt_turn -lt 24 ] && grep -Eq 'lock .*/(lists|archives)/lock' "$RUN/apt.log" || return 1
    apt_turn=$((apt_turn + 1))
    sleep 5
  done
}
# Scripts of packages expect the usual umask; nothing that they start may keep our lock.
apt_once() (
  umask 022
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l NEEDRESTART_SUSPEND=1
  export DEBIAN_FRONTEND NEEDRESTART_MODE NEEDRESTART_SUSPEND
  exec apt-get -o DPkg::Lock::Timeout=120 "$@" >"$RUN/apt.log" 2>&1 </dev/null 9>&-
)

# Packages stay when netloom goes: others may use them by now.
packages_left() {
  record_good "$STATE/packages" || not_restored "packages that netloom installed (their list is damaged; /var/log/apt/history.log may have them)"
  left=$(record_lines "$STATE/packages")
  # shellcheck disable=SC2086 # names are words
  [ -z "$left" ] || say "packages left:" $left
}

# Modules that were in use when they were to go. The connection that asked for a revert may have been who used them, so
# once more; what is in use even now stays until the next boot, and is no fault.
modules_left() {
  [ -s "$RUN/modules-left" ] || return 0
  left=
  while read -r left_module; do
    case " $left " in *" $left_module "*) continue ;; esac
    modprobe -r "$left_module" 2>/dev/null </dev/null || ! module_loaded "$left_module" || left="$left $left_module"
  done <"$RUN/modules-left"
  [ -z "$left" ] || say "modules left:$left"
}
