#!/usr/bin/env bash
# Attaches one container of this node's containerd, as a runtime would, and shows its address, its routes, and a ping
# to its node. No image is pulled: the container sees the host's programs, read-only.
# Usage: scripts/try-pod.sh [COMMAND...]   instead of that, as `sh -c COMMAND` within the container
set -euo pipefail

command -v ctr >/dev/null || { echo "try-pod: containerd is not installed" >&2 && exit 1; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/usr" "$root/etc" "$root/proc" "$root/sys" "$root/dev"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done

node=$(ip -4 route get 168.63.129.16 | sed -n 's/.* src \([^ ]*\).*/\1/p')
script=${*:-"ip -brief address show dev eth0 && ip route && ping -n -c 1 -W 5 $node"}
ctr run --rm --cni --rootfs --snapshotter native --mount type=bind,src=/usr,dst=/usr,options=rbind:ro \
  --env PATH=/usr/sbin:/usr/bin "$root" "try-pod-$$" /usr/bin/sh -c "$script"
