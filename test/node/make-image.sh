#!/usr/bin/env bash
# The disk of a Debian 12 node as cloud-init leaves it on Azure, with its kernel and initrd beside it: made once, and
# kept until this script changes. Prints the folder.
# Usage: make-image.sh [FOLDER]   by default $AZCNI_NODE_IMAGES, else /var/cache/azure-vnet-node
# AZCNI_DEBIAN_MIRROR: by default the mirror that this machine's apt uses, if it is a Debian.
set -euo pipefail

packages=(
  linux-image-amd64 systemd systemd-sysv systemd-resolved libpam-systemd dbus udev kmod
  network-manager netplan.io firewalld ufw iptables nftables ipset ipvsadm
  containerd runc containernetworking-plugins busybox-static
  iproute2 iputils-ping procps tcpdump conntrack curl jq python3-minimal ca-certificates
)
nic_mac=00:0d:3a:6e:18:25

script=$(readlink -f "$0")
images=${1:-${AZCNI_NODE_IMAGES:-/var/cache/azure-vnet-node}}
image=$images/$(sha256sum <"$script" | cut -c1-16)
if [ -e "$image/disk.img" ]; then echo "$image"; exit 0; fi

mirror() {
  [ -z "${AZCNI_DEBIAN_MIRROR:-}" ] || { echo "$AZCNI_DEBIAN_MIRROR"; return; }
  local known
  # shellcheck disable=SC2016  # apt's own variables
  known=$(apt-get indextargets --format '$(ORIGIN) $(SITE)' 2>/dev/null |
    awk '$1 == "Debian" && $2 ~ /\/debian\/?$/ { print $2; exit }')
  echo "${known:-http://deb.debian.org/debian}"
}

in_root() { chroot "$root" "$@"; }

configure_network() {
  echo node1 >"$root/etc/hostname"
  echo '127.0.0.1 localhost node1' >"$root/etc/hosts"
  cat >"$root/etc/netplan/50-cloud-init.yaml" <<YAML
network:
    version: 2
    ethernets:
        eth0:
            dhcp4: true
            dhcp4-overrides:
                route-metric: 100
            dhcp6: false
            match:
                macaddress: $nic_mac
            set-name: eth0
YAML
  chmod 600 "$root/etc/netplan/50-cloud-init.yaml"
  ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
}

# Scripts that the host puts into the share run one after another; each line to the host is an exit status.
configure_agent() {
  mkdir -p "$root/mnt/share"
  cat >"$root/usr/local/sbin/agent" <<'AGENT'
#!/bin/bash
exec 3<>/dev/virtio-ports/agent
echo 0 >&3
while read -r job <&3; do
  bash "/mnt/share/$job" >"/mnt/share/$job.out" 2>&1 3>&- </dev/null
  echo $? >&3
done
AGENT
  chmod +x "$root/usr/local/sbin/agent"
  cat >"$root/etc/systemd/system/agent.service" <<'UNIT'
[Unit]
Description=What the tests have this node do

[Service]
KillMode=process
ExecStartPre=modprobe -a 9pnet_virtio virtio_console
ExecStartPre=mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /mnt/share
ExecStart=/usr/local/sbin/agent

[Install]
WantedBy=multi-user.target
UNIT
  in_root systemctl --quiet enable agent systemd-networkd systemd-resolved
  in_root systemctl --quiet disable firewalld ufw NetworkManager NetworkManager-wait-online containerd \
    systemd-networkd-wait-online
}

mkdir -p "$images"
exec 9>"$images/lock"
flock 9
if [ -e "$image/disk.img" ]; then echo "$image"; exit 0; fi
made=$(mktemp -d "$images/new.XXXXXX")
trap 'rm -rf "$made"' EXIT
root=$made/root
url=$(mirror)
echo "making a Debian 12 node from $url: some minutes" >&2
list=$(IFS=,; echo "${packages[*]}")
debootstrap --variant=minbase --include="$list" bookworm "$root" "$url" >"$made/log" 2>&1 ||
  { tail -20 "$made/log" >&2; exit 1; }
in_root passwd --quiet --delete root
configure_network
configure_agent
truncate -s 3G "$made/disk.img"
mke2fs -q -F -t ext4 -d "$root" "$made/disk.img"
cp "$root"/boot/vmlinuz-* "$made/vmlinuz"
cp "$root"/boot/initrd.img-* "$made/initrd"
rm -rf "$root"
rm -rf "$image"
mv "$made" "$image"
trap - EXIT
echo "$image"
