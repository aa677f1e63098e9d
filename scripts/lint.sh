#!/usr/bin/env bash
# Layout, static analysis and shell scripts; stops at the first kind that finds something.
# Usage: scripts/lint.sh BUILD_FOLDER WINDOWS_BUILD_FOLDER   (configured: they hold compile_commands.json)
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
windows_build=$2

mapfile -t sources < <(git ls-files '*.cc')
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

# docs/architecture.md has the words; these were others for the same things.
echo "names: none of those that were given up"
if git grep -nwE 'Turns?|Ledger|Wish|Leniency|last_words|bring_to_absent|ask_neighbour|leftovers|trouble_of|pin_mac|add_way_to_container|add_host_way|add_route_behind|deliver_to_host|is_key_of|limit_sending|wait_for_kernel|HnsVersion|give_to_container|unless_gone|Disease|Greeter|Enclosure|people|places' \
  -- 'include/*' 'src/*.h' 'src/*.cc' 'plugins/*.h' 'plugins/*.cc' 'test/*.h' 'test/*.cc' | grep -vE '//|"'; then
  echo "see the words in docs/architecture.md" >&2
  exit 1
fi

echo "cppcheck"
cppcheck --quiet --error-exitcode=1 --std=c++20 --language=c++ --inline-suppr \
  --enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=unknownMacro \
  -I include src plugins

scripts/tidy.sh "$build" .
library=$(x86_64-w64-mingw32-g++-posix -print-file-name=include)/c++
scripts/tidy.sh "$windows_build" windows/ --extra-arg=--target=x86_64-w64-mingw32 --extra-arg="-isystem$library" \
  --extra-arg="-isystem$library/x86_64-w64-mingw32"
