#!/usr/bin/env bash
# Makes the package of a system, flat, as installers expect it since the Go plugins; the same bytes for the same
# commit. Usage: scripts/package.sh OS ARCH VERSION BIN_FOLDER OUTPUT_FOLDER; prints the package's path.
set -euo pipefail
cd "$(dirname "$0")/.."
os=$1 arch=$2 version=$3 bin=$4 output=$5
package=azure-vnet-cni-$os-$arch-$version
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
extension='' conflist=conf/transparent.conflist script=scripts/install-cni-plugin.sh archive=$package.tgz
if [ "$os" = windows ]; then extension=.exe conflist=conf/windows.conflist script=scripts/install-cni-plugin.ps1 archive=$package.zip; fi
files=("azure-vnet$extension" "azure-vnet-ipam$extension" 10-azure.conflist "$(basename "$script")" LICENSE THIRD_PARTY_LICENSES)
for name in "${files[@]:0:2}"; do install -m 0755 "$bin/$name" "$stage/$name"; done
install -m 0644 "$conflist" "$stage/10-azure.conflist"
install -m 0755 "$script" "$stage/"
install -m 0644 LICENSE "$stage/"
cat THIRD_PARTY_LICENSES licenses/LGPL-2.1.txt >"$stage/THIRD_PARTY_LICENSES"
chmod 0644 "$stage/THIRD_PARTY_LICENSES"
find "$stage" -exec touch -h -d "@$epoch" {} +

mkdir -p "$output"
output=$(cd "$output" && pwd)
install -t "$output" "$stage/azure-vnet$extension" "$stage/azure-vnet-ipam$extension"
install -m 0644 "$stage/10-azure.conflist" "$output/"
rm -f "$output/$archive"
if [ "$os" = windows ]; then
  (cd "$stage" && TZ=UTC zip -qX "$output/$archive" "${files[@]}")
else
  tar --format=ustar --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$stage" -cf - "${files[@]}" |
    gzip -n >"$output/$archive"
fi
(cd "$output" && sha256sum "$archive" >"$archive.sha256")
echo "$output/$archive"
