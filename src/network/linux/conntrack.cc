// nfnetlink's table of connections (kernel: include/uapi/linux/netfilter/nfnetlink_conntrack.h).

#include "conntrack.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/netlink.h"

namespace azcni::network::conntrack {
namespace {

/// One direction of a flow.
struct Tuple {
  net::IpAddress source;
  net::IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint16_t destination_port = 0;
};

struct Flow {
  std::uint8_t family = AF_INET;
  std::vector<std::uint8_t> original;  ///< as the kernel told it: by this it is deleted
  std::uint32_t id = 0;
  Tuple sent;      ///< as the first packet was
  Tuple answered;  ///< its source is where the packets went
};

net::NetlinkMessage message_of(int type, std::uint8_t family) {
  return {NFNL_SUBSYS_CTNETLINK << 8 | type, 0, nfgenmsg{family, NFNETLINK_V0, 0}};
}

net::IpAddress address_in(nlattr* ip[], int v4, int v6) {
  nlattr* found = ip[v4] != nullptr ? ip[v4] : ip[v6];
  if (found == nullptr) return {};
  const auto* bytes = static_cast<const std::uint8_t*>(nla_data(found));
  return {ip[v4] != nullptr ? net::Family::kIpv4 : net::Family::kIpv6,
          {bytes, static_cast<std::size_t>(nla_len(found))}};
}

Tuple parse_tuple(nlattr* attribute) {
  Tuple tuple;
  nlattr* parts[CTA_TUPLE_MAX + 1];
  nla_parse_nested(parts, CTA_TUPLE_MAX, attribute, nullptr);
  if (parts[CTA_TUPLE_IP] != nullptr) {
    nlattr* ip[CTA_IP_MAX + 1];
    nla_parse_nested(ip, CTA_IP_MAX, parts[CTA_TUPLE_IP], nullptr);
    tuple.source = address_in(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
    tuple.destination = address_in(ip, CTA_IP_V4_DST, CTA_IP_V6_DST);
  }
  if (parts[CTA_TUPLE_PROTO] != nullptr) {
    nlattr* transport[CTA_PROTO_MAX + 1];
    nla_parse_nested(transport, CTA_PROTO_MAX, parts[CTA_TUPLE_PROTO], nullptr);
    if (transport[CTA_PROTO_NUM] != nullptr) tuple.protocol = nla_get_u8(transport[CTA_PROTO_NUM]);
    if (transport[CTA_PROTO_DST_PORT] != nullptr)
      tuple.destination_port = ntohs(nla_get_u16(transport[CTA_PROTO_DST_PORT]));
  }
  return tuple;
}

std::optional<Flow> parse_flow(nlmsghdr* answer) {
  const auto* header = static_cast<nfgenmsg*>(nlmsg_data(answer));
  nlattr* sent = nlmsg_find_attr(answer, sizeof *header, CTA_TUPLE_ORIG);
  nlattr* answered = nlmsg_find_attr(answer, sizeof *header, CTA_TUPLE_REPLY);
  nlattr* id = nlmsg_find_attr(answer, sizeof *header, CTA_ID);
  if (sent == nullptr || answered == nullptr) return std::nullopt;
  const auto* bytes = static_cast<const std::uint8_t*>(nla_data(sent));
  return Flow{header->nfgen_family,
              {bytes, bytes + nla_len(sent)},
              id == nullptr ? 0 : nla_get_u32(id),
              parse_tuple(sent),
              parse_tuple(answered)};
}

void forget_flows(const std::function<bool(const Flow&)>& is_stale) {
  net::Netlink netlink(NETLINK_NETFILTER);
  std::vector<Flow> stale;
  net::NetlinkMessage list = message_of(IPCTNL_MSG_CT_GET, AF_UNSPEC);
  netlink.dump(
      list, "list the tracked connections", [&] { stale.clear(); },
      [&](nlmsghdr* answer) {
        const auto flow = parse_flow(answer);
        if (flow && flow->sent.protocol == IPPROTO_UDP && is_stale(*flow)) stale.push_back(*flow);
      },
      net::Netlink::IfAbsent::kNone);
  for (const Flow& flow : stale) {
    net::NetlinkMessage message = message_of(IPCTNL_MSG_CT_DELETE, flow.family);
    message.put(CTA_TUPLE_ORIG | NLA_F_NESTED, flow.original.data(), flow.original.size());
    if (flow.id != 0) message.put_u32(CTA_ID, flow.id);
    netlink.request_unless_absent(message, "forget a tracked connection");
  }
}

/// A kernel without nfnetlink for this must not keep containers from being attached, or for ever
/// from being deleted: such a flow ends by its own timeout.
void forget(const std::function<bool(const Flow&)>& is_stale) {
  try {
    forget_flows(is_stale);
  } catch (const Error& error) {
    log::warning("UDP flows go on as they began: {}", error.what());
  }
}

}  // namespace

void forget_flows_to(const std::vector<PortMapping>& ports) {
  const auto is_udp = [](const PortMapping& port) { return port.protocol == "udp"; };
  if (std::none_of(ports.begin(), ports.end(), is_udp)) return;
  forget([&](const Flow& flow) {
    return std::any_of(ports.begin(), ports.end(), [&](const PortMapping& port) {
      return is_udp(port) && port.host_port == flow.sent.destination_port;
    });
  });
}

void forget_flows_of(const std::vector<net::IpAddress>& containers) {
  if (containers.empty()) return;
  forget([&](const Flow& flow) {
    const bool was_changed = flow.sent.destination != flow.answered.source;
    return was_changed && std::find(containers.begin(), containers.end(), flow.answered.source) !=
                              containers.end();
  });
}

}  // namespace azcni::network::conntrack
