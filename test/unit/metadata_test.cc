#include "azcni/ipam/metadata.h"

#include <gtest/gtest.h>

#include "azcni/base/error.h"
#include "azcni/base/file.h"
#include "azcni/base/json.h"
#include "requests.h"
#include "temporary_folder.h"

namespace azcni::ipam {
namespace {

/// "MAC PREFIX=ADDRESS,ADDRESS": what a document has for containers, in a form to compare.
std::string told(const Metadata& metadata) {
  std::string text;
  for (const NicMetadata& nic : metadata.nics) {
    text += (text.empty() ? "" : " ") + (nic.mac ? to_string(*nic.mac) : "*");
    for (const SubnetMetadata& subnet : nic.subnets) {
      text += " " + to_string(subnet.prefix) + "=";
      for (const net::IpAddress& address : subnet.addresses)
        text += (text.back() == '=' ? "" : ",") + to_string(address);
      for (const net::Prefix& block : subnet.blocks)
        text += (text.back() == '=' ? "" : ",") + to_string(block);
    }
  }
  return text;
}

constexpr const char* kXml = R"(<Interfaces>
  <Interface MacAddress="000D3A6E1825" IsPrimary="true">
    <IPSubnet Prefix="10.0.0.7/24">
      <IPAddress Address="10.0.0.4" IsPrimary="true"/>
      <IPAddress Address="10.0.0.5" IsPrimary="false"/>
      <IPAddress Address="10.0.0.5" IsPrimary="false"/>
      <IPAddress Address="10.0.0.6"/>
    </IPSubnet>
  </Interface>
  <Interface MacAddress="*"/>
</Interfaces>)";

// Catches: the VM's own address given to a pod, and addresses twice.
TEST(Wireserver, GivesTheAddressesForContainers) {
  const Metadata metadata = parse_wireserver(kXml);
  EXPECT_EQ(told(metadata), "00:0d:3a:6e:18:25 10.0.0.0/24=10.0.0.5,10.0.0.6 *");
  EXPECT_TRUE(metadata.nics[0].primary);
  EXPECT_FALSE(metadata.nics[1].primary);
  EXPECT_EQ(metadata.skipped, "");
}

// Catches: forms of PowerShell that are refused: a list of one as that one, texts for flags.
TEST(Mas, GivesTheSame) {
  const char* documents[] = {
      R"({"interfaces":[{"macaddress":"00-0D-3A-6E-18-25","IsPrimary":true,"IPSubnets":[
      {"Prefix":"1.0.0.0/12","IPAddresses":[{"Address":"1.0.0.4","IsPrimary":true},
      {"Address":"1.0.0.5","IsPrimary":false}]}]}]})",
      R"({"Interfaces":{"MacAddress":"000D3A6E1825","IsPrimary":"True","IPSubnets":
      {"Prefix":"1.0.0.0/12","IPAddresses":[{"Address":"1.0.0.4","IsPrimary":"True"},
      {"Address":"1.0.0.5","IsPrimary":"False"}]}}})"};
  for (const char* document : documents) {
    const Metadata metadata = parse_mas(document);
    EXPECT_EQ(told(metadata), "00:0d:3a:6e:18:25 1.0.0.0/12=1.0.0.5");
    EXPECT_TRUE(metadata.nics.at(0).primary);
    EXPECT_EQ(metadata.skipped, "");
  }
}

/// An entry beside a good one, and what is said of it.
struct Entry {
  const char* name;
  std::string text;
  std::string told;     ///< all that is read; empty: the good one alone
  std::string skipped;  ///< empty: nothing
  bool is_gap = false;
};

std::string name_of(const ::testing::TestParamInfo<Entry>& each) { return each.param.name; }

class WireserverEntry : public ::testing::TestWithParam<Entry> {
 protected:
  static void expect_read(const Metadata& metadata) {
    const Entry& entry = GetParam();
    EXPECT_EQ(told(metadata), entry.told.empty() ? "* 10.0.0.0/24=10.0.0.5" : entry.told);
    EXPECT_EQ(metadata.skipped,
              entry.skipped.empty() ? "" : "1 entry is skipped: " + entry.skipped);
    EXPECT_EQ(metadata.has_gaps, entry.is_gap);
  }
};

std::string address(const std::string& text) { return "<IPAddress Address=\"" + text + "\"/>"; }

// Catches: one entry that makes the whole answer useless, and one that is left out unsaid.
TEST_P(WireserverEntry, CostsNoOther) {
  const std::string good = address("10.0.0.5");
  const std::string& text = GetParam().text;
  const bool is_address = text.rfind("<IPA", 0) == 0, is_nic = text.rfind("<Interface", 0) == 0;
  expect_read(parse_wireserver("<Interfaces>" + (is_nic ? text : "") +
                               "<Interface MacAddress=\"*\">" + (is_nic || is_address ? "" : text) +
                               "<IPSubnet Prefix=\"10.0.0.0/24\">" + (is_address ? text : "") +
                               good + "</IPSubnet></Interface></Interfaces>"));
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, WireserverEntry,
    ::testing::Values(
        Entry{"block_of_one", address("10.0.0.6/32"), "* 10.0.0.0/24=10.0.0.6,10.0.0.5", ""},
        Entry{"block", address("10.0.0.17/28"), "* 10.0.0.0/24=10.0.0.5,10.0.0.16/28", ""},
        Entry{"block_beyond", address("10.0.0.0/23"), "",
              "Address \"10.0.0.0/23\" in 10.0.0.0/24: not of this subnet"},
        Entry{"no_block", address("10.0.0.16/33"), "",
              "Address \"10.0.0.16/33\" in 10.0.0.0/24: expected an IP address", true},
        Entry{"outside", address("10.9.0.5"), "",
              "Address \"10.9.0.5\" in 10.0.0.0/24: not of this subnet"},
        Entry{"other_family", address("fd00::5"), "",
              "Address \"fd00::5\" in 10.0.0.0/24: not of this subnet"},
        Entry{"repeated", address("10.0.0.5"), "", ""},
        Entry{"own_and_empty", R"(<IPAddress Address="" IsPrimary="TRUE"/>)", "", ""},
        Entry{"empty", address(""), "", "Address \"\" in 10.0.0.0/24: expected an IP address",
              true},
        Entry{"missing", "<IPAddress/>", "", "Address \"\" in 10.0.0.0/24: expected an IP address",
              true},
        Entry{"with_blanks", address(" 10.0.0.6 "), "",
              "Address \" 10.0.0.6 \" in 10.0.0.0/24: expected an IP address", true},
        Entry{"with_zone", address("fe80::1%eth0"), "",
              "Address \"fe80::1%eth0\" in 10.0.0.0/24: expected an IP address", true},
        Entry{"of_three_parts", address("10.0.6"), "",
              "Address \"10.0.6\" in 10.0.0.0/24: expected an IP address", true},
        Entry{"long", address(std::string(100'000, 'x')), "",
              "Address \"" + std::string(43, 'x') + "...\" in 10.0.0.0/24: expected an IP address",
              true},
        Entry{"no_text", address("1\xff&#10;2"), "",
              "Address \"1\xef\xbf\xbd 2\" in 10.0.0.0/24: expected an IP address", true}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Subnets, WireserverEntry,
    ::testing::Values(
        Entry{"with_blanks",
              "<IPSubnet Prefix=\"10.1.0.0 / 24\">" + address("10.1.0.5") + "</IPSubnet>", "",
              "Prefix \"10.1.0.0 / 24\": expected a CIDR", true},
        Entry{"without_length", "<IPSubnet Prefix=\"10.1.0.0\"/>", "",
              "Prefix \"10.1.0.0\": expected a CIDR", true},
        Entry{"too_long", "<IPSubnet Prefix=\"10.1.0.0/33\"/>", "",
              "Prefix \"10.1.0.0/33\": expected a CIDR", true},
        Entry{"missing", "<IPSubnet/>", "", "Prefix \"\": expected a CIDR", true},
        Entry{"without_addresses", "<IPSubnet Prefix=\"fd00::/64\"/>",
              "* fd00::/64= 10.0.0.0/24=10.0.0.5", ""},
        Entry{"of_one_address",
              "<IPSubnet Prefix=\"fd00::5/128\">" + address("fd00::5") + "</IPSubnet>",
              "* fd00::5/128=fd00::5 10.0.0.0/24=10.0.0.5", ""},
        Entry{"ipv4_in_ipv6",
              "<IPSubnet Prefix=\"fd00::/64\">" + address("10.1.0.5") + "</IPSubnet>",
              "* fd00::/64= 10.0.0.0/24=10.0.0.5",
              "Address \"10.1.0.5\" in fd00::/64: not of this subnet"},
        Entry{"unknown_element", "<IPSubnets2 Prefix=\"x\"/>", "", ""}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Nics, WireserverEntry,
    ::testing::Values(Entry{"no_mac", "<Interface IsPrimary=\"true\"/>", "",
                            "MacAddress \"\": expected 12 hex digits or \"*\"", true},
                      Entry{"wrong_mac", "<Interface MacAddress=\"000D3A\"/>", "",
                            "MacAddress \"000D3A\": expected 12 hex digits or \"*\"", true},
                      Entry{"other_nic", "<Interface MacAddress=\"00-0d-3A-00-00-01\"/>",
                            "00:0d:3a:00:00:01 * 10.0.0.0/24=10.0.0.5", ""}),
    name_of);

class MasEntry : public WireserverEntry {};

// Catches: the same of a file, where a value may be of a wrong type, too.
TEST_P(MasEntry, CostsNoOther) {
  Json document = Json::parse(R"({"Interfaces": [{"MacAddress": "*", "IPSubnets": [
      {"Prefix": "10.0.0.0/24", "IPAddresses": [{"Address": "10.0.0.5"}]}]}]})");
  document = document.patch(Json::array({Json::parse(GetParam().text)}));
  expect_read(parse_mas(document.dump()));
}

constexpr const char* kAddress =
    R"({"op": "add", "path": "/Interfaces/0/IPSubnets/0/IPAddresses/0")";
constexpr const char* kSubnet = R"({"op": "add", "path": "/Interfaces/0/IPSubnets/0")";
constexpr const char* kNic = R"({"op": "add", "path": "/Interfaces/0")";

std::string with(const char* patch, const std::string& value) {
  return std::string(patch) + ", \"value\": " + value + "}";
}

INSTANTIATE_TEST_SUITE_P(
    Entries, MasEntry,
    ::testing::Values(
        Entry{"number", with(kAddress, R"({"Address": 5})"), "",
              "Address \"5\" in 10.0.0.0/24: expected an IP address", true},
        Entry{"null", with(kAddress, "null"), "",
              "Address \"\" in 10.0.0.0/24: expected an IP address", true},
        Entry{"text", with(kAddress, "\"10.0.0.6\""), "",
              "Address \"\" in 10.0.0.0/24: expected an IP address", true},
        Entry{"block", with(kAddress, R"({"Address": "10.0.0.16/28"})"),
              "* 10.0.0.0/24=10.0.0.5,10.0.0.16/28", ""},
        Entry{"prefix_null", with(kSubnet, R"({"Prefix": null, "IPAddresses": null})"), "",
              "Prefix \"\": expected a CIDR", true},
        Entry{"subnet_list", with(kSubnet, "[]"), "", "Prefix \"\": expected a CIDR", true},
        Entry{"addresses_number", with(kSubnet, R"({"Prefix": "10.1.0.0/24", "IPAddresses": 7})"),
              "* 10.1.0.0/24= 10.0.0.0/24=10.0.0.5",
              "Address \"\" in 10.1.0.0/24: expected an IP address", true},
        Entry{"mac_object", with(kNic, R"({"MacAddress": {}, "IPSubnets": 3})"), "",
              "MacAddress \"{}\": expected 12 hex digits or \"*\"", true}),
    name_of);

// Catches: a line of the log that is as long as the answer.
TEST(Metadata, NamesAFewOfManySkippedEntries) {
  std::string xml = "<Interfaces><Interface MacAddress=\"*\"><IPSubnet Prefix=\"10.0.0.0/24\">";
  for (int i = 0; i < 1000; ++i) xml += address("x" + std::to_string(i));
  xml += address("10.0.0.5") + "</IPSubnet></Interface></Interfaces>";
  const std::string skipped = parse_wireserver(xml).skipped;
  EXPECT_EQ(skipped.rfind("1000 entries are skipped: Address \"x0\" in", 0), 0U) << skipped;
  EXPECT_NE(skipped.find("\"x2\""), std::string::npos) << skipped;
  EXPECT_LT(skipped.size(), 250U) << skipped;
}

// Catches: an answer of another kind taken for one without addresses.
TEST(Metadata, RefusesADocumentOfWhichNothingCanBeRead) {
  for (const char* xml : {R"(<Interfaces><Interface MacAddress="zz"/></Interfaces>)",
                          R"(<Interfaces><Interface MacAddress="*"><IPSubnet Prefix="10.0.0.0/8">
                             <IPAddress Address="ten"/></IPSubnet></Interface></Interfaces>)",
                          "<Interfaces/>", "<html/>", "hello", ""})
    EXPECT_THROW(parse_wireserver(xml), Error) << xml;
  for (const char* json : {R"({"Interfaces":{}})", R"({"Interfaces":[]})", "{}", "[]", "7",
                           R"({"Interfaces":["eth0"]})", "\xff\xfe{\x00}"})
    EXPECT_THROW(parse_mas(json), Error) << json;
}

// Catches: a failure that does not name the file.
TEST(Mas, IsReadFromItsFile) {
  const test::TemporaryFolder folder;
  const std::string path = folder / "interfaces.json";
  const auto failure = [&] { return test::failure_of([&] { read_mas(path); }); };
  EXPECT_EQ(failure(), "104 metadata file " + path + ": no such file");
  file::replace(path, "{}");
  EXPECT_EQ(failure(),
            "104 metadata file " + path + ": JSON of another schema: there are no Interfaces");
  file::replace(path, "\xff\xfe{");  // of PowerShell's Out-File: UTF-16
  EXPECT_EQ(failure().rfind("104 metadata file " + path + ": the document is not JSON", 0), 0U)
      << failure();
  file::replace(path, R"({"Interfaces":{"MacAddress":"*","IPSubnets":{"Prefix":"10.0.0.0/24",
      "IPAddresses":{"Address":"10.0.0.5"}}}})");
  EXPECT_EQ(told(read_mas(path)), "* 10.0.0.0/24=10.0.0.5");
}

// Catches: an answer that takes the process with it: each level costs some stack.
TEST(Wireserver, RefusesWhatIsNestedTooDeep) {
  std::string deep;
  for (int i = 0; i < 33; ++i) deep += "<a>";
  EXPECT_EQ(test::failure_of([&] { parse_wireserver(deep); }),
            "104 XML nested deeper than 32 levels");
}

}  // namespace
}  // namespace azcni::ipam
