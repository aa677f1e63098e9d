#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that are needed; does nothing when all are there.
# Usage: scripts/install-deps.sh build [lab] [tests] [node]
#   build: the plugins
#   lab:   the lab with its demo and most tests, the lint
#   tests: the rest: a container runtime, Windows' compiler, Wine
#   node:  the virtual machine of make test-node
set -euo pipefail

# The test framework is looked for when the build is configured.
build=(
  g++ cmake ninja-build pkg-config git nlohmann-json3-dev libnl-3-dev libspdlog-dev libfmt-dev libcli11-dev
  libgtest-dev libgmock-dev
)
lab=(
  iproute2 nftables iputils-ping iptables strace file procps hostname containernetworking-plugins curl wget man-db
  clang-format clang-tidy cppcheck shellcheck
)
tests=(
  containerd runc libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  g++-mingw-w64-x86-64-posix wine64 zip
)
node=(qemu-system-x86 debootstrap debian-archive-keyring e2fsprogs dnsmasq-base)
packages=("${build[@]}")
[[ " $* " != *" lab "* ]] || packages+=("${lab[@]}")
[[ " $* " != *" node "* ]] || packages+=("${node[@]}")
[[ " $* " != *" tests "* ]] || packages+=("${tests[@]}")

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
# Boost's headers: Debian 12's default is older than what it also has; elsewhere the default is newer.
if ! is_installed libboost1.81-dev && ! is_installed libboost-dev; then
  boost=libboost-dev
  if grep -q '^VERSION_ID="12"' /etc/os-release && grep -q '^ID=debian' /etc/os-release; then boost=libboost1.81-dev; fi
  missing+=("$boost")
fi

fetch_containerd2() {
  if [[ " $* " != *" tests "* ]] || [ "$(id -u)" -ne 0 ]; then return; fi
  "$(dirname "$0")/../test/runtime/fetch-containerd2.sh" >/dev/null ||
    echo "containerd 2 can't be fetched: test/runtime goes without it" >&2
}

if [ ${#missing[@]} -eq 0 ]; then
  fetch_containerd2 "$@"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "these packages are missing; install them, or run make as root: ${missing[*]}" >&2
  exit 1
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fetch_containerd2 "$@"
