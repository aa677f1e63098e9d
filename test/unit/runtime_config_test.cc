// The node's configurations, as its runtime sees them.

#include "azure-vnet/cli/runtime_config.h"

#include <gmock/gmock.h>

#include "azcni/base/file.h"
#include "requests.h"
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

// Catches: plugins that a runtime with libcni 1.3 calls and nobody here knows of.
TEST(NodeConfigs, HaveThePluginsOfTheirDropIns) {
  const test::TemporaryFolder folder;
  const std::string list = folder / "10-a.conflist";
  const auto types = [&](const std::string& text) {
    std::string all;
    for (const Json& each : plugins_of(parse_node_config(list, text).document))
      all += each["type"].get<std::string>() + " ";
    return all;
  };
  file::make_folder(folder / "a");
  file::replace(folder / "a/20-y.conf", R"({"type":"y"})");
  file::replace(folder / "a/10-x.conf", R"({"type":"x"})");
  file::replace(folder / "a/30-z.conflist", R"({"type":"z"})");
  EXPECT_EQ(types(R"({"name":"a","plugins":[{"type":"v"}]})"), "v x y ");
  EXPECT_EQ(types(R"({"name":"a","loadOnlyInlinedPlugins":true,"plugins":[{"type":"v"}]})"), "v ");
  EXPECT_EQ(types(R"({"name":"b","plugins":[{"type":"v"}]})"), "v ");
  EXPECT_EQ(types(R"({"name":"a","type":"v"})"), "v ") << "one plugin alone has none";
  EXPECT_THAT(parse_node_config(list, R"({"name":"a","plugins":[]})").drop_ins,
              testing::ElementsAre(folder / "a/10-x.conf", folder / "a/20-y.conf"));
  file::replace(folder / "a/20-y.conf", "{");
  EXPECT_THAT(parse_node_config(list, R"({"name":"a","plugins":[]})").failure,
              testing::HasSubstr(folder / "a/20-y.conf"));
}

// Catches: a mistake of syntax looked for where there is no file, or in one that looks well.
TEST(NodeConfigs, SayWhatNoRuntimeReads) {
  const test::TemporaryFolder folder;
  file::make_folder(folder / "1.conflist");
  EXPECT_EQ(read_node_config(folder / "1.conflist").failure, "a directory, no file");
  EXPECT_FALSE(read_node_config(folder / "1.conflist").is_file);
  EXPECT_EQ(read_node_config(folder / "none").failure, "no such file");
  const NodeConfig marked = parse_node_config("x", "\xEF\xBB\xBF{}");
  EXPECT_THAT(marked.failure, testing::HasSubstr("byte order mark"));
  EXPECT_TRUE(marked.document.is_null());
}

struct First {
  const char* name;
  const char* text;
  bool leads;

  friend void PrintTo(const First& each, std::ostream* out) { *out << each.name; }
};

class LeadsTo : public ::testing::TestWithParam<First> {};

INSTANTIATE_TEST_SUITE_P(
    All, LeadsTo,
    ::testing::Values(
        First{"Other", R"({"name":"x","type":"bridge"})", false},
        First{"Delegate",
              R"({"name":"m","type":"multus","delegates":[{"name":"azure","type":"azure-vnet"}]})",
              true},
        First{"DelegatedList", R"({"name":"m","type":"multus","delegates":[
                {"name":"b","type":"bridge"},{"name":"azure","plugins":[{"type":"azure-vnet"}]}]})",
              true},
        First{"OtherDelegate",
              R"({"name":"m","type":"multus","delegates":[{"name":"b","type":"bridge"}]})", false},
        First{"ClusterNetwork",
              R"({"name":"m","plugins":[{"type":"multus-shim","clusterNetwork":"azure"}]})", true},
        First{"ClusterNetworkByFile", R"({"name":"m","type":"multus-shim",
                "clusterNetwork":"/host/etc/cni/net.d/10-azure.conflist"})",
              true},
        First{"OtherClusterNetwork",
              R"({"name":"m","type":"multus-shim","clusterNetwork":"calico"})", false},
        First{"NoMultus", R"({"name":"m","type":"x","clusterNetwork":"azure"})", false}),
    test::case_name<First>);

// Catches: a node accused that is as Multus makes it, and one where Multus leads elsewhere.
TEST_P(LeadsTo, OursByMultusAlone) {
  const NodeConfig ours = parse_node_config(
      "/etc/cni/net.d/10-azure.conflist", R"({"name":"azure","plugins":[{"type":"azure-vnet"}]})");
  EXPECT_TRUE(leads_to(ours, ours));
  EXPECT_EQ(leads_to(parse_node_config("/etc/cni/net.d/00-m.conf", GetParam().text), ours),
            GetParam().leads);
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
