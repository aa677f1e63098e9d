// The configuration of azure-vnet-ipam, read into types.

#include "azure-vnet-ipam/config.h"

#include <gtest/gtest.h>

#include "azure-vnet-ipam/ipam.h"
#include "requests.h"

namespace azcni::vnet_ipam {
namespace {

using std::chrono::seconds;

/// With these fields in `ipam`.
cni::Request request_of(const std::string& ipam, const std::string& more = "{}",
                        const std::string& args = {}) {
  Json fields = Json::parse(more);
  fields["ipam"] = Json::parse(ipam);
  return test::request_of(fields.dump(), args);
}

std::string failure(const std::string& ipam, const std::string& more = "{}",
                    const std::string& args = {}) {
  return test::failure_of([&] { parse_config(request_of(ipam, more, args)); });
}

std::string joined(const std::vector<net::IpAddress>& addresses) {
  std::string text;
  for (const net::IpAddress& each : addresses) text += (text.empty() ? "" : " ") + to_string(each);
  return text;
}

// Catches: a default that sends a node's query elsewhere, or draws from another pool.
TEST(IpamConfig, HasDefaults) {
  const Config config = parse_config(request_of("{}"));
  EXPECT_EQ(config.source, Source::kWireserver);
  EXPECT_EQ(config.url.text,
            "http://168.63.129.16/machine/plugins?comp=nmagent&type=getinterfaceinfov1");
  EXPECT_EQ(config.file, "/etc/kubernetes/interfaces.json");
  EXPECT_EQ(config.interval, seconds(10));
  EXPECT_EQ(config.timeout, seconds(10));
  EXPECT_EQ(config.families, std::vector<net::Family>{net::Family::kIpv4});
  EXPECT_EQ(config.master, "");
  EXPECT_EQ(config.subnet, std::nullopt);
  EXPECT_EQ(joined(config.requested), "");
  EXPECT_FALSE(config.full_is_unavailable);
}

// Catches: a field that is read into another, or not at all.
TEST(IpamConfig, IsReadFieldByField) {
  const Config config =
      parse_config(request_of(R"({"environment":"mas","queryUrl":"http://10.0.0.1/x","file":"/f",
                     "queryInterval":7,"queryTimeout":"8","subnet":"10.0.0.7/24",
                     "ipFamilies":["IPv6","IPv4","IPv6"],"ipAddress":"10.0.0.5",
                     "addressSpace":"local"})",
                              R"({"master":"eth1","statusWhenFull":"unavailable"})"));
  EXPECT_EQ(config.source, Source::kAzureStack);
  EXPECT_EQ(config.url.text, "http://10.0.0.1/x");
  EXPECT_EQ(config.file, "/f");
  EXPECT_EQ(config.interval, seconds(7));
  EXPECT_EQ(config.timeout, seconds(8));
  EXPECT_EQ(config.families, (std::vector<net::Family>{net::Family::kIpv6, net::Family::kIpv4}));
  EXPECT_EQ(config.master, "eth1");
  EXPECT_EQ(config.subnet, net::parse_prefix("10.0.0.0/24")) << "masked";
  EXPECT_EQ(joined(config.requested), "10.0.0.5");
  EXPECT_TRUE(config.full_is_unavailable);
}

// Catches: a name of the Go plugins that is refused, or taken for another source.
TEST(IpamConfig, KnowsTheEnvironments) {
  const std::vector<std::pair<const char*, Source>> names{{"", Source::kWireserver},
                                                          {"azure", Source::kWireserver},
                                                          {"mas", Source::kAzureStack},
                                                          {"fileIpam", Source::kAzureStack},
                                                          {"null", Source::kNone}};
  for (const auto& [name, source] : names) {
    EXPECT_EQ(parse_config(request_of(Json{{"environment", name}}.dump())).source, source) << name;
  }
}

// Catches: seconds as a text, as the Go plugins took them, read as none.
TEST(IpamConfig, TakesSecondsAsNumberOrText) {
  const std::vector<std::pair<Json, int>> values{{nullptr, 10}, {"", 10},       {0, 0},
                                                 {"0", 0},      {86400, 86400}, {"86400", 86400}};
  for (const auto& [value, expected] : values) {
    const Config config = parse_config(request_of(Json{{"queryInterval", value}}.dump()));
    EXPECT_EQ(config.interval, seconds(expected)) << value;
  }
  for (const Json& value : {Json(86401), Json("86401"), Json("1s"), Json("-1"), Json(" 1"),
                            Json("99999999999999999999")}) {
    EXPECT_EQ(
        failure(Json{{"queryTimeout", value}}.dump()),
        "7 ipam.queryTimeout: expected a number of seconds, at most a day, not " + value.dump());
  }
}

// Catches: a wrong value that passes, and an error that leaves the reader to guess the field.
TEST(IpamConfig, NamesTheFieldThatIsWrong) {
  struct Case {
    const char* ipam;
    const char* more;
    const char* args;
    const char* expected;
  };
  for (const Case& each : {
           Case{R"({"environment":"aws"})", "{}", "",
                R"(7 ipam.environment: expected "azure", "mas", "fileIpam", "static" or "null", )"
                R"(not "aws")"},
           Case{R"({"environment":"static"})", "{}", "",
                R"(7 ipam.nics: expected the NICs and their addresses, since environment is )"
                R"("static", not nothing)"},
           Case{R"({"environment":"static","nics":[{}]})", "{}", "",
                "7 ipam.nics[0].name: expected the name of a NIC, or its `mac`, not nothing"},
           Case{R"({"environment":"static","nics":[{"mac":"x"}]})", "{}", "",
                R"(7 ipam.nics[0].mac: expected a MAC address, not "x")"},
           Case{R"({"environment":"static","nics":[{"name":"eth0","subnets":[{}]}]})", "{}", "",
                "7 ipam.nics[0].subnets[0].prefix: expected a CIDR, not nothing"},
           Case{R"({"environment":"static","nics":[{"name":"eth0","subnets":[
                {"prefix":"10.0.0.0/24","addresses":["10.0.0.5","10.0.1.5"]}]}]})",
                "{}", "",
                "7 ipam.nics[0].subnets[0].addresses: expected addresses and blocks within "
                R"(10.0.0.0/24, not ["10.0.0.5","10.0.1.5"])"},
           Case{R"({"exclude":["10.0.0.5"]})", "{}", "",
                R"(7 ipam.exclude: expected CIDRs, not ["10.0.0.5"])"},
           Case{R"({"addressSpace":"global"})", "{}", "",
                R"(7 ipam.addressSpace: expected "local", not "global")"},
           Case{R"({"ipFamilies":["ipv4"]})", "{}", "",
                R"(7 ipam.ipFamilies: expected "IPv4" and "IPv6", not ["ipv4"])"},
           Case{R"({"subnet":"10.0.0.0"})", "{}", "",
                R"(7 ipam.subnet: expected a CIDR, not "10.0.0.0")"},
           Case{R"({"queryInterval":-1})", "{}", "",
                "7 ipam.queryInterval: expected a whole number from 0 to 4294967295, not -1"},
           Case{R"({"ipAddress":"10.0.0"})", "{}", "",
                R"(7 ipam.ipAddress: expected an IP address, not "10.0.0")"},
           Case{"{}", R"({"runtimeConfig":{"ips":["10.0.0.5","x"]}})", "",
                R"(7 runtimeConfig.ips: expected an IP address, not "x")"},
           Case{"{}", R"({"args":{"cni":{"ips":["x"]}}})", "",
                R"(7 args.cni.ips: expected an IP address, not "x")"},
           Case{"{}", "{}", "IP=x", R"(7 CNI_ARGS: IP: expected an IP address, not "x")"},
           Case{"{}", R"({"statusWhenFull":"yes"})", "",
                R"(7 statusWhenFull: expected "available" or "unavailable", not "yes")"},
           Case{R"({"file":7})", "{}", "", "7 ipam.file: expected a string, not 7"},
           Case{"{}", R"({"master":7})", "", "7 master: expected a string, not 7"},
           Case{"null", "{}", "", "7 ipam: expected an object, not nothing"},
       }) {
    EXPECT_EQ(failure(each.ipam, each.more, each.args), each.expected);
  }
  EXPECT_EQ(failure(R"({"queryUrl":"ftp://x"})").substr(0, 2), "7 ");
}

// Catches: addresses of another NIC, or blocks taken for addresses.
TEST(StaticNics, AreReadAsMetadataAre) {
  const Config config = parse_config(request_of(R"({"environment":"static","exclude":"10.0.0.7/30",
      "nics":[{"name":"eth0","primary":true,"subnets":[{"prefix":"10.0.0.9/24",
               "addresses":["10.0.0.5","10.0.0.17/28","10.0.0.6/32"]}]},
              {"mac":"000d3a000001","subnets":[]}]})"));
  EXPECT_EQ(config.source, Source::kStatic);
  ASSERT_EQ(config.nics.nics.size(), 2U);
  const ipam::NicMetadata& eth0 = config.nics.nics[0];
  EXPECT_EQ(eth0.name, "eth0");
  EXPECT_EQ(eth0.mac, std::nullopt);
  EXPECT_TRUE(eth0.primary);
  EXPECT_EQ(to_string(eth0.subnets.at(0).prefix), "10.0.0.0/24");
  EXPECT_EQ(joined(eth0.subnets[0].addresses), "10.0.0.5 10.0.0.6");
  EXPECT_EQ(to_string(eth0.subnets[0].blocks.at(0)), "10.0.0.16/28");
  EXPECT_EQ(config.nics.nics[1].mac, net::parse_mac("000d3a000001"));
  EXPECT_EQ(to_string(config.kept_out.at(0)), "10.0.0.4/30");
}

// Catches: a pod that gets another address than it says, or leaves its network's NIC.
TEST(PodAnnotations, NameAddressesAndNic) {
  const auto more = [](const std::string& annotations, const std::string& rest = "") {
    return R"({"runtimeConfig":{"io.kubernetes.cri.pod-annotations":{"x":"y",)" + annotations +
           "}}" + rest + "}";
  };
  const Config config = parse_config(
      request_of("{}", more(R"("azure-vnet/ips":"10.0.0.5,fd00::5","azure-vnet/nic":"eth1")")));
  EXPECT_EQ(joined(config.requested), "10.0.0.5 fd00::5");
  EXPECT_EQ(config.master, "eth1");
  EXPECT_EQ(
      parse_config(request_of("{}", more(R"("azure-vnet/nic":"eth1")", R"(,"master":"eth1")")))
          .master,
      "eth1");
  EXPECT_EQ(failure("{}", more(R"("azure-vnet/nic":"eth1")", R"(,"master":"eth0")")),
            "7 annotation azure-vnet/nic: eth1 is not the network's master, eth0");
  EXPECT_EQ(failure("{}", more(R"("azure-vnet/ips":"10.0.0")")),
            R"(7 annotation azure-vnet/ips: expected an IP address, not "10.0.0")");
}

// Catches: an address granted that another place, further ahead, did not ask for.
TEST(IpamConfig, TakesTheFirstPlaceThatAsksForAddresses) {
  const char* const all = R"({"runtimeConfig":{"ips":["10.0.0.2/24","fd00::2"]},
                              "args":{"cni":{"ips":["10.0.0.3"]}}})";
  const char* const args = R"({"runtimeConfig":{},"args":{"cni":{"ips":["10.0.0.3"]}}})";
  const auto requested = [](const char* ipam, const char* more) {
    return joined(parse_config(request_of(ipam, more, "IP=10.0.0.4/24")).requested);
  };
  EXPECT_EQ(requested(R"({"ipAddress":"10.0.0.1/24"})", all), "10.0.0.1");
  EXPECT_EQ(requested(R"({"ipAddress":""})", all), "10.0.0.2 fd00::2");
  EXPECT_EQ(requested("{}", args), "10.0.0.3");
  EXPECT_EQ(requested("{}", R"({"args":{"cni":{}}})"), "10.0.0.4");
}

// Catches: leases looked for in another folder by DEL than ADD wrote them to.
TEST(DataFolder, IsReadWhateverElseIsWrong) {
  EXPECT_EQ(data_folder(request_of("{}")), "/var/run/azure-vnet-ipam");
  EXPECT_EQ(data_folder(request_of(R"({"dataDir":"","subnet":7})")), default_data_folder());
  EXPECT_EQ(data_folder(request_of(R"({"dataDir":"/d","environment":"aws"})")), "/d");
  EXPECT_EQ(test::failure_of([] { data_folder(request_of(R"({"dataDir":"d"})")); }),
            R"(7 ipam.dataDir: expected an absolute path, not "d")");
}

// Catches: a DEL that fails for a field of ADD's, and one that is not read.
TEST(Cooldown, IsReadWhateverElseIsWrong) {
  EXPECT_EQ(cooldown(request_of("{}")), seconds(30));
  EXPECT_EQ(cooldown(request_of(R"({"cooldown":"7","subnet":7})")), seconds(7));
  EXPECT_EQ(cooldown(request_of(R"({"cooldown":"soon"})")), seconds(30));
  EXPECT_EQ(failure(R"({"cooldown":"soon"})"),
            R"(7 ipam.cooldown: expected a number of seconds, at most a day, not "soon")");
}

// Catches: a DEL that fails for the address it names, or releases another.
TEST(NamedAddress, IsTheOneOfIpamIfItIsOne) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"{}", ""},
      {R"({"ipAddress":"10.0.0.5"})", "10.0.0.5"},
      {R"({"ipAddress":"fd00::5/64"})", "fd00::5"},
      {R"({"ipAddress":""})", ""},
      {R"({"ipAddress":"x"})", ""},
      {R"({"ipAddress":5})", ""}};
  for (const auto& [ipam, expected] : cases) {
    const auto address = named_address(request_of(ipam));
    EXPECT_EQ(address ? to_string(*address) : "", expected) << ipam;
  }
}

// Catches: leases of two interfaces of a container taken for one.
TEST(Owner, IsContainerAndInterface) {
  EXPECT_EQ(owner_of(request_of("{}")), (ipam::Owner{"abc", "eth0"}));
}

}  // namespace
}  // namespace azcni::vnet_ipam
