// What is written to the folders of records: the next version, and the one before, must read it.

#include <gtest/gtest.h>

#include "azcni/ipam/pool.h"
#include "azcni/network/backend.h"
#include "azcni/store/records.h"
#include "azure-vnet-ipam/refresh.h"
#include "azure-vnet/context.h"
#include "requests.h"

namespace azcni {
namespace {

using std::chrono::microseconds;

net::IpAddress ip(const char* text) { return net::parse_ip(text).value(); }
net::Prefix prefix(const char* text) { return net::parse_prefix(text).value(); }
net::MacAddress mac(const char* text) { return net::parse_mac(text).value(); }

ipam::Pool pool() {
  return {"eth0",
          true,
          prefix("10.0.0.0/24"),
          {"10.0.0.7", "10.0.0.5"},
          {{"10.0.0.5", 17}},
          std::chrono::seconds(7),
          {prefix("10.0.0.16/28")}};
}

ipam::Lease lease() {
  return {ip("10.0.0.5"), prefix("10.0.0.0/24"), "eth0", "azure", {"abc", "net1"},
          "boot",         microseconds(17)};
}

network::NetworkRecord network_record() {
  return {{.name = "azure",
           .mode = network::Mode::kBridge,
           .master = "eth0",
           .bridge = {"azure2",
                      false,
                      {prefix("169.254.20.10/32"), prefix("fd00::a/128"), prefix("10.96.0.0/16")}},
           .routing = {false, true, {prefix("10.0.0.0/8"), prefix("fd00::/8")}, true},
           .guard = {false, {prefix("10.0.0.9/32"), prefix("fd00:9::/64")}, false}},
          1400,
          Json::parse(R"({"any":["thing"]})"),
          true,
          microseconds(17)};
}

network::NicRecord nic_record() {
  return {"eth0",
          mac("00:0d:3a:00:00:01"),
          2,
          1400,
          "azure2",
          {ip("10.0.0.4"), ip("fd00::4")},
          Json::parse(R"({"any":["thing"]})"),
          {prefix("10.0.0.0/24")},
          {{"eth0", mac("00:0d:3a:00:00:01"), 2, true, {prefix("10.0.0.4/24")}},
           {"eth1", mac("00:0d:3a:00:00:02"), 3, false, {prefix("10.0.0.8/24")}}},
          true,
          1635385345};
}

network::EndpointRecord endpoint_record() {
  const net::MacAddress of_host = mac("aa:00:00:00:00:01"), of_container = mac("ae:00:00:00:00:01");
  return {{{"abc", "eth0"}, "azure", "/run/netns/x", "azv1", of_host, of_container},
          true,
          {{prefix("10.0.0.5/24"), prefix("fd00::5/64")},
           {ip("10.0.0.1"), ip("fd00::1")},
           {{prefix("10.1.0.0/16"), {1300, 1200, 7, 100, 253}}, {prefix("::/0")}},
           {{"10.0.0.10"}, {"cluster.local"}, {"ndots:5"}}},
          {{"azv1", of_host, "", 1500}, {"eth0", std::nullopt, "/run/netns/x", 0}},
          {{8000000, 800000},
           {4000000, 0},
           {{8080, 80, "udp", "10.0.0.9"}},
           {Json::parse(R"({"Type":"ACL"})")},
           true,
           1300},
          {network::Mode::kTunnel, "eth0", 2, "azure2", 1500, 1635385345},
          {"shop", "cart-0", "5c4e"},
          true,
          microseconds(17),
          true};
}

struct Format {
  const char* name;
  std::string written;  ///< a record in which nothing is as by default
  /// What that is. Never to be changed: records of this form are on nodes.
  const char* literal;
  std::string (*reread)(const std::string& text);
  /// Keys that came later, and what they are read as where they are missing; null: written no more.
  const char* later;
  std::vector<const char*> texts = {};  ///< keys whose texts have a form
  std::vector<const char*> free = {};   ///< keys whose value may be anything

  friend void PrintTo(const Format& each, std::ostream* out) { *out << each.name; }
};

template <typename Record>
std::string reread(const std::string& text) {
  return Json(Json::parse(text).get<Record>()).dump();
}

class Formats : public ::testing::TestWithParam<Format> {
 protected:
  Json literal() const { return Json::parse(GetParam().literal); }
  Json later() const { return Json::parse(GetParam().later); }
};

INSTANTIATE_TEST_SUITE_P(
    Records, Formats,
    ::testing::Values(
        Format{
            "Pool",
            Json(pool()).dump(),
            R"({"addresses":"10.0.0.7 10.0.0.5","blocks":["10.0.0.16/28"],"cooldown":7,)"
            R"("interface":"eth0","primary":true,"released":{"10.0.0.5":17},"subnet":"10.0.0.0/24"})",
            reread<ipam::Pool>,
            R"({"blocks":[],"cooldown":30,"released":{}})",
            {"subnet"}},
        Format{"Lease",
               Json(lease()).dump(),
               R"({"address":"10.0.0.5","bootId":"boot","containerId":"abc","grantedAt":17,)"
               R"("ifName":"net1","interface":"eth0","network":"azure","subnet":"10.0.0.0/24"})",
               reread<ipam::Lease>,
               R"({"grantedAt":0})",
               {"address", "subnet"}},
        Format{"Query", Json(vnet_ipam::Query{microseconds(17), "refused", "an entry"}).dump(),
               R"({"failure":"refused","skipped":"an entry","uptimeUs":17})",
               reread<vnet_ipam::Query>, R"({"skipped":"","uptimeUs":0})"},
        Format{"Look", Json(vnet::Look{microseconds(17), "restore abc@eth0: refused"}).dump(),
               R"({"at":17,"trouble":"restore abc@eth0: refused"})", reread<vnet::Look>, "{}"},
        Format{
            "Network",
            Json(network_record()).dump(),
            R"({"allowedAddresses":["10.0.0.9/32","fd00:9::/64"],"blockMetadata":true,)"
            R"("bridge":"azure2","connectedAt":17,"forwardAccept":true,"hairpin":false,)"
            R"("host":{"any":["thing"]},"ipForward":false,"ipMasq":true,)"
            R"("master":"eth0","mode":"bridge","mtu":1400,"name":"azure","nfTables":true,)"
            R"("sourceGuard":false,)"
            R"("viaHost":["169.254.20.10","fd00::a","10.96.0.0/16"],"vnet":["10.0.0.0/8","fd00::/8"]})",
            reread<network::NetworkRecord>,
            R"({"allowedAddresses":[],"blockMetadata":false,"connectedAt":0,"forwardAccept":false,)"
            R"("ipForward":true,"ipMasq":false,"nfTables":null,"sourceGuard":true,"vnet":[]})",
            {"mode", "viaHost", "vnet", "allowedAddresses"},
            {"host"}},
        Format{"Nic",
               Json(nic_record()).dump(),
               R"({"before":{"any":["thing"]},"bridge":"azure2",)"
               R"("hostAddresses":["10.0.0.4","fd00::4"],)"
               R"("hostNics":[{"addresses":["10.0.0.4/24"],"index":2,"isDefault":true,)"
               R"("link":"eth0","mac":"00:0d:3a:00:00:01"},{"addresses":["10.0.0.8/24"],)"
               R"("index":3,"isDefault":false,"link":"eth1","mac":"00:0d:3a:00:00:02"}],)"
               R"("mac":"00:0d:3a:00:00:01","mtu":1400,"name":"eth0","nfTables":true,)"
               R"("number":2,"subnets":["10.0.0.0/24"],"table":1635385345})",
               reread<network::NicRecord>,
               R"({"hostNics":[],"nfTables":false,"subnets":[],"table":0})",
               {"mac", "hostAddresses"},
               {"before"}},
        Format{
            "Endpoint",
            Json(endpoint_record()).dump(),
            R"({"addresses":["10.0.0.5/24","fd00::5/64"],"complete":true,"containerId":"abc",)"
            R"("containerMac":"ae:00:00:00:00:01",)"
            R"("dns":{"options":["ndots:5"],"search":["cluster.local"],)"
            R"("servers":["10.0.0.10"]},"gateways":["10.0.0.1","fd00::1"],"hostIf":"azv1",)"
            R"("hostMac":"aa:00:00:00:00:01","ifName":"eth0",)"
            R"("interfaces":[{"mac":"aa:00:00:00:00:01","mtu":1500,"name":"azv1","sandbox":""},)"
            R"({"mtu":0,"name":"eth0","sandbox":"/run/netns/x"}],"legacy":true,)"
            R"("limits":{"fromContainer":{"bitsPerSecond":4000000,"burstBits":0},)"
            R"("toContainer":{"bitsPerSecond":8000000,"burstBits":800000}},)"
            R"("loopbackDsr":true,"mtu":1300,"network":"azure",)"
            R"("placement":{"bridge":"azure2","mode":"tunnel","mtu":1500,"nic":"eth0",)"
            R"("nicNumber":2,"table":1635385345},)"
            R"("pod":{"name":"cart-0","namespace":"shop","uid":"5c4e"},)"
            R"("policies":[{"Type":"ACL"}],)"
            R"("ports":[{"containerPort":80,"hostIP":"10.0.0.9","hostPort":8080,)"
            R"("protocol":"udp"}],"rebuilt":true,)"
            R"("routes":[{"advmss":1200,"destination":"10.1.0.0/16","mtu":1300,"priority":7,)"
            R"("scope":253,"table":100},{"destination":"::/0"}],)"
            R"("sandbox":"/run/netns/x","writtenAt":17})",
            reread<network::EndpointRecord>,
            R"({"dns":{"options":[],"search":[],"servers":[]},"gateways":null,)"
            R"("interfaces":null,"limits":null,"loopbackDsr":null,"mtu":null,"placement":null,"pod":null,)"
            R"("policies":null,"ports":null,"rebuilt":null,"routes":null,"writtenAt":0})",
            {"addresses", "containerMac", "gateways", "hostMac"},
            {"policies"}}),
    test::case_name<Format>);

// Catches: another form than the one that is on nodes, which an upgrade or its undoing meets.
TEST_P(Formats, AreWrittenAsTheyAreOnNodes) { EXPECT_EQ(GetParam().written, GetParam().literal); }

// Catches: a document that shows other records than a node has.
TEST_P(Formats, AreInTheDocument) {
  Json record = literal();
  record["format"] = store::kFormat;
  const std::string document = test::read_source("docs/state.md");
  EXPECT_NE(document.find("```\n" + record.dump(2) + "\n```"), std::string::npos) << record.dump(2);
}

// Catches: a value that is written and not read.
TEST_P(Formats, AreReadWhole) {
  EXPECT_EQ(GetParam().reread(GetParam().literal), GetParam().literal);
}

// Catches: an upgrade that sets every record aside as damaged, for a key that it has not.
TEST_P(Formats, OfOlderVersionsAreRead) {
  Json older = literal(), expected = literal();
  const Json absent = later();
  for (const auto& [key, value] : absent.items()) older.erase(key);
  expected.merge_patch(absent);
  for (const auto& [key, value] : absent.items()) {
    if (value == Json::object()) expected[key] = value;  // a merge would keep what was there
  }
  EXPECT_EQ(GetParam().reread(older.dump()), expected.dump());
}

// Catches: an upgrade that can't be undone, for a key that the older version does not know.
TEST_P(Formats, OfLaterVersionsAreRead) {
  Json record = literal();
  record["ofALaterVersion"] = 7;
  EXPECT_EQ(GetParam().reread(record.dump()), GetParam().literal);
}

// Catches: damage that is taken for a value: a lease of nobody, an address of 0.0.0.0.
TEST_P(Formats, ThatAreDamagedAreRefused) {
  const auto reread_with = [&](const std::string& key, const Json& value) {
    Json record = literal();
    record.merge_patch({{key, value}});  // null: without it
    return GetParam().reread(record.dump());
  };
  const Json known = literal();
  for (const auto& [key, value] : known.items()) {
    const bool is_free =
        std::find(GetParam().free.begin(), GetParam().free.end(), key) != GetParam().free.end();
    if (!later().contains(key)) {
      EXPECT_ANY_THROW(reread_with(key, nullptr)) << "without " << key;
    }
    if (!is_free) {
      EXPECT_ANY_THROW(reread_with(key, Json::parse(R"([{"odd":[]}])"))) << key;
    }
  }
  for (const char* key : GetParam().texts) {
    const Json odd = known.at(key).is_array() ? Json({"odd"}) : Json("odd");
    EXPECT_ANY_THROW(reread_with(key, odd)) << key;
  }
  EXPECT_ANY_THROW(GetParam().reread("[]"));
  EXPECT_ANY_THROW(GetParam().reread("{}"));
}

}  // namespace
}  // namespace azcni
