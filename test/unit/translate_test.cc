// What azure-vnet hands from the CNI's world to the network's, and back.

#include <gtest/gtest.h>

#include "azure-vnet/translate.h"
#include "requests.h"

namespace azcni::vnet {
namespace {

using test::request_of;

cni::Result lease_of(const std::string& text) {
  return cni::parse_result(Json::parse(text), "lease");
}

network::EndpointRecord attached(const network::Addressing& addressing = {}) {
  network::EndpointRecord record;
  record.addressing = addressing;
  record.interfaces = {{"azv1", net::parse_mac("aa:00:00:00:00:01"), "", 0},
                       {"eth0", net::parse_mac("ae:00:00:00:00:01"), "/run/netns/x", 1400}};
  return record;
}

constexpr const char* kInterfaces = R"([{"name":"azv1","mac":"aa:00:00:00:00:01"},
    {"name":"eth0","mac":"ae:00:00:00:00:01","sandbox":"/run/netns/x","mtu":1400}])";

Json with_interfaces(const std::string& rest) {
  Json result = Json::parse(rest);
  result["interfaces"] = Json::parse(kInterfaces);
  return result;
}

// Catches: names by which a DEL without a record does not find what ADD made.
TEST(EndpointSpec, IsMadeOfTheRequestAlone) {
  const std::string pod = "K8S_POD_NAMESPACE=kube-system;K8S_POD_NAME=metrics-server-77c8679d7d";
  const cni::Request request = request_of("{}", pod);
  const network::EndpointId id{"abc", "eth0"};
  EXPECT_EQ(id_of(request), id);
  const network::EndpointSpec spec = endpoint_spec_of(request);
  EXPECT_EQ(spec.id, id);
  EXPECT_EQ(spec.network, "azure");
  EXPECT_EQ(spec.sandbox, "/run/netns/x");
  EXPECT_EQ(spec.host_if,
            network::host_if_name({id, "", "", "kube-system", "metrics-server-77c8679d7d"}));
  EXPECT_EQ(spec.host_mac, network::host_mac(id));
  EXPECT_EQ(spec.container_mac, network::container_mac(id));
}

// Catches: the address of the runtime given to the wrong end, or none in place of a bad one.
TEST(EndpointSpec, HasTheMacAddressThatIsAskedFor) {
  const network::EndpointId id{"abc", "eth0"};
  const network::EndpointSpec spec = endpoint_spec_of(request_of("{}", "MAC=02:00:00:00:00:07"));
  EXPECT_EQ(spec.container_mac, net::parse_mac("02:00:00:00:00:07"));
  EXPECT_EQ(spec.host_mac, network::host_mac(id));
  EXPECT_EQ(endpoint_spec_of(request_of("{}", "MAC=01:00:00:00:00:07")).container_mac,
            network::container_mac(id))
      << "DEL must find the container's names whatever the runtime says";
}

// Catches: an intent that is taken for an attachment, and one that forgets whose it is.
TEST(EndpointRecord, IsPendingWithAllThatIsKnown) {
  const cni::Request request =
      request_of("{}", "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart-0;K8S_POD_UID=5c4e");
  using std::chrono::microseconds;
  network::EndpointOptions options;
  options.ports = {{8080, 80, "tcp", ""}};
  const network::EndpointRecord pending = pending_record(request, options, microseconds(7));
  EXPECT_EQ(pending.spec.id, id_of(request));
  EXPECT_FALSE(pending.complete);
  EXPECT_FALSE(pending.legacy);
  EXPECT_EQ(pending.written_at, microseconds(7));
  EXPECT_EQ(pending.options.ports.size(), 1U);
  EXPECT_EQ(pending.pod.name_space + "/" + pending.pod.name + " " + pending.pod.uid,
            "shop/cart-0 5c4e");
}

// Catches: a second address or its gateway left out, and numbers of a route lost on the way.
TEST(Addressing, IsAllThatIpamGave) {
  const network::Addressing addressing = addressing_of(
      lease_of(R"({"ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1"},{"address":"fd00::5/64"}],
                   "routes":[{"dst":"10.1.0.0/16","gw":"10.0.0.9","mtu":1300,"advmss":1200,
                              "priority":7,"table":100,"scope":253},{"dst":"::/0"}]})"),
      {}, "");
  network::EndpointRecord record;
  record.addressing = addressing;
  const Json json(record);
  EXPECT_EQ(json["addresses"], Json({"10.0.0.5/24", "fd00::5/64"}));
  EXPECT_EQ(json["gateways"], Json({"10.0.0.1"}));
  EXPECT_EQ(json["routes"],
            Json::parse(R"([{"destination":"10.1.0.0/16","mtu":1300,"advmss":1200,"priority":7,
                             "table":100,"scope":253},{"destination":"::/0"}])"));
}

// Catches: a route of the configuration that is shown and not made, or the reverse; two to one
// place; and one of a family that the container does not have.
TEST(Addressing, HasTheRoutesOfTheConfiguration) {
  const cni::Result lease = lease_of(R"({"ips":[{"address":"10.0.0.5/24"}],
      "routes":[{"dst":"0.0.0.0/0"},{"dst":"10.1.0.0/16","mtu":1300},{"dst":"10.1.0.0/16","table":7}]})");
  const Config config = parse_config(request_of(R"({"routes":[
      {"dst":"10.1.2.3/16","priority":9},{"dst":"fd00::/8"},{"dst":"10.2.0.0/16"}]})"));
  network::EndpointRecord record = attached(addressing_of(lease, config, ""));
  EXPECT_EQ(Json(record)["routes"],
            Json::parse(R"([{"destination":"0.0.0.0/0"},{"destination":"10.1.0.0/16","table":7},
                {"destination":"10.1.0.0/16","priority":9},{"destination":"10.2.0.0/16"}])"));
  EXPECT_EQ(to_json(to_result(record, lease, config), "1.1.0")["routes"],
            Json::parse(R"([{"dst":"0.0.0.0/0"},{"dst":"10.1.0.0/16","table":7},
                {"dst":"10.1.0.0/16","priority":9},{"dst":"10.2.0.0/16"}])"));
}

// Catches: a container that is attached with no address and called whole.
TEST(Addressing, NeedsAnAddress) {
  EXPECT_EQ(test::failure_of([] { addressing_of({}, {}, ""); }),
            "999 the IPAM plugin's result has no address");
}

struct DnsOf {
  const char* name;
  const char* config;  ///< fields of it
  const char* lease;   ///< IPAM's dns
  const char* expected;

  friend void PrintTo(const DnsOf& each, std::ostream* out) { *out << each.name; }
};

class DnsSource : public ::testing::TestWithParam<DnsOf> {};

constexpr const char* kOfIpam =
    R"({"nameservers":["3.3.3.3"],"domain":"d","search":["i"],"options":["rotate"]})";

INSTANTIATE_TEST_SUITE_P(
    All, DnsSource,
    ::testing::Values(
        DnsOf{"Runtime",
              R"({"runtimeConfig":{"dns":{"servers":["1.1.1.1"],"searches":["r","s"],
                  "options":["ndots:5"]}},"dns":{"nameservers":["2.2.2.2"],"search":["c"]}})",
              kOfIpam, R"({"servers":["1.1.1.1"],"search":["r","s"],"options":["ndots:5"]})"},
        DnsOf{"RuntimeWithoutServers",
              R"({"runtimeConfig":{"dns":{"searches":["r"]}},"dns":{"nameservers":["2.2.2.2"]}})",
              kOfIpam, R"({"servers":[],"search":["r"],"options":[]})"},
        DnsOf{"Configuration",
              R"({"dns":{"nameservers":["2.2.2.2"],"search":["c","e"],"options":["ndots:2"]}})",
              kOfIpam, R"({"servers":["2.2.2.2"],"search":["pods.c","e"],"options":["ndots:2"]})"},
        DnsOf{"ConfigurationWithoutSearch", R"({"dns":{"nameservers":["2.2.2.2"]}})", kOfIpam,
              R"({"servers":["2.2.2.2"],"search":[],"options":[]})"},
        DnsOf{"Ipam", "{}", kOfIpam, R"({"servers":["3.3.3.3"],"search":["i"],"options":[]})"},
        DnsOf{"IpamWithOptionsOfTheConfiguration", R"({"dns":{"options":["ndots:2"]}})", kOfIpam,
              R"({"servers":["3.3.3.3"],"search":["i"],"options":["ndots:2"]})"},
        DnsOf{"IpamsDomain", "{}", R"({"domain":"d"})",
              R"({"servers":[],"search":["d"],"options":[]})"},
        DnsOf{"Nobody", "{}", "{}", R"({"servers":[],"search":[],"options":[]})"}),
    test::case_name<DnsOf>);

// Catches: words of two sources mixed, and the namespace of a pod in front of what is none of its.
TEST_P(DnsSource, IsTheFirstThatHasAny) {
  const auto lease = lease_of(std::string(R"({"ips":[{"address":"10.0.0.5/24"}],"dns":)") +
                              GetParam().lease + "}");
  network::EndpointRecord record;
  record.addressing = addressing_of(lease, parse_config(request_of(GetParam().config)), "pods");
  EXPECT_EQ(Json(record)["dns"], Json::parse(GetParam().expected));
}

// Catches: a search domain that begins with a dot.
TEST(Dns, OutsideOfKubernetesHasNoNamespace) {
  const auto lease = lease_of(R"({"ips":[{"address":"10.0.0.5/24"}]})");
  const Config config = parse_config(request_of(R"({"dns":{"search":["c"]}})"));
  EXPECT_EQ(addressing_of(lease, config, "").dns.search, std::vector<std::string>{"c"});
}

// Catches: addresses shown at the host's end, and IPAM's own interfaces shown as ours.
TEST(ToResult, HasIpamsAddressesAtTheContainersInterface) {
  const cni::Result lease = lease_of(R"({"interfaces":[{"name":"ipvl0"}],
                   "ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1","interface":0},
                          {"address":"fd00::5/64"}],
                   "routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.9","mtu":1300}],
                   "dns":{"nameservers":["3.3.3.3"],"domain":"d"}})");
  const char* const ips = R"({"cniVersion":"1.1.0",
      "ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1","interface":1},
             {"address":"fd00::5/64","interface":1}],
      "routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.9","mtu":1300}]})";
  Json expected = with_interfaces(ips);
  expected["dns"] = Json::parse(R"({"nameservers":["3.3.3.3"],"domain":"d"})");
  EXPECT_EQ(to_json(to_result(attached(), lease, {}), "1.1.0"), expected);
  Config config;
  config.dns.search = {"c"};
  expected["dns"] = Json::parse(R"({"search":["c"]})");
  EXPECT_EQ(to_json(to_result(attached(), lease, config), "1.1.0"), expected)
      << "the configuration's dns is instead of IPAM's, not beside it";
}

// Catches: a pod's second container that is told another thing than its first.
TEST(ToResult, IsMadeOfARecordAlone) {
  const network::Addressing addressing{
      {*net::parse_prefix("10.0.0.5/24"), *net::parse_prefix("fd00::5/64")},
      {*net::parse_ip("fd00::1"), *net::parse_ip("10.0.0.1"), *net::parse_ip("10.0.0.2")},
      {{*net::parse_prefix("0.0.0.0/0")}, {*net::parse_prefix("fd01::/64")}},
      {{"3.3.3.3"}, {"i"}, {"ndots:5"}}};
  Json expected = with_interfaces(R"({"cniVersion":"1.1.0",
      "ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1","interface":1},
             {"address":"fd00::5/64","gateway":"fd00::1","interface":1}],
      "routes":[{"dst":"0.0.0.0/0","gw":"10.0.0.1"},{"dst":"fd01::/64","gw":"fd00::1"}],
      "dns":{"nameservers":["3.3.3.3"],"search":["i"],"options":["ndots:5"]}})");
  EXPECT_EQ(to_json(result_from_record(attached(addressing), {}), "1.1.0"), expected);
  Config config;
  config.dns.nameservers = {"2.2.2.2"};
  expected["dns"] = Json::parse(R"({"nameservers":["2.2.2.2"]})");
  EXPECT_EQ(to_json(result_from_record(attached(addressing), config), "1.1.0"), expected);
  const network::Addressing without_gateway{{*net::parse_prefix("10.0.0.5/24")}};
  EXPECT_EQ(result_from_record(attached(without_gateway), {}).ips.front().gateway, std::nullopt);
}

}  // namespace
}  // namespace azcni::vnet
