// Packages: what is in them, that the same commit gives the same bytes, and Debian's.

#include "install_test.h"

namespace azcni::test {
namespace {

class Package : public InstallTest {};

// Catches: a layout that scripts of others, made for the Go plugins' archives, can't use.
TEST_F(Package, IsFlatWithOneConflist) {
  EXPECT_EQ(shell("tar -tzf " + package("v1")),
            "azure-vnet\nazure-vnet-ipam\n10-azure.conflist\ninstall-cni-plugin.sh\nLICENSE\n"
            "THIRD_PARTY_LICENSES\n");
  EXPECT_EQ(shell("tar -tvzf " + package("v1") + " | awk '{print $1, $2}' | sort -u"),
            "-rw-r--r-- 0/0\n-rwxr-xr-x 0/0\n");
  shell("cd /run/v1; sha256sum -c --quiet *.sha256; tar -xzOf " + package("v1") +
        " THIRD_PARTY_LICENSES | grep -q 'GNU LESSER GENERAL PUBLIC LICENSE'");
  EXPECT_EQ(
      shell("cd " AZCNI_SOURCE "; scripts/checksums.sh /run/v1; cut -d' ' -f3 /run/v1/SHA256SUMS"),
      "azure-vnet-cni-linux-amd64-v1.tgz\n");
}

// Catches: a time, a user or a folder of the building machine in what is shipped.
TEST_F(Package, HasTheSameBytesEachTime) {
  shell("cp " + package("v1") + " /run/first.tgz; sleep 0; touch /run/v1/*");
  make_package("v1", AZCNI_PLUGINS);
  shell("cmp /run/first.tgz " + package("v1"));
  for (const char* plugin : {"azure-vnet", "azure-vnet-ipam"}) {
    const std::string path = std::string(AZCNI_PLUGINS) + "/" + plugin;
    EXPECT_EQ(vm().run({"grep", "-c", AZCNI_SOURCE, path}).out, "0\n") << path;
  }
}

// By dpkg itself, on a /usr and in a database that are the VM's alone.
TEST_F(Package, OfDebianInstallsAndRemoves) {
  shell("cd " AZCNI_BUILD
        "; for folder in deb deb2; do SOURCE_DATE_EPOCH=1 cpack -B /run/$folder > /run/cpack.log; "
        "done; "
        "cmp /run/deb/*.deb /run/deb2/*.deb");
  shell(
      "mkdir /run/upper /run/work; mount -t overlay usr -o "
      "lowerdir=/usr,upperdir=/run/upper,workdir=/run/work /usr");
  shell("dpkg --no-triggers -i /run/deb/*.deb");
  EXPECT_EQ(shell("stat -c '%a %n' /opt/cni/bin/azure-vnet /etc/cni/net.d/10-azure.conflist"),
            "755 /opt/cni/bin/azure-vnet\n600 /etc/cni/net.d/10-azure.conflist\n");
  EXPECT_EQ(shell("dpkg-query -W -f '${Conffiles}' azure-vnet-cni | awk '{print $1}'"),
            "/etc/cni/net.d/10-azure.conflist\n");
  shell(
      "test -e /etc/systemd/network/05-azure-vnet.link; man -l -Tutf8 "
      "/usr/share/man/man8/azure-vnet.8 > /run/page 2> /run/complaints; test ! -s "
      "/run/complaints; grep -q doctor /usr/share/bash-completion/completions/azure-vnet");

  shell(
      "sed -i s/transparent/bridge/ /etc/cni/net.d/10-azure.conflist; dpkg --no-triggers "
      "--force-confdef -i /run/deb/*.deb; grep -q bridge /etc/cni/net.d/10-azure.conflist");
  const Pod pod = vm().make_pod("a");
  attach(vm(), pod, vm().config());
  EXPECT_NE(vm().run({"dpkg", "--no-triggers", "-r", "azure-vnet-cni"}).status, 0)
      << "a container is attached";
  EXPECT_TRUE(Lab::pings_from(vm(), pod, "10.240.0.1"));
  detach(vm(), pod, vm().config());
  shell(
      "dpkg --no-triggers --configure -a; dpkg --no-triggers -r azure-vnet-cni; test ! -e "
      "/opt/cni/bin/azure-vnet; test ! -e /etc/systemd/network/05-azure-vnet.link; test -e "
      "/etc/cni/net.d/10-azure.conflist");
  shell("dpkg --no-triggers -P azure-vnet-cni; test ! -e /etc/cni/net.d/10-azure.conflist");
}

}  // namespace
}  // namespace azcni::test
