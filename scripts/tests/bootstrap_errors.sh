#!/usr/bin/env bash
# Checks what scripts/bootstrap says when it cannot fetch a file: offline, wrong checksum from the
# index, damaged file in the cache. Run by vision/tests/bootstrap.rs; needs no network.
#
# It runs a copy of the checkout's set-up files, with a cargo that does nothing, so that neither
# the real cache nor the real checkout is touched.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/tree/vision/features/src" "$work/bin" "$work/index" "$work/cache"
cp -r "$root/scripts" "$work/tree/"
cp -r "$root/vision/features/golden" "$work/tree/vision/features/"
cp -r "$root/vision/features/src/backbone" "$work/tree/vision/features/src/"
# apt is not this test's business: no package is missing where there is no list of them.
sed -i 's/^packages=(/packages=() unused=(/' "$work/tree/scripts/bootstrap"
printf '#!/bin/sh\nexit 0\n' >"$work/bin/cargo"
chmod +x "$work/bin/cargo"

runtime_line=$(grep '^wheel nvidia_cuda_runtime ' "$root/scripts/pins")
runtime_file=${runtime_line##* }

# bootstrap: runs the copy with pip pointed at $work/index; its output goes to $work/out.
bootstrap() {
  env -u LIBTORCH -u LIBTORCH_USE_PYTORCH PATH="$work/bin:$PATH" XDG_CACHE_HOME="$work/cache" \
    PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS="$work/index" \
    "$work/tree/scripts/bootstrap" >"$work/out" 2>&1
}

# expect WHAT TEXT...: bootstrap fails and says each text.
expect() {
  local what=$1 text
  shift
  if bootstrap; then
    echo "FAILED: $what: bootstrap succeeded" >&2
    exit 1
  fi
  for text in "$@"; do
    grep -qF -- "$text" "$work/out" || {
      printf 'FAILED: %s: no "%s" in:\n' "$what" "$text" >&2
      cat "$work/out" >&2
      exit 1
    }
  done
  [[ ! -e $work/tree/.cargo/config.toml ]] || {
    echo "FAILED: $what: a failed set-up left a cargo configuration" >&2
    exit 1
  }
  echo "ok: $what"
}

expect "offline is said, with the file and the remedy" \
  "$runtime_file could not be fetched" "offline, or the package index" "connect and run scripts/bootstrap again"

echo "another build" >"$work/index/$runtime_file"
expect "a wrong checksum from the index is said" \
  "wrong checksum: $runtime_file" "another SHA-256 than scripts/pins says"
[[ -z $(find "$work/cache" -name '*.whl' -o -name '.fetch.*') ]] || {
  echo "FAILED: a refused download stayed in the cache" >&2
  exit 1
}

cp "$work/index/$runtime_file" "$work/cache/inspectd/downloads/"
expect "a damaged file in the cache is said" \
  "wrong checksum: $work/cache/inspectd/downloads/$runtime_file" "delete the file and run scripts/bootstrap again"
