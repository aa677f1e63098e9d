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

// dpkg's own work is dpkg's; here it is what the package brings and what its scripts do.
TEST_F(Package, OfDebianInstallsAndRemoves) {
  shell("cd " AZCNI_BUILD
        "; SOURCE_DATE_EPOCH=1 cpack -B /run/deb > /run/cpack.log; SOURCE_DATE_EPOCH=1 "
        "cpack -B /run/deb2 > /run/cpack.log; cmp /run/deb/*.deb /run/deb2/*.deb");
  shell(
      "mkdir -p /run/root /run/control; dpkg-deb -x /run/deb/*.deb /run/root; dpkg-deb -e "
      "/run/deb/*.deb /run/control; cp -a /run/root/opt/cni /opt/; cp -a "
      "/run/root/etc/cni/net.d/. /etc/cni/net.d/");
  EXPECT_EQ(vm().read("/run/control/conffiles"), "/etc/cni/net.d/10-azure.conflist\n");
  EXPECT_EQ(shell("stat -c %a /run/root/etc/cni/net.d/10-azure.conflist"), "600\n");
  shell(
      "man -l -Tutf8 /run/root/usr/share/man/man8/azure-vnet.8 > /run/page 2>/run/complaints || "
      "true; "
      "test ! -s /run/complaints");
  const std::string with_script =
      "mkdir -p /run/sbin; cp -a /usr/sbin/. /run/sbin/ 2>/dev/null; cp " + std::string(kScript) +
      " /run/sbin/; mount --bind /run/sbin /usr/sbin; ";
  shell(with_script +
        "sh /run/control/postinst configure; test -e "
        "/etc/systemd/network/05-azure-vnet.link");
  shell(
      "sh /run/control/prerm remove; test ! -e /opt/cni/bin/azure-vnet; test ! -e "
      "/etc/systemd/network/05-azure-vnet.link; test -e /etc/cni/net.d/10-azure.conflist");
}

}  // namespace
}  // namespace azcni::test
