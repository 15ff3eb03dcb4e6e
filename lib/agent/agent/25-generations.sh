# A generation is a directory and a manifest of it, SHA256 TAB MODE TAB INSTALL TAB PATH. What a host keeps is sealed: the
# manifest names the filled peer tables too, not the programs (they are installed), and ends in its own sum.

sha256_sums() { if has sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# unlike_manifest DIR: a file of DIR that is not what the manifest says; nothing when all are.
unlike_manifest() {
  unlike_sums=$(awk -F "$TAB" '$3 != "end" { print $1 "  " $4 }' "$1/manifest")
  printf '%s\n' "$unlike_sums" | (cd "$1" && sha256_sums -c 2>/dev/null) |
    awk -v wanted="$(printf '%s\n' "$unlike_sums" | wc -l)" '
      / OK$/ { ok++; next }
      /: FAILED/ && bad == "" { bad = $0; sub(/: FAILED.*/, "", bad) }
      END { if (bad == "" && ok != wanted) bad = "manifest"; print bad }'
}

# intact ID: the generation is there, as it was sealed.
intact() {
  [ "$1" != empty ] || return 0
  intact_place=$STATE/gen/$1
  [ -s "$intact_place/manifest" ] || return 1
  split_end "$intact_place/manifest"
  intact_sum=$(printf '%s' "$split_body" | sha256_sums)
  [ "${intact_sum%% *}$TAB-${TAB}end${TAB}manifest" = "$split_end" ] || return 1
  # A NixOS system may have been collected as garbage.
  ! live || [ ! -f "$intact_place/host.nix" ] || [ -e "$intact_place/system" ] || return 1
  [ -z "$(unlike_manifest "$intact_place")" ]
}

# seal DIR
seal() {
  {
    awk -F "$TAB" '$3 != "end" && $4 !~ /^(agent\.sh|checks\.sh|filled\/.*)$/' "$1/manifest"
    [ ! -d "$1/filled" ] || (cd "$1" && find filled -type f | sort) | while read -r seal_path; do
      printf '%s\t0600\tnone\t%s\n' "$(sha256_of "$1/$seal_path")" "$seal_path"
    done
  } >"$1/manifest.new" || return 1
  printf '%s\t-\tend\tmanifest\n' "$(sha256_of "$1/manifest.new")" >>"$1/manifest.new" && mv -f "$1/manifest.new" "$1/manifest" && set_modes "$1"
}

# Programs that are not root read their files through our links; pre-shared keys are for root alone.
set_modes() { # DIR
  find "$1" -type d -exec chmod 755 {} + && find "$1" -type f -exec chmod 644 {} + || return 1
  [ ! -d "$1/filled" ] || chmod 700 "$1/filled"
  awk -F "$TAB" '$3 != "end" && $2 != "0644" { print $2 "\t" $4 }' "$1/manifest" | while IFS=$TAB read -r modes_mode modes_path; do
    chmod "$modes_mode" "$1/$modes_path" || exit 1
  done
}

# put_generation DIR ID: DIR becomes the generation, unless the same is there and intact.
put_generation() {
  put_place=$STATE/gen/$2
  if cmp -s "$1/manifest" "$put_place/manifest" && intact "$2"; then
    set_modes "$put_place" || die "modes of generation $2 cannot be set"
    rm -rf "$1"
    return
  fi
  rm -rf "$put_place.new" "$put_place.old"
  # DIR may be on another file system.
  mv "$1" "$put_place.new" || die "$put_place.new cannot be written"
  persist "$STATE"
  [ ! -d "$put_place" ] || mv "$put_place" "$put_place.old"
  mv "$put_place.new" "$put_place" || die "generation $2 cannot be put in its place"
  rm -rf "$put_place.old"
}

# An agent of version 1 did not seal.
seal_old() {
  for old in "$STATE/gen"/*; do
    case ${old##*/} in empty | *.*) continue ;; esac
    # One that is damaged stays so, and is staged again.
    seal "$old" 2>/dev/null || :
  done
}

# persist PATH: what was written to its file system is on the disk, before anything names it.
persist() { sync -f "$1" 2>/dev/null || sync; }

# The programs on this host are those that were staged.
programs_intact() { [ -s "$STATE/programs" ] && (cd "$STATE" && sha256_sums -c programs) >/dev/null 2>&1; }

# `wanted` has the staged digest and who deployed it: the id of a Terraform resource, or "-".
wanted_text() {
  wanted_line=$(sealed_line "$STATE/wanted")
  [ -n "$wanted_line" ] || sealed_format || wanted_line=$(read_line "$STATE/wanted")
  printf '%s' "$wanted_line"
}
wanted_digest() { wanted_text | cut -f 1; }
owner() { wanted_text | cut -f 2; }

# The staged digest, if the runner need not stage it again.
staged_whole() {
  staged=$(wanted_digest)
  if [ -n "$staged" ] && programs_intact && intact "$staged"; then say "$staged"; fi
}
