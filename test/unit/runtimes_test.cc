// What is known of a node's container runtimes, by their configurations.

#include "azure-vnet/cli/runtimes.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "azcni/base/file.h"
#include "azure-vnet/cli/settings.h"
#include "requests.h"
#include "temporary_folder.h"

namespace azcni::vnet {
namespace {

// Catches: a value of another table, of a comment, or a list of several lines that is half read.
TEST(Settings, AreReadWithTheirTables) {
  std::vector<std::string> all;
  for (const Setting& each : parse_settings(R"(
version = 3
root = "/var" # "not this"
# bin_dir = "/commented"
[plugins]
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = [ "/a", # first
      '/b#c',
    ]
    'conf_dir' = "/d"
[[list]]
  name="x"
client {
  cni_path = "/e:/f"
  empty = []
})")) {
    std::string text = each.name + ":";
    for (const std::string& one : each.texts) text += " " + one;
    all.push_back(text);
  }
  EXPECT_THAT(all,
              testing::ElementsAre("version:", "root: /var",
                                   "plugins.io.containerd.cri.v1.runtime.cni.bin_dirs: /a /b#c",
                                   "plugins.io.containerd.cri.v1.runtime.cni.conf_dir: /d",
                                   "list.name: x", "list.cni_path: /e:/f", "list.empty:"));
}

struct Node {
  const char* name;
  std::vector<std::pair<const char*, const char*>> files;
  std::vector<std::string> expected;  ///< "RUNTIME CONFIGURATIONS PLUGINS [FILE]"

  friend void PrintTo(const Node& each, std::ostream* out) { *out << each.name; }
};

class Runtimes : public ::testing::TestWithParam<Node> {};

constexpr const char* kContainerd = "/etc/containerd/config.toml";

INSTANTIATE_TEST_SUITE_P(
    All, Runtimes,
    ::testing::Values(
        Node{"None", {}, {}},
        Node{"Defaults",
             {{"/run/containerd/containerd.sock", ""}},
             {"containerd /etc/cni/net.d /opt/cni/bin "}},
        Node{"Containerd1",
             {{kContainerd,
               "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n"
               "bin_dir = \"/usr/lib/cni\"\nconf_dir = \"/etc/cni/net.d/\"\n"}},
             {"containerd /etc/cni/net.d /usr/lib/cni /etc/containerd/config.toml"}},
        Node{"ContainerdOfVersion1OfItsFile",
             {{kContainerd, "[plugins.cri.cni]\nbin_dir = \"/a\"\n"}},
             {"containerd /etc/cni/net.d /a /etc/containerd/config.toml"}},
        Node{"Containerd2",
             {{kContainerd,
               "version = 3\n[plugins.'io.containerd.cri.v1.runtime'.cni]\n"
               "bin_dirs = ['/a', '/b']\n"}},
             {"containerd /etc/cni/net.d /a:/b /etc/containerd/config.toml"}},
        Node{"Imports",
             {{kContainerd, "imports = [\"/etc/containerd/conf.d/*.toml\"]\n"},
              {"/etc/containerd/conf.d/1.toml",
               "imports = [\"/etc/containerd/conf.d/*.toml\"]\n"
               "[plugins.'io.containerd.cri.v1.runtime'.cni]\nbin_dir = '/c'\n"}},
             {"containerd /etc/cni/net.d /c /etc/containerd/conf.d/1.toml"}},
        Node{"DockersContainerd", {{kContainerd, "disabled_plugins = [\"cri\"]\n"}}, {}},
        Node{"Crio",
             {{"/etc/crio/crio.conf", "[crio.network]\nplugin_dirs = [\n\"/a/\",\n]\n"},
              {"/etc/crio/crio.conf.d/10-x.conf", "[crio.network]\nnetwork_dir = \"/n\"\n"}},
             {"CRI-O /n /a /etc/crio/crio.conf.d/10-x.conf"}},
        Node{"K3sWithFlannel",
             {{"/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
               "[plugins.\"io.containerd.grpc.v1.cri\".cni]\nbin_dir = \"/k\"\n"
               "conf_dir = \"/var/lib/rancher/k3s/agent/etc/cni/net.d\"\n"}},
             {"k3s /var/lib/rancher/k3s/agent/etc/cni/net.d /k "
              "/var/lib/rancher/k3s/agent/etc/containerd/config.toml"}},
        Node{"Rke2",
             {{"/var/lib/rancher/rke2/agent/etc/containerd/config.toml", "version = 2\n"}},
             {"rke2 /etc/cni/net.d /opt/cni/bin "}},
        Node{
            "Nomad",
            {{"/etc/nomad.d/nomad.hcl", "client {\n  enabled = true\n  cni_path = \"/a:/b\"\n}\n"}},
            {"Nomad /opt/cni/config /a:/b /etc/nomad.d/nomad.hcl"}},
        Node{"Podman",
             {{"/etc/containers/containers.conf",
               "[network]\nnetwork_backend = \"cni\"\n"
               "cni_plugin_dirs = [\"/p\"]\n"}},
             {"podman /etc/cni/net.d /p /etc/containers/containers.conf"}},
        Node{"PodmanOfNetavark",
             {{"/etc/containers/containers.conf", "[network]\nnetwork_backend = \"netavark\"\n"}},
             {}}),
    test::case_name<Node>);

// Catches: a runtime that is not seen, or that is said to look where it does not.
TEST_P(Runtimes, LookWhereTheirConfigurationsSay) {
  const test::TemporaryFolder folder;
  const std::string root = folder / "root";
  for (const auto& [path, text] : GetParam().files) {
    file::make_folder(std::filesystem::path(root + path).parent_path().string());
    file::replace(root + path, text);
  }
  std::vector<std::string> found;
  for (const ContainerRuntime& each : find_runtimes(root)) {
    std::string text = each.name + " " + each.config_folder + " ";
    for (const std::string& one : each.plugin_folders)
      text += (text.ends_with(' ') ? "" : ":") + one;
    found.push_back(text + " " + (each.file.empty() ? "" : each.file.substr(root.size())));
  }
  EXPECT_EQ(found, GetParam().expected);
}

// Catches: a runtime accused that looks where ours are, and one that is not.
TEST(CheckRuntimes, TellsWhoLooksElsewhere) {
  const test::TemporaryFolder folder;
  file::replace(folder / "azure-vnet", "");
  const auto check = [](const std::vector<ContainerRuntime>& runtimes) {
    std::vector<network::Finding> findings;
    check_runtimes(runtimes, "/etc/cni/net.d", findings);
    std::vector<std::string> ids;
    for (const network::Finding& each : findings) ids.push_back(each.id + " " + each.what);
    return ids;
  };
  const std::string here = folder / ".";
  const ContainerRuntime right{"a", "/a.toml", "/etc/cni/net.d", {"/none", here}};
  const ContainerRuntime without{"b", "/b.toml", "/etc/cni/net.d", {"/none"}};
  const ContainerRuntime elsewhere{"c", "", "/other", {here}};
  EXPECT_THAT(check({}), testing::IsEmpty());
  EXPECT_THAT(check({right}), testing::IsEmpty());
  EXPECT_THAT(check({right, elsewhere}), testing::IsEmpty()) << "another's, perhaps";
  EXPECT_THAT(
      check({right, without}),
      testing::ElementsAre(testing::HasSubstr(
          "plugins-elsewhere b (/b.toml) looks for plugins in /none, and azure-vnet is in")));
  EXPECT_THAT(check({elsewhere}),
              testing::ElementsAre("config-elsewhere c (its default) looks for network "
                                   "configurations in /other, and ours are in /etc/cni/net.d"));
}

// Catches: links that an installation makes twice, that hide an older plugin, or that stay.
TEST(Links, AreMadeWhereARuntimeLooks) {
  namespace fs = std::filesystem;
  const test::TemporaryFolder folder;
  const std::string here = folder / "here";
  fs::create_directories(here);
  file::replace(here + "/azure-vnet", "for this test");
  const std::string there = folder / "bin", link = there + "/azure-vnet";
  const std::vector<ContainerRuntime> runtimes{{"a", "", "/c", {there}}, {"b", "", "/c", {here}}};
  fs::create_directories(there);
  file::replace(link, "an older one");
  EXPECT_THAT(link_plugins(runtimes, here), testing::ElementsAre(link));
  EXPECT_EQ(fs::read_symlink(link).string(), here + "/azure-vnet");
  EXPECT_THAT(link_plugins(runtimes, here), testing::IsEmpty()) << "again";
  EXPECT_THAT(unlink_plugins(runtimes, here), testing::ElementsAre(link));
  EXPECT_FALSE(fs::exists(link));
  EXPECT_TRUE(fs::exists(here + "/azure-vnet"));
}

}  // namespace
}  // namespace azcni::vnet
