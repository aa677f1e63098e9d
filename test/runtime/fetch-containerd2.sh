#!/usr/bin/env bash
# containerd 2, which Debian 12 has not: the package of Debian's sid, unpacked, for runc of the machine. Fetched once,
# by an apt with lists and sources of its own: the machine's stay as they are. Prints the folder of its programs.
# Usage: fetch-containerd2.sh [FOLDER]   by default /var/cache/azure-vnet-containerd2
# AZCNI_DEBIAN_MIRROR: by default the mirror that this machine's apt uses, if it is a Debian.
set -euo pipefail

folder=${1:-/var/cache/azure-vnet-containerd2}
if [ -x "$folder/usr/bin/containerd" ]; then echo "$folder/usr/bin"; exit 0; fi

mirror=${AZCNI_DEBIAN_MIRROR:-}
if [ -z "$mirror" ]; then
  # shellcheck disable=SC2016  # apt's own variables
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(SITE)' 2>/dev/null |
    awk '$1 == "Debian" && $2 ~ /\/debian\/?$/ { print $2; exit }')
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/root"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} sid main" \
  >"$work/sid.list"
apt=(apt-get -qq -o "Dir::Etc::SourceList=$work/sid.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
"${apt[@]}" update >&2
(cd "$work" && "${apt[@]}" download containerd >&2)
dpkg-deb -x "$work"/containerd_*.deb "$work/root"
"$work/root/usr/bin/containerd" --version >&2
mkdir -p "$(dirname "$folder")"
chmod 755 "$work/root"
cp -a "$work/root" "$folder.new"
rm -rf "$folder"
mv "$folder.new" "$folder"
echo "$folder/usr/bin"
