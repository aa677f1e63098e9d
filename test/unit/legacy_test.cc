// Attachments of the Go plugins' state.

#include <gmock/gmock.h>

#include "azure-vnet/legacy.h"
#include "temporary_folder.h"

namespace azcni::vnet {
namespace {

/// As its records, in the order of their keys. No link of these names is there.
Json imported(const std::string& networks) {
  const test::TemporaryFolder folder;
  const store::Store store({folder / "store", folder / "store.json", {"endpoints"}, {}, {}});
  const auto backend = network::make_backend({});
  const std::string state =
      R"({"Network":{"ExternalInterfaces":{"eth0":{"Networks":)" + networks + "}}}}";
  import_legacy(store, Json::parse(state), *backend);
  std::map<std::string, Json> records;
  for (const auto& [key, record] :
       store::Records<network::EndpointRecord>(store, "endpoints").list())
    records[key] = record;
  return records;
}

/// A network with these endpoints.
std::string network(const std::string& endpoints) {
  return R"({"azure":{"Endpoints":{)" + endpoints + "}}}";
}

// Catches: a container that lives on after an upgrade and that no DEL finds.
TEST(LegacyState, KeepsAnAttachmentsNames) {
  const Json records = imported(network(R"("3f813b02-eth1":{"Id":"3f813b02-eth1",
      "ContainerID":"3f813b02aa","NetworkNameSpace":"/run/netns/x","HostIfName":"azvnone000000",
      "IPAddresses":[{"IP":"10.0.0.5","Mask":"//8AAA=="},{"IP":"fd00::5"},{"IP":"bad"},{}]})"));
  ASSERT_EQ(records.size(), 1U);
  const Json& record = records.at("3f813b02aa@eth1");
  EXPECT_EQ(record["network"], "azure");
  EXPECT_EQ(record["sandbox"], "/run/netns/x");
  EXPECT_EQ(record["hostIf"], "azvnone000000");
  EXPECT_EQ(record["hostMac"], "00:00:00:00:00:00") << "there is no such link";
  EXPECT_EQ(record["addresses"], Json({"10.0.0.5/32", "fd00::5/128"}));
  EXPECT_EQ(record["complete"], true);
  EXPECT_EQ(record["legacy"], true);
}

// Catches: keys of the other versions, whose containers would be left out.
TEST(LegacyState, KnowsTheKeysOfEachVersion) {
  const Json records =
      imported(network(R"("a":{"Id":"abc-eth0","SandboxKey":"abc","NetNs":"/run/netns/y"})"));
  EXPECT_EQ(records.at("abc@eth0")["sandbox"], "/run/netns/y");
  EXPECT_EQ(records.at("abc@eth0")["hostIf"], "abc-eth0") << "the endpoint's own name";
}

// Catches: a manifest of ours that is taken for a state, and a state that is not.
TEST(LegacyState, IsKnownByItsKey) {
  EXPECT_TRUE(is_legacy(Json::parse(R"({"Network":null})")));
  EXPECT_FALSE(is_legacy(Json::parse(R"({"format":1,"bootId":"b","records":"/r"})")));
}

// Catches: a start that fails for an entry without a name, or for Go's null.
TEST(LegacyState, PassesOverWhatIsNoAttachment) {
  for (const std::string& networks :
       {std::string("null"), std::string(R"({"azure":{"Endpoints":null}})"),
        network(R"("a":{"Id":"abc-eth0"})"), network(R"("a":{"ContainerID":"abc"})"),
        network(R"("a":{"Id":"noDash","ContainerID":"abc"})")}) {
    EXPECT_EQ(imported(networks).size(), 0U) << networks;
  }
  EXPECT_EQ(imported(network(R"("a":{"Id":"abc-eth0","ContainerID":"abc","IPAddresses":null})"))
                .at("abc@eth0")["addresses"],
            Json::array());
}

}  // namespace
}  // namespace azcni::vnet
