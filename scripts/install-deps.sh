#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that the build, the tests and the lint need; does nothing
# when all are there.
set -euo pipefail

packages=(
  # build
  g++ cmake ninja-build pkg-config git nlohmann-json3-dev libnl-3-dev libspdlog-dev libfmt-dev libcli11-dev
  # tests and the lab
  libgtest-dev libgmock-dev iproute2 nftables iputils-ping iptables strace file procps containernetworking-plugins
  containerd runc libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  # lint
  clang-format clang-tidy cppcheck shellcheck
)

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

[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "these packages are missing; install them, or run make as root: ${missing[*]}" >&2
  exit 1
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
