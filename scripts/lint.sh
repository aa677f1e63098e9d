#!/usr/bin/env bash
# Layout, static analysis and shell scripts; stops at the first kind that finds something.
# Usage: scripts/lint.sh BUILD_FOLDER WINDOWS_BUILD_FOLDER   (configured: they hold compile_commands.json)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
windows_build=$2

mapfile -t sources < <(git ls-files '*.cc')
mapfile -t windows < <(git ls-files 'src/*/windows/*.cc' 'test/windows/fake/*.cc' 'test/unit/windows/*.cc')
mapfile -t tidied < <(git ls-files '*.cc' ':!:src/*/windows/*' ':!:test/windows/fake/*' ':!:test/unit/windows/*')
mapfile -t headers < <(git ls-files '*.h')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run 'scripts/debian/p*')

echo "clang-format: ${#sources[@]} sources, ${#headers[@]} headers"
clang-format --dry-run --Werror "${sources[@]}" "${headers[@]}"

echo "shellcheck: ${#scripts[@]} scripts"
shellcheck "${scripts[@]}"

# A fault that is found is repaired; the list is of those that were found before it was closed.
echo "test/known-faults: no line that is new"
faults() { awk '!/^#/ && NF {print $1}' | sort; }
closed=$(git log -1 --format=%H --grep='The list of known faults is closed')
if [ -n "$closed" ]; then
  new=$(comm -13 <(git show "$closed:test/known-faults" | faults) <(faults <test/known-faults))
  [ -z "$new" ] || { echo "test/known-faults has new lines of: ${new//$'\n'/ }" >&2; exit 1; }
fi

echo "cppcheck"
cppcheck --quiet --error-exitcode=1 --std=c++20 --language=c++ --inline-suppr \
  --enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=unknownMacro \
  -I include src plugins

echo "clang-tidy: ${#tidied[@]} sources of this system (a few minutes)"
printf '%s\n' "${tidied[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$build" 2> >(grep -v 'warnings generated' >&2)

echo "clang-tidy: ${#windows[@]} sources of Windows"
library=$(x86_64-w64-mingw32-g++-posix -print-file-name=include)/c++
printf '%s\n' "${windows[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$windows_build" \
  --extra-arg=--target=x86_64-w64-mingw32 --extra-arg="-isystem$library" \
  --extra-arg="-isystem$library/x86_64-w64-mingw32" 2> >(grep -v 'warnings generated' >&2)
