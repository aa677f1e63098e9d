# shellcheck shell=bash
# Sourced by what the tests have the node do.
export PATH=/opt/cni/bin:$PATH CNI_PATH=/opt/cni/bin:/usr/lib/cni
mode=$(cat /run/mode 2>/dev/null || echo transparent)

# cni VERB POD: the plugin, as a runtime calls it.
cni() {
  CNI_COMMAND=$1 CNI_CONTAINERID=$(printf '%s' "$2" | sha256sum | cut -c1-64) CNI_NETNS=/run/netns/$2 CNI_IFNAME=eth0 \
    CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=$2" azure-vnet <<JSON
{"cniVersion": "1.1.0", "name": "azure", "type": "azure-vnet", "mode": "$mode"${more:-}, "ipam": {"type": "azure-vnet-ipam"}}
JSON
}
add() { ip netns add "$1" && ip -n "$1" link set lo up && cni ADD "$1"; }
del() { cni DEL "$1" && ip netns del "$1"; }
in_pod() { ip netns exec "$@"; }
address_of() { ip -n "$1" -4 -br address show eth0 | awk '{ sub("/.*", "", $3); print $3 }'; }

# try SECONDS COMMAND...: until it succeeds.
try() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $until ] || { echo "FAILED: $*"; return 1; }
    sleep 0.2
  done
}
pings() { ping -n -q -c 1 -W 2 "$@" >/dev/null; }
resolves() { timeout 8 resolvectl query --cache=no probe.internal.cloudapp.net >/dev/null; }

# What a node is for: the host and its pods reach whom they should.
host_works() { # also of names, by systemd-resolved
  try 20 pings 10.240.0.1 && try 20 pings 203.0.113.9 && try 20 curl -sf -m 3 -o /dev/null http://168.63.129.16/ &&
    try 20 resolves
}
pod_works() {
  local address
  address=$(address_of "$1")
  try 20 in_pod "$1" ping -n -q -c 1 -W 2 10.240.0.1 && try 20 in_pod "$1" ping -n -q -c 1 -W 2 "$(host_address)" &&
    try 20 pings "$address"
}
host_address() { ip -4 -o address show scope global | awk '$4 ~ /^10\.240\.1\.4\// { print "10.240.1.4"; exit }'; }
online() { /lib/systemd/systemd-networkd-wait-online --any --timeout="${1:-120}"; }
bridge() { ip -br link show type bridge | awk '{ print $1; exit }'; }
status() { cni STATUS a; }
state() { ip -br address; ip route; ip neigh; networkctl list --no-pager; ls -l /run/systemd/network; tail -n 20 /var/log/azure-vnet.log; }
