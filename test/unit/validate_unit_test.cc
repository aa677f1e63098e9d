// What is said of a configuration, and where; test/net/validate_test.cc has the verb.

#include "azure-vnet/cli/validate.h"

#include <gtest/gtest.h>

#include "azcni/base/error.h"
#include "requests.h"

namespace azcni::vnet {
namespace {

/// "LINE:COLUMN error: …", a line each.
std::string complaints_of(const std::string& text) {
  NodeConfig config{"x.conf", text, nullptr, {}};
  try {
    config.document = parse_json(text, config.path);
  } catch (const Error& error) {
    config.failure = error.what();
  }
  std::string all;
  for (const Complaint& each : validate(config)) {
    all += (all.empty() ? "" : "\n") + std::to_string(each.location.line) + ":" +
           std::to_string(each.location.column) + (each.is_error ? " error: " : " warning: ") +
           each.message;
  }
  return all;
}

/// Of a plugin alone with this field, in line 2.
std::string complaints_of_field(const std::string& field) {
  return complaints_of("{\"name\":\"azure\",\"type\":\"azure-vnet\",\n" + field + ",\n" +
                       R"("ipam":{"type":"azure-vnet-ipam"}})");
}

/// The same of a field of ipam.
std::string complaints_of_ipam(const std::string& field) {
  return complaints_of("{\"name\":\"azure\",\"type\":\"azure-vnet\",\"ipam\":{\n" + field + ",\n" +
                       R"("type":"azure-vnet-ipam"}})");
}

// Catches: a kind of value that is not looked at, and a place in the file that is another's.
TEST(Complaints, SayWhatAValueShouldBe) {
  const std::vector<std::pair<const char*, const char*>> fields{
      {R"("adapterName":7)", "2:15 error: adapterName: expected a text, not 7"},
      {R"("ipMasq":"yes")", R"(2:10 error: ipMasq: expected true or false, not "yes")"},
      {R"("windowsSettings":{"hnsTimeoutDurationInSeconds":-1})",
       "2:50 error: windowsSettings.hnsTimeoutDurationInSeconds: expected a whole number, not -1"},
      {R"("podNamespaceForDualNetwork":[7])",
       "2:30 error: podNamespaceForDualNetwork: expected a list of texts, not [7]"},
      {R"("ipsToRouteViaHost":["x"])",
       "2:21 error: ipsToRouteViaHost: expected a list of IP addresses and CIDRs, not [\"x\"]"},
      {R"("vnetCidrs":["10/8"])",
       R"(2:13 error: vnetCidrs: expected a list of CIDRs, not ["10/8"])"},
      {R"("master":"sixteen-letters0")",
       R"(2:10 error: master: expected the name of an interface, not "sixteen-letters0")"},
      {R"("dns":7)", "2:7 error: dns: expected an object, not 7"},
      {R"("AdditionalArgs":{})", "2:18 error: AdditionalArgs: expected a list of objects, not {}"},
      {R"("logLevel":"trace")",
       R"(2:12 error: logLevel: expected one of info, debug, not "trace")"}};
  for (const auto& [field, expected] : fields)
    EXPECT_EQ(complaints_of_field(field), expected) << field;
  const std::vector<std::pair<const char*, const char*>> fields_of_ipam{
      {R"("queryInterval":"1s")",
       R"(2:17 error: ipam.queryInterval: expected a number of seconds, not "1s")"},
      {R"("queryTimeout":-1)",
       "2:16 error: ipam.queryTimeout: expected a number of seconds, not -1"},
      {R"("ipAddress":"x")", R"(2:13 error: ipam.ipAddress: expected an IP address, not "x")"},
      {R"("subnet":"10.0.0.0")", R"(2:10 error: ipam.subnet: expected a CIDR, not "10.0.0.0")"},
      {R"("queryUrl":"https://1.2.3.4/")",
       R"(2:12 error: ipam.queryUrl: expected http://ADDRESS/PATH, not "https://1.2.3.4/")"},
      {R"("ipFamilies":["IPv4","IPv5"])",
       R"(2:14 error: ipam.ipFamilies: expected one of IPv4, IPv6, not "IPv5")"}};
  for (const auto& [field, expected] : fields_of_ipam)
    EXPECT_EQ(complaints_of_ipam(field), expected) << field;
}

// Catches: a complaint about what the plugins take.
TEST(Complaints, AreNotOfWhatIsFine) {
  for (const char* field :
       {R"("IPMASQ":true)", R"("mode":null)", R"("mode":"")", R"("vnetCidrs":"10.0.0.0/8")",
        R"("vnetCidrs":["10.0.0.0/8"])", R"("runtimeConfig":{"anything":7})",
        R"("args":{"cni":{"ips":["10.0.0.5"]}})", R"("capabilities":{"portMappings":true})"}) {
    EXPECT_EQ(complaints_of_field(field), "") << field;
  }
  for (const char* field :
       {R"("queryInterval":"")", R"("queryInterval":"7")", R"("queryInterval":7)",
        R"("ipAddress":"")", R"("ipAddress":"10.0.0.5/24")", R"("subnet":"")", R"("queryUrl":"")",
        R"("ipFamilies":["IPv6"])", R"("environment":"null")"}) {
    EXPECT_EQ(complaints_of_ipam(field), "") << field;
  }
  EXPECT_EQ(complaints_of(R"({"name":"a","type":"azure-vnet","ipam":{"type":"x","range":7}})"), "")
      << "fields of another IPAM plugin are not ours to know";
}

// Catches: a misspelt field that is ignored in silence, and advice that leads astray.
TEST(Complaints, OfAFieldThatIsNotThereNameTheNearest) {
  EXPECT_EQ(complaints_of_field(R"("ipMasp":true)"),
            "2:10 warning: ipMasp: no such field, ignored; did you mean ipMasq?");
  EXPECT_EQ(complaints_of_field(R"("dns":{"serch":[]})"),
            "2:16 warning: dns.serch: no such field, ignored; did you mean dns.search?");
  EXPECT_EQ(complaints_of_field(R"("somethingElse":true)"),
            "2:17 warning: somethingElse: no such field, ignored");
  EXPECT_EQ(complaints_of_ipam(R"("queryIntervall":7)"),
            "2:18 warning: ipam.queryIntervall: no such field, ignored; did you mean "
            "ipam.queryInterval?");
}

struct Document {
  const char* name;
  const char* text;
  const char* expected;

  friend void PrintTo(const Document& each, std::ostream* out) { *out << each.name; }
};

class DocumentComplaints : public ::testing::TestWithParam<Document> {};

INSTANTIATE_TEST_SUITE_P(
    All, DocumentComplaints,
    ::testing::Values(
        Document{"Good",
                 R"({"cniVersion":"1.1.0","name":"a","plugins":[{"type":"azure-vnet",
                     "ipam":{"type":"x"}},{"type":"other","mode":7}]})",
                 ""},
        Document{"NoObject", "\n [7]", "2:2 error: expected an object"},
        Document{"NoJson", "{\n\"a\" 7}",
                 "2:5 error: not JSON: syntax error while parsing object separator - unexpected "
                 "number literal; expected ':'"},
        Document{"Empty", "",
                 "1:1 error: not JSON: syntax error while parsing value - unexpected end of "
                 "input; expected '[', '{', or a literal"},
        Document{"NoPlugins", R"({"name":"a","plugins":[]})",
                 "1:23 error: plugins: a list without plugins is ignored"},
        Document{"PluginsOfAnotherType", R"({"name":"a","plugins":{}})",
                 "1:23 error: plugins: expected a list of objects, not {}"},
        Document{"NoName", R"({"type":"azure-vnet","ipam":{"type":"x"}})",
                 "1:1 error: name: missing: the network; any unique value"},
        Document{"ListWithoutName", R"({"plugins":[{"type":"azure-vnet","ipam":{"type":"x"}}]})",
                 "1:1 error: name: missing: the network; any unique value\n"
                 "1:13 error: name: expected the network's name, of up to 200 letters, digits, "
                 "'_', '.' and "
                 "'-', not nothing"},
        Document{"NoTypeOfIpam", "{\"name\":\"a\",\"type\":\"azure-vnet\",\n\"ipam\":{}}",
                 "2:8 error: ipam.type: missing: any IPAM plugin of CNI_PATH"},
        Document{"NoType", R"({"name":"a","ipam":{"type":"x"}})",
                 "1:1 error: type: missing: this plugin"},
        Document{"Version",
                 R"({"name":"a","cniVersion":"9","plugins":[{"type":"azure-vnet",
                     "ipam":{"type":"x"}}]})",
                 "1:26 error: cniVersion: expected one of 1.0.0, 0.1.0, 0.2.0, 0.3.0, 0.3.1, "
                 "0.4.0, 1.1.0, not \"9\""},
        Document{"SecondOfAList",
                 "{\"name\":\"a\",\"plugins\":[{\"type\":\"other\"},\n"
                 "{\"type\":\"azure-vnet\",\"mode\":7,\"ipam\":{\"type\":\"x\"}}]}",
                 "2:29 error: mode: expected a text, not 7"},
        // Of the plugin's own parser, which knows no place.
        Document{"OfTheParser",
                 "{\"name\":\"a\",\"plugins\":[\n"
                 "{\"type\":\"azure-vnet\",\"vnetCidrs\":\"10/8\",\"ipam\":{\"type\":\"x\"}}]}",
                 "2:1 error: vnetCidrs: expected CIDRs, not \"10/8\""},
        Document{"BandwidthTwice",
                 R"({"name":"a","plugins":[{"type":"azure-vnet","ipam":{"type":"x"},
                     "capabilities":{"bandwidth":true}},
                     {"type":"bandwidth","capabilities":{"bandwidth":true}}]})",
                 "1:23 error: bandwidth: azure-vnet and bandwidth would both do it; remove "
                 "bandwidth or our capability"},
        Document{"BandwidthOnce",
                 R"({"name":"a","plugins":[{"type":"azure-vnet","ipam":{"type":"x"},
                     "capabilities":{"bandwidth":false}},
                     {"type":"bandwidth","capabilities":{"bandwidth":true}}]})",
                 ""}),
    test::case_name<Document>);

// Catches: a file that is called valid and that a runtime or the plugin refuses, and a complaint
// that leads to another line.
TEST_P(DocumentComplaints, SayWhatAndWhere) {
  EXPECT_EQ(complaints_of(GetParam().text), GetParam().expected);
}

// Catches: a file that could not be read called valid, or no JSON.
TEST(Complaints, KeepAFailureThatIsNotOfJson) {
  const auto complaints = validate({"x.conf", "{}", nullptr, "too long"});
  ASSERT_EQ(complaints.size(), 1U);
  EXPECT_EQ(complaints[0].message, "too long");
  EXPECT_TRUE(complaints[0].is_error);
}

}  // namespace
}  // namespace azcni::vnet
