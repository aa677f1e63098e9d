#!/usr/bin/env bash
# Line coverage of the unit tests, the worst first, of the sources that need no root: the others ask the kernel, files
# or programs, and test/net has them. "all" as argument: of every source.
set -euo pipefail
cd "$(dirname "$0")/.."
impure='^src/(base/linux|store)/|^src/cni/(delegate|plugin)\.cc|^src/network/linux/(nft/socket|objects/sysctl)\.cc'
impure+='|^src/network/linux/(diagnostics|forward_accept|link_managers|linux_backend|namespace|netns|nic_[a-z]*|remains)\.cc'
impure+='|^src/network/linux/(resolved|sysctl|xtables)\.cc'
impure+='|^plugins/.*/(add|check|cli|context|del|doctor|gc|ipam_reports|lease_store|main|network|refresh|stale|status)\.cc'
impure+='|^plugins/.*/[a-z]*_verbs\.cc'
[ "${1:-}" != all ] || impure='^$'

cmake --preset coverage >/dev/null
cmake --build --preset coverage
find build-coverage -name '*.gcda' -delete
build-coverage/test/unit/unit_tests --gtest_brief=1
find build-coverage -name '*.gcno' -exec gcov --no-output {} + 2>/dev/null | awk -v impure="$impure" -F "'" '
  /^File/ { file = $2; sub(/^\.\.\//, "", file) }
  /^Lines executed/ && file ~ /^(src|plugins)\/.*\.cc$/ && file !~ impure {
    split($0, figure, /[:%]| of /)
    printf "%5.1f %% of %3d  %s\n", figure[2], figure[4], file | "sort -n"
    lines += figure[4]
    run += figure[2] / 100 * figure[4]
    file = ""
  }
  END { close("sort -n"); printf "%5.1f %% of %d lines\n", 100 * run / lines, lines }'
