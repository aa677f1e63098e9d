# shellcheck shell=bash
# Sourced by what the tests have the node do.
export PATH=/opt/cni/bin:$PATH CNI_PATH=/opt/cni/bin:/usr/lib/cni
mode=$(cat /run/mode 2>/dev/null || echo transparent)
more=$(cat /run/more 2>/dev/null)

# cni VERB POD: the plugin, as a runtime calls it.
cni() {
  CNI_COMMAND=$1 CNI_CONTAINERID=$(printf '%s' "$2" | sha256sum | cut -c1-64) CNI_NETNS=/run/netns/$2 CNI_IFNAME=eth0 \
    CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=$2" azure-vnet <<JSON
{"cniVersion": "1.1.0", "name": "azure", "type": "azure-vnet", "mode": "$mode"$more${special:-}, "ipam": {"type": "azure-vnet-ipam"}}
JSON
}
add() { ip netns add "$1" && ip -n "$1" link set lo up && cni ADD "$1"; }
del() { cni DEL "$1" && ip netns del "$1"; }
# Of a test that failed.
clean() { { del a; del b; azure-vnet network rm azure; } >/dev/null 2>&1; }
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

# Asks for a name twice a second, until names_lost, which says how many had no answer.
watch_names() {
  touch /run/watching
  while [ -e /run/watching ]; do
    if resolves; then echo found; else echo lost; fi
    sleep 0.5
  done >/run/names 2>&1 &
}
names_lost() {
  rm /run/watching
  grep -c lost /run/names || true
}

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
# As kubelet asks, until what was taken away is back.
repaired() { status >/dev/null && azure-vnet status >/dev/null; }

# Does what doctor says of a finding, if it has it.
heed() { eval "$(azure-vnet doctor -o json | jq -r ".[] | select(.id == \"$1\") | .command")"; }

# A pod of that name with port 80, which is port 8080 of the host.
serve_in() {
  mkdir -p /run/www && echo welcome >/run/www/index.html
  special=', "runtimeConfig": {"portMappings": [{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}]}' add "$1" &&
    ip netns exec "$1" busybox httpd -p 80 -h /run/www
}
# What firewalls end: ways through the host.
forwards() {
  try 20 in_pod a ping -n -q -c 1 -W 2 203.0.113.9 && try 20 curl -sf -m 3 -o /dev/null http://10.240.1.4:8080/ &&
    try 20 curl -sf -m 3 -o /dev/null http://127.0.0.1:8080/
}
has_address() { ip -4 -o address show scope global | grep -qF " ${1:-10.240.1.4}/"; }
has_no_address() { ! has_address "$@"; }
# Seconds that the host's address has to live.
life() { ip -4 -o address show scope global | grep -F ' 10.240.1.4/' | grep -o 'valid_lft [0-9]*' | cut -d ' ' -f 2; }
# renewed TIMES: waits until it got a longer life that often.
renewed() {
  local left=$1 last now until=$((SECONDS + 180))
  last=$(life)
  while [ "$left" -gt 0 ] && [ $SECONDS -lt $until ]; do
    sleep 0.5
    now=$(life)
    if [ "${now:-0}" -gt "${last:-0}" ]; then left=$((left - 1)); fi
    last=$now
  done
  [ "$left" -eq 0 ]
}
