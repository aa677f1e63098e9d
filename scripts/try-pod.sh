#!/usr/bin/env bash
# Attaches one container of this node's containerd, as a runtime would, and shows that it is reached: its address,
# its routes, and a ping to its gateway. No image is pulled: the container sees the host's programs, read-only.
# Usage: scripts/try-pod.sh [COMMAND...]   instead of that, as `sh -c COMMAND` within the container
set -euo pipefail

command -v ctr >/dev/null || { echo "try-pod: containerd is not installed" >&2 && exit 1; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/usr" "$root/etc" "$root/proc" "$root/sys" "$root/dev"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done

# shellcheck disable=SC2016 # it is expanded within the container
script=${*:-'ip -brief address show dev eth0 && ip route && ping -n -c 1 -W 5 $(ip route | sed -n "s/^default via \([^ ]*\).*/\1/p")'}
ctr run --rm --cni --rootfs --snapshotter native --mount type=bind,src=/usr,dst=/usr,options=rbind:ro \
  "$root" "try-pod-$$" sh -c "$script"
