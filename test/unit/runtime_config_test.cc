// The node's configurations, as its runtime sees them.

#include "azure-vnet/cli/runtime_config.h"

#include <gmock/gmock.h>

#include "azcni/base/file.h"
#include "temporary_folder.h"

namespace azcni::vnet {
namespace {

// Catches: another order than the runtime's, a file that the runtime does not read, and a broken
// one that hides those behind it.
TEST(NodeConfigs, AreReadInTheRuntimesOrder) {
  const test::TemporaryFolder folder;
  for (const auto& [name, text] :
       std::vector<std::pair<const char*, const char*>>{{"20-b.conf", R"({"name":"b"})"},
                                                        {"10-a.conflist", R"({"name":"a"})"},
                                                        {"15-broken.json", "{"},
                                                        {"05-draft.conflist.bak", "{}"},
                                                        {"README", "{}"}}) {
    file::replace(folder / name, text);
  }
  std::vector<std::string> paths;
  const auto configs = read_node_configs(folder / ".");
  for (const NodeConfig& each : configs) paths.push_back(each.path);
  ASSERT_THAT(paths, testing::ElementsAre(folder / "./10-a.conflist", folder / "./15-broken.json",
                                          folder / "./20-b.conf"));
  EXPECT_EQ(configs[0].document["name"], "a");
  EXPECT_EQ(configs[0].text, R"({"name":"a"})");
  EXPECT_EQ(configs[0].failure, "");
  EXPECT_TRUE(configs[1].document.is_null());
  EXPECT_EQ(configs[1].text, "{");
  EXPECT_NE(configs[1].failure, "");
  EXPECT_TRUE(read_node_configs(folder / "absent").empty());
}

// Catches: a plugin of a list without the list's name, which would be another network.
TEST(PluginsOf, HaveTheNameAndVersionOfTheirList) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {R"({"name":"a","cniVersion":"1.0.0","plugins":[{"type":"x","name":"own"},7,{"type":"y"}]})",
       R"([{"type":"x","name":"a","cniVersion":"1.0.0"},
           {"type":"y","name":"a","cniVersion":"1.0.0"}])"},
      {R"({"plugins":[{"type":"x","name":"own"}]})", R"([{"type":"x","name":"own"}])"},
      {R"({"name":"a","type":"x"})", R"([{"name":"a","type":"x"}])"},
      {R"({"name":"a","plugins":[]})", "[]"},
      {R"({"name":"a","plugins":7})", "[]"},
      {"[]", "[]"},
      {"null", "[]"}};
  for (const auto& [document, expected] : cases)
    EXPECT_EQ(Json(plugins_of(Json::parse(document))), Json::parse(expected)) << document;
}

// Catches: networks of others collected as ours.
TEST(AzureNetworks, AreThoseOfOurType) {
  const test::TemporaryFolder folder;
  file::replace(folder / "1.conflist",
                R"({"name":"a","plugins":[{"type":"azure-vnet"},{"type":"portmap"}]})");
  file::replace(folder / "2.conf", R"({"name":"b","type":"azure-vnet"})");
  file::replace(folder / "3.conf", R"({"name":"c","type":7})");
  file::replace(folder / "4.conf", "no JSON");
  std::vector<std::string> names;
  for (const Json& each : azure_networks(folder / ".")) names.push_back(each.at("name"));
  EXPECT_THAT(names, testing::ElementsAre("a", "b"));
}

// Catches: a GC that names nothing, which would release everything, or one of an old version.
TEST(GcRequest, NamesWhatIsValid) {
  const Json network = Json::parse(
      R"({"name":"a","cniVersion":"0.3.1","type":"azure-vnet","ipam":{"type":"x"},
          "cni.dev/valid-attachments":[{"containerID":"old","ifname":"eth0"}]})");
  const cni::Request request = gc_request(network, {{"c", "eth0"}, {"d", "eth1"}});
  EXPECT_EQ(request.command, cni::Command::kGc);
  EXPECT_EQ(request.config.name, "a");
  EXPECT_EQ(request.config.ipam_type(), "x");
  EXPECT_EQ(request.valid, (std::vector<cni::Attachment>{{"c", "eth0"}, {"d", "eth1"}}));
  EXPECT_EQ(request.path.size(), 1U) << "the delegate is beside us";
  EXPECT_EQ(gc_request(network, {}).valid, std::vector<cni::Attachment>{});
}

}  // namespace
}  // namespace azcni::vnet
