#!/usr/bin/env bash
# SHA256SUMS over all packages below a folder, by name alone: as a release has them side by side.
# Usage: scripts/checksums.sh OUTPUT_FOLDER
set -euo pipefail
cd "$1"
find . -type f \( -name '*.tgz' -o -name '*.zip' -o -name '*.deb' \) -exec sha256sum {} + | sed 's, \./\(.*/\)\?, ,' | sort -k 2 >SHA256SUMS
