// What networkd and NetworkManager are told of a NIC below a bridge, as they read it: networkd runs
// as a user of its own.

#include "uplink_test.h"

namespace azcni::test {
namespace {

constexpr const char* kNetworkdFile = "/run/systemd/network/05-azure-vnet-eth0.network";
constexpr const char* kNetworkManagerFile = "/run/NetworkManager/conf.d/05-azure-vnet-eth0.conf";

class LinkManagers : public UplinkTest {
 protected:
  /// Both are installed, as far as anybody can tell.
  Vm& make_node() {
    Vm& vm = start_lab().vm();
    script(vm,
           "umask 022; mkdir -p /etc/systemd/system; cd /etc/systemd/system; "
           "touch systemd-networkd.service NetworkManager.service");
    return vm;
  }

  static lab::Exit read_as_nobody(const Vm& vm, const std::string& path) {
    return vm.run({"setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                   "--inh-caps=-all", "--bounding-set=-all", "cat", path});
  }

  static void expect_readable(const Vm& vm) {
    EXPECT_EQ(read_as_nobody(vm, kNetworkdFile).out, "[Match]\nName=eth0\n[Link]\nUnmanaged=yes\n");
    EXPECT_EQ(read_as_nobody(vm, kNetworkManagerFile).out,
              "[keyfile]\nunmanaged-devices+=interface-name:eth0\n");
  }
};

// Catches: a networkd that can't read what it is told, and configures the NIC below the bridge at
// its next start; whatever umask the runtime has.
TEST_F(LinkManagers, CanReadWhatTheyAreTold) {
  Vm& vm = make_node();
  const std::vector<std::string> strict{"sh", "-c", "umask 077; exec \"$@\"", "sh"};
  const Pod pod = vm.make_pod("web");
  EXPECT_EQ(vm.start_cni("ADD", pod, vm.config("bridge"), strict).wait().status, 0);
  expect_readable(vm);
  detach(vm, pod, vm.config("bridge"));
  EXPECT_EQ(remove_network(vm), 0);
  EXPECT_TRUE(vm.list("/run/systemd/network").empty());
  EXPECT_TRUE(vm.list("/run/NetworkManager/conf.d").empty());
}

// Catches: files of a former version that stay as they are, in folders that it made.
TEST_F(LinkManagers, GetReadableFilesAfterAnUpgrade) {
  Vm& vm = make_node();
  attach(vm, vm.make_pod("first"), vm.config("bridge"));
  script(vm, std::string("chmod 600 ") + kNetworkdFile + " " + kNetworkManagerFile +
                 "; chmod 700 /run/systemd/network /run/NetworkManager/conf.d");
  ASSERT_NE(read_as_nobody(vm, kNetworkdFile).status, 0);
  attach(vm, vm.make_pod("second"), vm.config("bridge"));
  expect_readable(vm);
}

// Catches: a NIC that its manager put into a bridge, and is then told to take its hands off.
TEST_F(LinkManagers, KeepANicThatTheyPutIntoABridge) {
  Vm& vm = make_node();
  put_nic_into_br0(vm);
  attach(vm, vm.make_pod("web"), vm.config("bridge"));
  EXPECT_EQ(vm.read(kNetworkdFile), "");
  EXPECT_EQ(vm.read(kNetworkManagerFile), "");
  const std::string found =
      vm.run({std::string(AZCNI_PLUGINS) + "/azure-vnet", "doctor", "-o", "json"}).out;
  EXPECT_EQ(found.find("nic-managed"), std::string::npos) << found;
}

}  // namespace
}  // namespace azcni::test
