#!/usr/bin/env bash
# Installs, upgrades, rolls back or removes the azure-vnet CNI plugins on a Linux node.
#
# Usage: install-cni-plugin.sh --package FILE [OPTIONS]
#        AZCNI_RELEASES=URL install-cni-plugin.sh [OPTIONS] [VERSION] [CNI_PLUGINS_VERSION]
#   --package FILE        made by `make azure-cni-plugins`; FILE.sha256 or SHA256SUMS beside it
#   VERSION               of azure-vnet, with or without "v", from a mirror of yours; without it: its latest
#   CNI_PLUGINS_VERSION   of loopback and portmap, installed where they are missing
#   --mode MODE           transparent, bridge or tunnel: in the network configuration
#   --conflist FILE       another network configuration than the package's
#   --bin-dir DIR         for plugins, instead of /opt/cni/bin; remembered for the next time
#   --conf-dir DIR        for the network configuration, instead of where the runtime looks; remembered as well
#   --prefix DIR          install below DIR, touch nothing that runs
#   --dry-run             only say what would be done
#   --rollback            the version before
#   --drop-ins            only links where a runtime looks, and what networkd, NetworkManager, udev, cloud-init, firewalld
#                         and the kernel are told
#   --uninstall           give NICs back, remove all that is ours; there must be no containers
#
# Whatever fails before the first file is put in place changes nothing. Files are put in place by rename, so
# that a container that is being attached notices nothing; the network configuration comes last, and never over
# an administrator's changes. CNI_RELEASES names another place for loopback and portmap.
set -euo pipefail
umask 022 # networkd, which reads what is installed, is not root

releases=${AZCNI_RELEASES:-}
cni_releases=${CNI_RELEASES:-https://github.com/containernetworking/plugins/releases}
version='' cni_version=v1.1.1 package='' mode='' conflist='' bin_dir='' conf_dir='' prefix='' action=install dry_run=''
plugins=(azure-vnet azure-vnet-ipam)
helpers=(loopback portmap)

say() { echo "install-cni-plugin: $*"; }
fail() {
  echo "install-cni-plugin: $*" >&2
  exit 1
}

# Tools of the system's: what they refuse fails no installation, and is not hidden.
ask() { "$@" || echo "install-cni-plugin: failed: $*; the rest is done, run this by hand" >&2; }

usage() { sed -n '4,17s/^# \{0,1\}//p' "$0"; }

parse_arguments() {
  local words=() option
  while [ $# -gt 0 ]; do
    case $1 in
      --package | --mode | --conflist | --bin-dir | --conf-dir | --prefix)
        [ $# -gt 1 ] || fail "$1 needs a value"
        option=${1#--}
        printf -v "${option//-/_}" '%s' "$2"
        shift
        ;;
      --dry-run) dry_run=yes ;;
      --rollback | --drop-ins | --uninstall) action=${1#--} ;;
      -h | --help)
        usage
        exit 0
        ;;
      -*) fail "unknown option $1; --help lists them" ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  [ ${#words[@]} -le 2 ] || fail "too many arguments; --help shows what there is"
  if [ ${#words[@]} -gt 0 ]; then version=v${words[0]#v}; fi
  if [ ${#words[@]} -gt 1 ]; then cni_version=v${words[1]#v}; fi
  case $mode in '' | transparent | bridge | tunnel) ;; *) fail "--mode: transparent, bridge or tunnel, not $mode" ;; esac
}

architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) fail "there is no package for $(uname -m)" ;;
  esac
}

# --- Files. What is staged stands beside its place, under a name that no runtime reads.

staged=()
made=()

clean_up() {
  local folder
  if [ ${#staged[@]} -gt 0 ]; then rm -f -- "${staged[@]/%/.azure-vnet-new}"; fi
  if [ -n "${work:-}" ]; then rm -rf -- "$work"; fi
  for folder in "${made[@]}"; do
    if [ -d "$folder" ]; then rmdir --ignore-fail-on-non-empty -- "$folder"; fi
  done
}

make_folder() {
  local folder=$1
  while [ ! -d "$folder" ]; do
    made+=("$folder")
    folder=$(dirname "$folder")
  done
  mkdir -p "$1"
}

# stage SOURCE TARGET MODE
stage() {
  staged+=("$2")
  if [ -n "$dry_run" ]; then return; fi
  make_folder "$(dirname "$2")"
  cp -- "$1" "$2.azure-vnet-new"
  chmod "$3" "$2.azure-vnet-new"
  if [ "$(id -u)" -eq 0 ]; then chown 0:0 "$2.azure-vnet-new"; fi
}

# Renames only, which need no room: what can fail has failed before.
put_staged_in_place() {
  local target
  for target in "${staged[@]}"; do
    say "${dry_run:+would install }$target"
    if [ -n "$dry_run" ]; then continue; fi
    if cmp -s -- "$target" "$target.azure-vnet-new"; then rm -f -- "$target.azure-vnet-new"; else mv -f -- "$target.azure-vnet-new" "$target"; fi
    if command -v restorecon >/dev/null; then ask restorecon "$target"; fi
  done
  staged=()
}

# --- Downloads.

# download URL FILE
download() {
  if command -v curl >/dev/null; then
    curl -fsSL --retry 3 --connect-timeout 10 -o "$2" "$1" || fail "download failed: $1"
  elif command -v wget >/dev/null; then
    wget -q --tries 3 --timeout 30 -O "$2" "$1" || fail "download failed: $1"
  else
    fail "neither curl nor wget is here; bring the package by hand and use --package"
  fi
}

# verify FILE NAME SUMS: the line of NAME in a list of checksums, or one checksum alone
verify() {
  local expected actual
  expected=$(awk -v name="$2" 'NF == 1 || $2 == name || $2 == "*" name { print $1; exit }' "$3")
  actual=$(sha256sum "$1" | cut -d ' ' -f 1)
  [ -n "$expected" ] || fail "$2: there is no checksum for it in $(basename "$3")"
  [ "$expected" = "$actual" ] || fail "$2: its checksum is $actual, not $expected: nothing is changed"
}

fetch_package() {
  local name sums=$work/SHA256SUMS from=$releases/download/$version
  if [ -n "$package" ]; then
    [ -f "$package" ] || fail "there is no file $package"
    sums=$(dirname "$package")/SHA256SUMS
    if [ -f "$package.sha256" ]; then sums=$package.sha256; fi
    [ -f "$sums" ] || fail "there is neither $package.sha256 nor SHA256SUMS beside it"
    verify "$package" "$(basename "$package")" "$sums"
    return
  fi
  [ -n "$releases" ] || fail "there is no release yet: build a package with \`make azure-cni-plugins\` and install it" \
    "with --package FILE, or name a mirror that has it in AZCNI_RELEASES"
  if [ -z "$version" ]; then from=$releases/latest/download; fi
  download "$from/SHA256SUMS" "$sums"
  name=$(grep -o "azure-vnet-cni-linux-$arch-.*\.tgz" "$sums" | head -n 1) || fail "no package for this machine"
  download "$from/$name" "$work/$name"
  verify "$work/$name" "$name" "$sums"
  package=$work/$name
}

# The helpers that a runtime or an older configuration needs: of a package beside ours, of the system, or of the
# Internet.
fetch_helpers() {
  local missing=() name bundle archive
  for name in "${helpers[@]}"; do
    if [ ! -e "$bin/$name" ]; then missing+=("$name"); fi
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  archive=cni-plugins-linux-$arch-$cni_version.tgz
  bundle=$(dirname "$package")/$archive
  if [ ! -f "$bundle" ] && [ -e /usr/lib/cni/loopback ] && [ -e /usr/lib/cni/portmap ]; then
    for name in "${missing[@]}"; do stage "/usr/lib/cni/$name" "$bin/$name" 0755; done
    return
  fi
  if [ ! -f "$bundle" ]; then
    bundle=$work/$archive
    download "$cni_releases/download/$cni_version/$archive" "$bundle"
    download "$cni_releases/download/$cni_version/$archive.sha256" "$bundle.sha256"
  fi
  verify "$bundle" "$archive" "$bundle.sha256"
  mkdir -p "$work/helpers"
  tar -xzf "$bundle" -C "$work/helpers" || fail "$archive is damaged"
  for name in "${missing[@]}"; do stage "$work/helpers/$name" "$bin/$name" 0755; done
}

# --- Where runtimes look, as azure-vnet reads their configurations; in an image, the usual folders.

remembered() { if [ -f "$choices" ]; then sed -n "s/^$1=//p" "$choices"; fi; }

choose_conf() {
  local looked=''
  conf=$conf_dir
  if [ -z "$conf$prefix" ] && [ -x "$1" ]; then looked=$({ "$1" runtimes 2>/dev/null || true; } | awk 'NR > 1 { print $2 }'); fi
  if [ -n "$looked" ] && ! grep -qx /etc/cni/net.d <<<"$looked"; then conf=$(head -n 1 <<<"$looked"); fi
  conf=$prefix${conf:-/etc/cni/net.d}
}

# A runtime that looks elsewhere finds links there, as Debian's containerd in /usr/lib/cni.
link_plugins() { if [ -z "$prefix$dry_run" ]; then ask "$bin/azure-vnet" runtimes "$@"; fi; }

# --- Drop-ins: what daemons must know. The NIC itself is azure-vnet's business, when it becomes a bridge's port.

drop_in() {
  local target=$prefix$1
  cat >"$work/drop-in"
  if [ "$action" = uninstall ] || [ -n "${2:-}" ]; then
    if cmp -s "$work/drop-in" "$target"; then remove "$target"; fi
  elif [ -d "$(dirname "$(dirname "$target")")" ]; then
    stage "$work/drop-in" "$target" 0644
  fi
}

drop_ins() {
  drop_in /etc/systemd/network/05-azure-vnet.network <<'TEXT'
# Containers' links and their bridges are configured by azure-vnet.
[Match]
Driver=veth bridge
Name=azv* azure*
[Link]
Unmanaged=yes
TEXT
  drop_in /etc/systemd/network/05-azure-vnet.link <<'TEXT'
# Their MAC addresses are given by azure-vnet.
[Match]
OriginalName=azv* azure*
[Link]
MACAddressPolicy=none
TEXT
  drop_in /etc/systemd/networkd.conf.d/99-azure-vnet.conf <<'TEXT'
# A restart of networkd must not remove the routes to containers.
[Network]
ManageForeignRoutes=no
ManageForeignRoutingPolicyRules=no
TEXT
  drop_in /etc/NetworkManager/conf.d/99-azure-vnet.conf <<'TEXT'
# Containers' links and their bridges are configured by azure-vnet.
[keyfile]
unmanaged-devices+=interface-name:azv*;interface-name:azure*
TEXT
  drop_in /etc/cloud/cloud.cfg.d/90-azure-vnet.cfg <<'TEXT'
# At each boot, cloud-init gives the host every address that Azure assigned for containers, unless it is told not to.
datasource:
  Azure:
    apply_network_config_for_secondary_ips: false
TEXT
  if [ "$action" = uninstall ] || grep -Eqs '"forwardAccept": *true' "$conf/10-azure.conflist" "$conflist"; then
    firewalld_drop_ins
  fi
}

# Its zones refuse what they do not know before forwardAccept is asked; what containers ask of the host itself stays
# the default's business.
firewalld_drop_ins() {
  drop_in /etc/firewalld/zones/azure-vnet.xml <<'TEXT'
<?xml version="1.0" encoding="utf-8"?>
<zone>
  <short>azure-vnet</short>
  <description>Containers of azure-vnet in mode transparent.</description>
  <interface name="azv+"/>
</zone>
TEXT
  drop_in /etc/firewalld/policies/azure-vnet-out.xml <<'TEXT'
<?xml version="1.0" encoding="utf-8"?>
<policy target="ACCEPT">
  <short>azure-vnet-out</short>
  <description>What containers of azure-vnet send, by forwardAccept of its configuration.</description>
  <ingress-zone name="azure-vnet"/>
  <egress-zone name="ANY"/>
</policy>
TEXT
  drop_in /etc/firewalld/policies/azure-vnet-in.xml <<'TEXT'
<?xml version="1.0" encoding="utf-8"?>
<policy target="ACCEPT">
  <short>azure-vnet-in</short>
  <description>What is sent to containers of azure-vnet, by forwardAccept of its configuration.</description>
  <ingress-zone name="ANY"/>
  <egress-zone name="azure-vnet"/>
</policy>
TEXT
}

# kernel_settings CONFLIST: what kube-proxy needs behind a bridge. An omitted mode is tunnel.
kernel_settings() {
  local unwanted=''
  if [ ! -f "$1" ] || grep -q '"mode": *"transparent"' "$1"; then unwanted=unwanted; fi
  drop_in /etc/modules-load.d/azure-vnet.conf $unwanted <<'TEXT'
br_netfilter
TEXT
  drop_in /etc/sysctl.d/99-azure-vnet.conf $unwanted <<'TEXT'
# kube-proxy's rules see frames between ports of a bridge.
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
TEXT
  if [ -z "$unwanted" ] && [ "$action" != uninstall ]; then has_kernel_settings=yes; fi
}

reload_daemons() {
  if [ -n "$prefix$dry_run" ]; then return; fi
  if [ -e /run/systemd/netif ] && command -v networkctl >/dev/null; then ask networkctl reload; fi
  if [ -n "$has_kernel_settings" ]; then
    if [ ! -e /proc/sys/net/bridge ]; then ask modprobe br_netfilter; fi
    ask sysctl -q -p /etc/sysctl.d/99-azure-vnet.conf
  fi
  if [ -e /run/NetworkManager ] && command -v nmcli >/dev/null; then ask nmcli general reload conf; fi
  if command -v firewall-cmd >/dev/null && firewall-cmd --quiet --state; then reload_firewalld; fi
}

# It forgets then what others told it for the time being: not without need.
reload_firewalld() {
  local wanted='' known=''
  if [ -e /etc/firewalld/zones/azure-vnet.xml ]; then wanted=yes; fi
  if firewall-cmd --get-zones | grep -qw azure-vnet; then known=yes; fi
  [ "$wanted" = "$known" ] || ask firewall-cmd --reload
}

# --- The network configuration.

# An administrator's, unless it is what we wrote.
is_ours() { [ -f "$mark" ] && [ "$(sha256sum <"$1")" = "$(cat "$mark")" ]; }

stage_conflist() {
  local source=$1 target=$conf/10-azure.conflist
  if [ -n "$mode" ]; then
    sed "s/\"mode\": *\"[a-z]*\"/\"mode\": \"$mode\"/" "$source" >"$work/conflist"
    source=$work/conflist
  fi
  "$new/azure-vnet" validate "$source" >"$work/complaints" || fail "$(cat "$work/complaints")"
  if [ ! -e "$target" ] || is_ours "$target"; then
    sha256sum <"$source" >"$work/mark"
    stage "$work/mark" "$mark" 0600
  elif ! cmp -s "$source" "$target"; then
    say "$target was changed by an administrator and stays; ours is $target.new"
    kernel_settings "$target"
    target=$target.new
  fi
  stage "$source" "$target" 0600
  if [ "$target" = "$conf/10-azure.conflist" ]; then kernel_settings "$source"; fi
}

# --- Actions.

keep_previous() {
  local name
  for name in "${plugins[@]}"; do
    if [ -e "$bin/$name" ] && ! cmp -s "$bin/$name" "$new/$name"; then stage "$bin/$name" "$previous/$name" 0755; fi
  done
}

install() {
  local name
  fetch_package
  new=$work/package
  mkdir -p "$new"
  tar -xzf "$package" -C "$new" || fail "$package is damaged"
  for name in "${plugins[@]}"; do
    "$new/$name" --version >/dev/null || fail "$name of $package does not run on this machine"
  done
  choose_conf "$new/azure-vnet"
  keep_previous
  for name in "${plugins[@]}"; do stage "$new/$name" "$bin/$name" 0755; done
  fetch_helpers
  printf 'bin=%s\nconf=%s\n' "$bin_dir" "$conf_dir" >"$work/choices"
  if [ -n "$bin_dir$conf_dir" ]; then stage "$work/choices" "$choices" 0644; fi
  drop_ins
  stage_conflist "${conflist:-$new/10-azure.conflist}"
  put_staged_in_place
  link_plugins --link
  reload_daemons
  say "${dry_run:+would be }installed: $("$new/azure-vnet" --version | head -n 1)"
}

rollback() {
  local name
  for name in "${plugins[@]}"; do
    [ -e "$previous/$name" ] || fail "there is no version before this one"
  done
  for name in "${plugins[@]}"; do
    cp "$bin/$name" "$work/$name"
    stage "$previous/$name" "$bin/$name" 0755
    stage "$work/$name" "$previous/$name" 0755
  done
  put_staged_in_place
  if [ -z "$dry_run" ]; then say "rolled back to: $("$bin/azure-vnet" --version | head -n 1)"; fi
}

remove() {
  say "${dry_run:+would remove }$*"
  if [ -z "$dry_run" ]; then rm -rf -- "$@"; fi
}

# Networks are the plugin's to remove: it refuses while containers are attached, and then all stays.
give_nics_back() {
  local network
  if [ -n "$prefix" ] || [ ! -e "$bin/azure-vnet" ]; then return; fi
  [ "$("$bin/azure-vnet" list | wc -l)" -eq 1 ] || fail "containers are attached: drain the node first"
  for network in $("$bin/azure-vnet" network list); do
    say "${dry_run:+would remove }network $network"
    if [ -z "$dry_run" ]; then "$bin/azure-vnet" network rm "$network"; fi
  done
}

uninstall() {
  choose_conf "$bin/azure-vnet"
  give_nics_back
  if [ -e "$conf/10-azure.conflist" ]; then
    if is_ours "$conf/10-azure.conflist"; then
      remove "$conf/10-azure.conflist"
    else
      say "$conf/10-azure.conflist was changed by an administrator and stays"
    fi
  fi
  rm -f -- "$conf/10-azure.conflist.new"
  drop_ins
  kernel_settings "$conf/10-azure.conflist"
  link_plugins --unlink
  remove "${plugins[@]/#/$bin/}" "$prefix/var/lib/azure-vnet"
  if [ -z "$prefix" ]; then
    remove /var/run/azure-vnet /var/run/azure-vnet.json /var/run/azure-vnet-ipam /var/run/azure-vnet-ipam.json
  fi
  reload_daemons
}

parse_arguments "$@"
choices=$prefix/var/lib/azure-vnet/folders
bin_dir=${bin_dir:-$(remembered bin)}
conf_dir=${conf_dir:-$(remembered conf)}
bin=$prefix${bin_dir:-/opt/cni/bin}
has_kernel_settings=''
previous=$prefix/var/lib/azure-vnet/previous
mark=$prefix/var/lib/azure-vnet/10-azure.conflist.sha256
work=$(mktemp -d)
trap clean_up EXIT
arch=$(architecture)
case $action in
  install) install ;;
  rollback) rollback ;;
  uninstall) uninstall ;;
  drop-ins)
    choose_conf "$bin/azure-vnet"
    drop_ins
    kernel_settings "$conf/10-azure.conflist"
    link_plugins --link
    put_staged_in_place
    reload_daemons
    ;;
esac
