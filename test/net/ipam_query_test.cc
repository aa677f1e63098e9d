// What azure-vnet-ipam does with wireserver's answers, good and bad, and when it asks.

#include <set>

#include "ipam_test.h"

namespace azcni::test {
namespace {

class IpamQuery : public Ipam {
 protected:
  static std::string log_of(const Vm& vm) { return vm.read("/var/log/azure-vnet.log"); }
  static int count(const std::string& text, const std::string& part) {
    int found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++found;
    return found;
  }
  /// From now on the metadata is this document.
  void answer_with(const std::string& xml) {
    lab().wireserver().answer_with([xml](const auto&, const auto&) {
      return lab::Wireserver::Reply{200, xml};
    });
  }
};

struct Metadata {
  const char* name;
  lab::Wireserver::Reply reply;
  const char* text;

  friend void PrintTo(const Metadata& each, std::ostream* out) { *out << each.name; }
};

std::string huge() {
  std::string xml =
      "<Interfaces><Interface MacAddress=\"000D3A000001\"><IPSubnet Prefix=\"10.0.0.0/8\">";
  for (int i = 0; i < 100'000; ++i) xml += "<IPAddress Address=\"10.0.0.1\" IsPrimary=\"false\"/>";
  return xml + "</IPSubnet></Interface></Interfaces>";
}

std::string deep() {
  std::string xml;
  for (int i = 0; i < 100'000; ++i) xml += "<a>";
  return xml;
}

class IpamWithout : public Ipam, public ::testing::WithParamInterface<Metadata> {};

// Catches: an error that does not tell what was asked and what came back; and pools emptied by it.
TEST_P(IpamWithout, GoodMetadata) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json json = config({{"queryInterval", 0}});
  Json hasty = json;  // who gets no answer waits to the end
  if (GetParam().reply.delay_ms < 0) hasty["ipam"]["queryTimeout"] = 1;
  const auto bad = [](const auto&, const auto&) { return GetParam().reply; };
  lab.wireserver().answer_with(bad);
  const PluginExit answer = vm.ipam("ADD", "a", hasty);
  EXPECT_EQ(answer.status, 1);
  EXPECT_EQ(answer.json["code"], 104) << answer.text;
  EXPECT_NE(answer.text.find(GetParam().text), std::string::npos) << answer.text;
  EXPECT_EQ(leases(vm), 0U);

  const std::string good = Lab::metadata_of(vm.spec());
  lab.wireserver().answer_with([&](const auto&, const auto&) {
    return lab::Wireserver::Reply{200, good};
  });
  EXPECT_EQ(add(vm, "b", json), "10.240.1.5") << "at once, when the server has recovered";
  lab.wireserver().answer_with(bad);
  EXPECT_EQ(add(vm, "c", json), "10.240.1.6") << "from the pools, when it is bad again";
}

INSTANTIATE_TEST_SUITE_P(
    Metadata, IpamWithout,
    ::testing::Values(
        Metadata{"not_found", {404, "<Interfaces/>"}, "status 404"},
        Metadata{"server_error", {500, ""}, "status 500"},
        Metadata{"no_xml", {200, "hello"}, "not XML"},
        Metadata{"empty", {200, ""}, "168.63.129.16"},
        Metadata{"cut_off",
                 {200, "<Interfaces><Interface MacAddress=\"000D3A000001\"><IPSub"},
                 "not XML"},
        Metadata{"other_schema", {200, "<html><body/></html>"}, "another schema"},
        Metadata{"no_interface", {200, "<Interfaces/>"}, "no element Interface"},
        Metadata{"bad_prefix",
                 {200,
                  "<Interfaces><Interface MacAddress=\"*\"><IPSubnet "
                  "Prefix=\"x\"/></Interface></Interfaces>"},
                 "expected a CIDR"},
        Metadata{"foreign_mac",
                 {200, "<Interfaces><Interface MacAddress=\"000D3AFFFFFF\"/></Interfaces>"},
                 "00:0d:3a:ff:ff:ff"},
        Metadata{"too_long", {200, huge()}, "body limit"},
        Metadata{"too_deep", {200, deep()}, "nested deeper"},
        Metadata{"silent", {200, "", -1}, "timed out"}),
    case_name<Metadata>);

TEST_F(IpamQuery, NamesADeadServer) {
  Lab& lab = start_lab();
  lab.wireserver().die();
  const PluginExit answer = lab.vm().ipam("ADD", "a", config());
  EXPECT_EQ(answer.json["code"], 104);
  EXPECT_NE(
      answer.text.find("http://168.63.129.16/machine/plugins?comp=nmagent&type=getinterfaceinfov1"),
      std::string::npos);
  EXPECT_NE(answer.text.find("refused"), std::string::npos) << answer.text;
}

// Catches: a query for each pod, and pods that wait for a server that they don't need.
TEST_F(IpamQuery, AsksOnceAnIntervalAndDoesNotWaitForIt) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  const Json seldom = config({{"queryInterval", 3600}});
  for (const char* container : {"a", "b", "c"}) add(vm, container, seldom);
  EXPECT_EQ(lab.wireserver().requests(), 1);
  lab.wireserver().answer_with([](const auto&, const auto&) {
    return lab::Wireserver::Reply{200, "", -1};
  });
  const auto began = std::chrono::steady_clock::now();
  add(vm, "d", config({{"queryInterval", "0"}, {"queryTimeout", 3600}}));
  EXPECT_LT(std::chrono::steady_clock::now() - began, lab::kPatience) << "of a timeout of an hour";
  EXPECT_EQ(lab.wireserver().requests(), 2);
}

// Catches: a second query by one who saw that it was due, and had his turn after somebody else's.
TEST_F(IpamQuery, TwoAskOnceWhenAQueryIsDue) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  add(vm, "first");
  const std::string folder = "/run/azure-vnet-ipam/queries/";
  const std::string record = folder + vm.list(folder).at(0);
  Json query = Json::parse(vm.read(record));
  query["uptimeUs"] = 0;
  vm.write(record, query.dump());
  const Json json = config({{"queryInterval", 60}});
  // The first lock is the container's turn, the second the query's.
  const std::string delay =
      "exec strace -qq -o /run/strace -e trace=flock -e inject=flock:delay_enter=2000000:when=2 $1";
  lab::Process late =
      vm.start_cni("ADD", vm.make_pod("late"), json,
                   {"sh", "-c", delay, "sh", std::string(AZCNI_PLUGINS) + "/azure-vnet-ipam"});
  EXPECT_TRUE(lab::eventually([&] { return !vm.list("/run/azure-vnet-ipam/turns").empty(); }));
  add(vm, "soon", json);
  EXPECT_EQ(Vm::plugin_exit(late.wait()).status, 0);
  EXPECT_NE(vm.read("/run/strace").find("DELAYED"), std::string::npos);
  EXPECT_EQ(lab.wireserver().requests(), 2);
}

// Catches: addresses that Azure took back and are handed out still; new ones that need a restart.
TEST_F(IpamQuery, FollowsWhatAzureAssigns) {
  Lab& lab = start_lab({.secondaries = 2});
  Vm& vm = lab.vm();
  const Json json = config({{"queryInterval", 0}});
  EXPECT_EQ(add(vm, "a", json), "10.240.1.5");
  lab::VmSpec changed = vm.spec();
  changed.secondary4 = {"10.240.1.6", "10.240.1.50"};
  lab.wireserver().answer_with([&](const auto&, const auto&) {
    return lab::Wireserver::Reply{200, Lab::metadata_of(changed)};
  });
  EXPECT_EQ(add(vm, "b", json), "10.240.1.6");
  EXPECT_EQ(add(vm, "a", json), "10.240.1.5") << "withdrawn, but its pod lives";
  EXPECT_EQ(add(vm, "c", json), "10.240.1.50");
  vm.ipam("DEL", "a", json);
  EXPECT_EQ(vm.ipam("ADD", "d", json).json["code"], 102) << "10.240.1.5 is gone for good";
}

// Catches: a node without pods because of one entry of the metadata; one that is left out unsaid,
// or said again with each query.
TEST_F(IpamQuery, OneUnreadableEntryCostsNoOther) {
  Vm& vm = start_lab().vm();
  std::string xml = Lab::metadata_of(vm.spec());
  xml.insert(xml.find("<IPAddress"),
             R"(<IPAddress Address="192.0.2.16/28"/><IPAddress Address="ten"/>)");
  xml.insert(xml.find("<IPSubnet"), R"(<IPSubnet Prefix="10.0.0.0 / 24"/>)");
  xml.insert(xml.find("<Interface "), R"(<Interface MacAddress="zz"/>)");
  answer_with(xml);
  Json json = vm.config();
  json["ipam"]["queryInterval"] = 0;
  const Pod a = vm.make_pod("a"), b = vm.make_pod("b");
  EXPECT_EQ(attach(vm, a, json).ip(), "10.240.1.5");
  EXPECT_TRUE(Lab::pings_from(vm, a, "10.240.0.1"));
  attach(vm, b, json);
  EXPECT_EQ(lab().wireserver().requests(), 2);
  EXPECT_EQ(count(log_of(vm), "4 entries are skipped"), 1) << log_of(vm);
  const std::string pools = vm.run({AZCNI_PLUGINS "/azure-vnet-ipam", "pools"}).out;
  EXPECT_NE(pools.find("192.0.2.16/28"), std::string::npos) << pools;
}

// Catches: addresses that are forgotten because an answer that names them can't be read.
TEST_F(IpamQuery, KeepsThePoolOfWhichNothingCanBeRead) {
  Vm& vm = start_lab({.secondaries = 2}).vm();
  const Json json = config({{"queryInterval", 0}, {"ipFamilies", {"IPv4", "IPv6"}}});
  add(vm, "a", json);
  lab::VmSpec unreadable = vm.spec();
  unreadable.secondary6 = {"fd00::g"};
  answer_with(Lab::metadata_of(unreadable));
  const PluginExit both = vm.ipam("ADD", "b", json);
  EXPECT_EQ(both.status, 0) << both.text;
  EXPECT_EQ(both.ip(1), "fd00:240::1:6");
  EXPECT_EQ(count(log_of(vm), "fd00::g"), 1) << log_of(vm);
}

// Catches: an address that is handed out although Azure took it back, and nobody is told of it.
TEST_F(IpamQuery, TellsThatAPoolIsEmpty) {
  Vm& vm = start_lab({.secondaries = 2}).vm();
  const Json json = config({{"queryInterval", 0}});
  add(vm, "a", json);
  lab::VmSpec elsewhere = vm.spec();
  elsewhere.secondary4 = {"192.0.2.16/28"};
  answer_with(Lab::metadata_of(elsewhere));
  EXPECT_EQ(vm.ipam("ADD", "b", json).json["code"], 102);
  vm.ipam("ADD", "c", json);
  EXPECT_EQ(count(log_of(vm), "eth0 10.240.0.0/16 has no address any more"), 1) << log_of(vm);
}

// Catches: a node that has blocks and no address to give, in either family; an address that is
// given twice; and pods of a block that nobody reaches.
TEST_F(IpamQuery, HandsOutTheAddressesOfBlocks) {
  Lab& lab = start_lab();
  Vm& vm = lab.vm();
  lab::VmSpec blocks = vm.spec();
  blocks.secondary4 = {"10.240.0.16/30"};
  blocks.secondary6 = {"fd00:240::/64"};
  answer_with(Lab::metadata_of(blocks));
  Json json = vm.config();
  json["ipam"]["ipFamilies"] = {"IPv4", "IPv6"};
  std::set<std::string> addresses;
  for (const std::string name : {"a", "b", "c", "d"}) {
    const PluginExit answer = attach(vm, vm.make_pod(name), json);
    addresses.insert({answer.ip(0), answer.ip(1)});
    EXPECT_TRUE(Lab::pings(vm, answer.ip(0)));
    EXPECT_TRUE(Lab::pings(vm, answer.ip(1)));
  }
  EXPECT_EQ(addresses.size(), 8U);
  EXPECT_EQ(addresses.count("fd00:240::1"), 0U) << "the router's";
  EXPECT_EQ(vm.cni("ADD", vm.make_pod("e"), json).json["code"], 102);
  const std::string pools = vm.run({AZCNI_PLUGINS "/azure-vnet-ipam", "pools"}).out;
  EXPECT_NE(pools.find("10.240.0.0/16  4 "), std::string::npos) << pools;
  EXPECT_NE(pools.find("blocks of eth0: 10.240.0.16/30"), std::string::npos) << pools;
}

// Catches: an address that is free at its new NIC while a pod has it, or lost at its former one.
TEST_F(IpamQuery, FollowsAnAddressFromNicToNic) {
  Vm& vm = start_lab().vm();
  lab().add_nic(vm, {.own_subnet = false});
  const Json json = config({{"queryInterval", 0}, {"cooldown", 3600}});
  const std::string leased = add(vm, "a", json);
  std::vector<lab::Nic> nics = vm.nics();
  ASSERT_EQ(leased, nics[1].secondary4.front());
  nics[1].secondary4.erase(nics[1].secondary4.begin());
  nics[0].secondary4.push_back(leased);
  answer_with(Lab::metadata_of(nics));
  EXPECT_NE(add(vm, "b", json), leased);
  EXPECT_EQ(add(vm, "a", json), leased);
  const auto pool_of = [&](const std::string& nic) {
    const Json report =
        Json::parse(vm.run({AZCNI_PLUGINS "/azure-vnet-ipam", "pools", "-o", "json"}).out);
    for (const Json& each : report.at("pools")) {
      if (each.at("interface") == nic && each.at("subnet") == "10.240.0.0/16") return each;
    }
    return Json();
  };
  for (const char* nic : {"eth0", "eth1"}) {
    const Json pool = pool_of(nic);
    EXPECT_EQ(pool["used"], 1) << pool;
    EXPECT_EQ(pool["withdrawn"], 0) << pool;
    EXPECT_EQ(pool["free"].get<int>(), pool["total"].get<int>() - 1) << pool;
  }
  EXPECT_EQ(vm.ipam("DEL", "a", json).status, 0);
  EXPECT_EQ(pool_of("eth0")["resting"], 1) << pool_of("eth0");
  EXPECT_EQ(pool_of("eth0")["used"], 0) << pool_of("eth0");
}

// Catches: a pod that is told to send everything to itself.
TEST_F(IpamQuery, ASubnetOfOneAddressHasNoGateway) {
  for (const char* mode : {"transparent", "bridge"}) {
    SCOPED_TRACE(mode);
    Vm& vm = start_lab().vm();
    std::string xml = Lab::metadata_of(vm.spec());
    xml.insert(
        xml.find("<IPSubnet"),
        R"(<IPSubnet Prefix="fd00:241::5/128"><IPAddress Address="fd00:241::5"/></IPSubnet>)");
    answer_with(xml);
    Json json = vm.config(mode);
    json["ipam"].update({{"ipFamilies", {"IPv6"}}, {"subnet", "fd00:241::5/128"}});
    const Pod pod = vm.make_pod("a");
    const PluginExit answer = attach(vm, pod, json);
    EXPECT_EQ(answer.ip(), "fd00:241::5");
    EXPECT_FALSE(answer.json["ips"][0].contains("gateway")) << answer.text;
    EXPECT_FALSE(answer.json["routes"][0].contains("gw")) << answer.text;
    json["prevResult"] = answer.json;
    EXPECT_EQ(vm.cni("CHECK", pod, json).status, 0);
    detach(vm, pod, json);
  }
}

}  // namespace
}  // namespace azcni::test
