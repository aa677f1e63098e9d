#!/usr/bin/env bash
# Layout, static analysis and shell scripts; stops at the first kind that finds something.
# Usage: scripts/lint.sh BUILD_FOLDER   (configured: it holds compile_commands.json)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1

mapfile -t sources < <(git ls-files '*.cc')
mapfile -t tidied < <(git ls-files '*.cc' ':!:*/windows/*')
mapfile -t headers < <(git ls-files '*.h')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)

echo "clang-format: ${#sources[@]} sources, ${#headers[@]} headers"
clang-format --dry-run --Werror "${sources[@]}" "${headers[@]}"

echo "shellcheck: ${#scripts[@]} scripts"
shellcheck "${scripts[@]}"

echo "cppcheck"
cppcheck --quiet --error-exitcode=1 --std=c++20 --language=c++ --inline-suppr \
  --enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=unknownMacro \
  -I include src plugins

echo "clang-tidy: ${#tidied[@]} sources of this system (a few minutes)"
printf '%s\n' "${tidied[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$build" 2> >(grep -v 'warnings generated' >&2)
