// What azure-vnet says to people, and to programs that ask for JSON.

#include "azure-vnet/cli/replies.h"

#include <gtest/gtest.h>

#include "requests.h"

namespace azcni::vnet {
namespace {

NetworkState network_state(const std::string& name, network::Mode mode, bool connected) {
  NetworkState state;
  state.record.spec.name = name;
  state.record.spec.mode = mode;
  state.record.spec.master = "eth0";
  if (mode != network::Mode::kTransparent) state.record.spec.bridge.name = "azure2";
  state.record.mtu = 1500;
  state.containers = 2;
  state.connected = connected;
  return state;
}

network::EndpointRecord record_named(const std::string& container) {
  network::EndpointRecord record;
  record.spec.id = {container, "eth0"};
  record.spec.network = "azure";
  record.spec.host_if = "azv1";
  record.addressing.addresses = {*net::parse_prefix("10.0.0.5/24"),
                                 *net::parse_prefix("fd00::5/64")};
  return record;
}

Attempt<IpamPools> some_pools() {
  return Attempt<IpamPools>([] {
    const Json document = Json::parse(R"({"version":"v9","pools":[{"interface":"eth0",
        "subnet":"10.0.0.0/24","total":10,"used":4,"free":6,"resting":1}],
        "queries":[{"source":"http://1.2.3.4/","secondsAgo":7,"skipped":"a block"}]})");
    return IpamPools{cli::parse_pools_report(document), document};
  });
}

// Catches: a figure below another one's head, and a broken network shown as fine.
TEST(StatusReply, ShowsNetworksAndPools) {
  const cli::Reply reply = status_reply(
      {network_state("azure", network::Mode::kTunnel, true),
       network_state("b", network::Mode::kTransparent, false)},
      3, {{"bridge azure_vnet_eth0", "spoofed", 7}, {"inet azure_vnet", "wireserver", 0}},
      some_pools());
  EXPECT_EQ(reply.text,
            std::string("azure-vnet ") + cli::program_version() + ", azure-vnet-ipam v9\n\n" +
                "NETWORK  MODE         NIC   BRIDGE  MTU   PODS  STATE\n"
                "azure    tunnel       eth0  azure2  1500  2     connected\n"
                "b        transparent  eth0  -       1500  2     broken: the next ADD mends it\n\n"
                "DROPPED  PACKETS  TABLE\n"
                "spoofed  7        bridge azure_vnet_eth0\n\n"
                "NIC   SUBNET       TOTAL  USED  FREE  RESTING  WITHDRAWN  TAKEN\n"
                "eth0  10.0.0.0/24  10     4     6     1        0          0\n"
                "asked http://1.2.3.4/ 7 s ago: answered; a block\n");
  EXPECT_EQ(reply.status, 1);
  EXPECT_EQ(reply.document.at("networks").at(0),
            Json::parse(R"({"name":"azure","mode":"tunnel","master":"eth0","bridge":"azure2",
                            "mtu":1500,"pods":2,"connected":true,"broken":0})"));
  EXPECT_EQ(reply.document.at("version"), cli::program_version());
  EXPECT_EQ(reply.document.at("ipamVersion"), "v9");
  EXPECT_EQ(reply.document.at("pods"), 3);
  EXPECT_EQ(reply.document.at("dropped"), Json::parse(R"([
      {"why":"spoofed","packets":7,"table":"bridge azure_vnet_eth0"},
      {"why":"wireserver","packets":0,"table":"inet azure_vnet"}])"));
  EXPECT_EQ(reply.document.at("ipam"), some_pools().report.document);
}

// Catches: a monitor that is told that pods are fine which lost their routes.
TEST(StatusReply, CountsPodsThatAreBroken) {
  NetworkState state = network_state("azure", network::Mode::kTransparent, true);
  state.broken = 1;
  const cli::Reply reply = status_reply({state}, 2, {}, some_pools());
  EXPECT_EQ(reply.status, 1);
  EXPECT_EQ(reply.document.at("networks").at(0).at("broken"), 1);
  EXPECT_NE(reply.text.find("1 pods broken: an ADD repairs them within 10 s"), std::string::npos)
      << reply.text;
}

// Catches: a status that fails with azure-vnet-ipam, and shows no network.
TEST(StatusReply, ShowsNetworksWithoutPools) {
  const Attempt<IpamPools> failed([]() -> IpamPools {
    throw Error(ErrorCode::kDelegate, "azure-vnet-ipam ended with status 1");
  });
  const cli::Reply reply =
      status_reply({network_state("azure", network::Mode::kBridge, true)}, 0, {}, failed);
  EXPECT_EQ(reply.text, std::string("azure-vnet ") + cli::program_version() +
                            ", azure-vnet-ipam unknown\n\n"
                            "NETWORK  MODE    NIC   BRIDGE  MTU   PODS  STATE\n"
                            "azure    bridge  eth0  azure2  1500  2     connected\n\n"
                            "addresses: azure-vnet-ipam ended with status 1\n");
  EXPECT_EQ(reply.status, 0);
  EXPECT_EQ(reply.document.at("ipam").at("failure"), "azure-vnet-ipam ended with status 1");
}

// Catches: an attachment shown by another address, and one that is half made shown as attached.
TEST(ListReply, ShowsAttachments) {
  network::EndpointRecord half_made = record_named("d");
  half_made.addressing = {};
  const cli::Reply reply =
      list_reply({{record_named("0123456789abcdef"), ""}, {half_made, "half made"}});
  EXPECT_EQ(reply.text,
            "CONTAINER     INTERFACE  ADDRESS           LINK  NETWORK  STATE\n"
            "0123456789ab  eth0       10.0.0.5,fd00::5  azv1  azure    attached\n"
            "d             eth0       -                 azv1  azure    half made\n");
  EXPECT_EQ(reply.status, 1);
  EXPECT_EQ(list_reply({{record_named("d"), ""}}).status, 0);
  Json expected = record_named("0123456789abcdef");
  expected["trouble"] = "";
  EXPECT_EQ(reply.document.at(0), expected);
  EXPECT_EQ(reply.document.at(1).at("trouble"), "half made");
  EXPECT_EQ(list_reply({}).document, Json::array());
}

// Catches: a dry run that says that it did it.
TEST(GcReply, SaysWhatWent) {
  const cli::Reply reply = gc_reply({record_named("c"), record_named("d")}, false);
  EXPECT_EQ(reply.text, "c eth0\nd eth0\n2 attachments taken away\n");
  EXPECT_EQ(reply.document, Json::parse(R"([{"containerId":"c","ifName":"eth0"},
                                            {"containerId":"d","ifName":"eth0"}])"));
  EXPECT_EQ(gc_reply({record_named("c")}, true).text,
            "c eth0\n1 attachments would be taken away\n");
  EXPECT_EQ(gc_reply({}, false).text, "0 attachments taken away\n");
  EXPECT_EQ(gc_reply({}, false).document, Json::array());
}

// Catches: a warning that fails a pipeline, an error that does not, and lines that editors can't
// follow.
TEST(ValidateReply, IsALineAComplaint) {
  const Complaint warning{{2, 3}, false, "odd"}, error{{4, 5}, true, "wrong"};
  const cli::Reply reply = validate_reply({{"a.conf", warning}, {"b.conf", error}}, false);
  EXPECT_EQ(reply.text, "a.conf:2:3: warning: odd\nb.conf:4:5: error: wrong\n");
  EXPECT_EQ(reply.status, 1);
  EXPECT_EQ(reply.document.at(1), Json::parse(R"({"file":"b.conf","line":4,"column":5,
                                                  "severity":"error","message":"wrong"})"));
  EXPECT_EQ(validate_reply({{"a.conf", warning}}, false).status, 0);
  EXPECT_EQ(validate_reply({{"a.conf", warning}}, true).text,
            "a.conf:2:3: \x1b[33mwarning\x1b[0m: odd\n");
  EXPECT_EQ(validate_reply({}, false).text, "valid\n");
  EXPECT_EQ(validate_reply({}, true).text, "\x1b[32mvalid\x1b[0m\n");
  EXPECT_EQ(validate_reply({}, false).status, 0);
}

// Catches: a finding without what to do, and --fix offered where it does nothing.
TEST(DoctorReply, SaysWhyAndWhatToDo) {
  const network::Finding error{"ip-forward-off", "net.ipv4.ip_forward is 0", "sysctl -w x", [] {}};
  const network::Finding warning{"stale-link", "link azv2 belongs to nobody", "delete its pod"};
  const cli::Reply reply = doctor_reply({error, warning}, "mended x: y\n", false);
  EXPECT_EQ(reply.text,
            "mended x: y\n"
            "error ip-forward-off: net.ipv4.ip_forward is 0\n"
            "  why: containers reach nothing in mode transparent, and ports of the host lead "
            "nowhere\n"
            "  do:  sysctl -w x   (or --fix)\n"
            "warning stale-link: link azv2 belongs to nobody\n"
            "  why: its container lives, or the link would be gone: the record was lost, or "
            "another CNI plugin made it\n"
            "  do:  delete its pod\n");
  EXPECT_EQ(reply.status, 1);
  EXPECT_EQ(reply.document.at(0),
            (Json{{"id", "ip-forward-off"},
                  {"severity", "error"},
                  {"what", "net.ipv4.ip_forward is 0"},
                  {"why",
                   "containers reach nothing in mode transparent, and ports of the host lead "
                   "nowhere"},
                  {"command", "sysctl -w x"},
                  {"fixable", true}}));
  EXPECT_EQ(reply.document.at(1).at("fixable"), false);
  EXPECT_EQ(doctor_reply({warning}, "", false).status, 0);
  EXPECT_EQ(doctor_reply({}, "", false).text, "nothing amiss\n");
  EXPECT_EQ(doctor_reply({}, "mended x: y\n", true).text,
            "mended x: y\n\x1b[32mnothing amiss\x1b[0m\n");
  EXPECT_EQ(doctor_reply({error}, "", true).text.substr(0, 14), "\x1b[31merror\x1b[0m");
}

}  // namespace
}  // namespace azcni::vnet
