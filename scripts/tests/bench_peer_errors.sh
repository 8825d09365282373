#!/usr/bin/env bash
# Checks what scripts/bench-peer says before it has made its Python environment: no folder named,
# offline. Run by vision/tests/bootstrap.rs; needs no network and leaves the real cache alone.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The pinned files are for one Python and one processor; the checks are not about these.
mkdir -p "$work/scripts"
sed -e 's/^space=3500 /space=1 /' -e 's/== "3 11-x86_64"/!= ""/' "$root/scripts/bench-peer" >"$work/scripts/bench-peer"
chmod +x "$work/scripts/bench-peer"
cp "$root/scripts/peer-python.txt" "$work/scripts/"

# expect WHAT TEXT COMMAND...: the command fails and says the text, and no environment is left.
expect() {
  local what=$1 text=$2
  shift 2
  if XDG_CACHE_HOME="$work/cache" PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 "$@" >"$work/out" 2>&1; then
    echo "FAILED: $what: it succeeded" >&2
    exit 1
  fi
  grep -qF -- "$text" "$work/out" || {
    printf 'FAILED: %s: no "%s" in:\n' "$what" "$text" >&2
    cat "$work/out" >&2
    exit 1
  }
  [[ -z $(find "$work/cache" -name 'peer-*' 2>/dev/null) ]] || {
    echo "FAILED: $what: half an environment was left" >&2
    exit 1
  }
  echo "ok: $what"
}

expect "make says what to type" "make bench-peer DATA=folder" make -s -C "$root" bench-peer DATA=
expect "the script says what to type" "make bench-peer DATA=folder" "$work/scripts/bench-peer"
expect "offline is said, with the remedy" "offline: connect and run it again" "$work/scripts/bench-peer" "$work"
