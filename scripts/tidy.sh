#!/usr/bin/env bash
# clang-tidy over what a build compiles, several sources at once as the build does (CMAKE_UNITY_BUILD). What passed
# is remembered in BUILD_FOLDER/tidy by the content of all files of ours that it is made of.
# Usage: scripts/tidy.sh BUILD_FOLDER PATTERN [ARGUMENT_OF_CLANG_TIDY...]   (units that have a source of that pattern)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 pattern=$2
shift 2
mkdir -p "$build/tidy"

declare -A paths includes  # by the last part of a path; by path
mapfile -t all < <(git ls-files -co --exclude-standard '*.h' '*.cc')
for path in "${all[@]}"; do paths[${path##*/}]+=" $path"; done
while IFS=: read -r path line; do
  name=${line#*\"}
  name=${name%\"*}
  includes[$path]+=" ${name##*/}"
done < <(grep -H '^#include "' "${all[@]}")

# Prints the files of ours that these include, at any depth: of several with one name, all.
closure() {
  local -A seen=()
  local queue=("$@") path name each
  while ((${#queue[@]})); do
    path=${queue[-1]}
    unset 'queue[-1]'
    [ -z "${seen[$path]:-}" ] || continue
    seen[$path]=1
    for name in ${includes[$path]:-}; do
      for each in ${paths[$name]:-}; do queue+=("$each"); done
    done
  done
  printf '%s\n' "${!seen[@]}" | sort
}

sources_of() {
  case $1 in
    *.cxx) sed -n "s|^#include \"$PWD/\(.*\)\"$|\1|p" "$1" ;;
    *) echo "${1#"$PWD"/}" ;;
  esac
}

pending=()
while read -r unit; do
  mapfile -t sources < <(sources_of "$unit")
  [[ ${#sources[@]} -gt 0 && " ${sources[*]} " =~ $pattern ]] || continue
  mapfile -t files < <(closure "${sources[@]}")
  key=$({ clang-tidy --version; echo "$unit $*"; cat .clang-tidy scripts/cmake/*.cmake "${files[@]}"; } | sha256sum | cut -c1-40)
  [ -e "$build/tidy/$key" ] || pending+=("$build/tidy/$key $unit")
done < <(sed -n 's/^  "file": "\(.*\)",*$/\1/p' "$build/compile_commands.json" | grep -v -e cri_proto -e googletest | sort -u)

echo "clang-tidy: ${#pending[@]} units of $build to be looked at"
[ ${#pending[@]} -gt 0 ] || exit 0
look() {
  local passed=$1 unit=$2
  shift 2
  if clang-tidy --quiet -p "$build" --checks=-bugprone-suspicious-include "$@" "$unit" 2>"$passed.err"; then
    touch "$passed"
  else
    grep -v 'warnings generated' "$passed.err" >&2
    return 1
  fi
}
export -f look
export build
# shellcheck disable=SC2016 # expanded by the shell that xargs starts
printf '%s\n' "${pending[@]}" | xargs -P "$(nproc)" -I '{}' bash -c 'look $1 "${@:2}"' bash '{}' "$@"
