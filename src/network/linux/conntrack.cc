// nfnetlink's table of connections (kernel: include/uapi/linux/netfilter/nfnetlink_conntrack.h).

#include "conntrack.h"

#include <netinet/in.h>  // before the kernel's headers, which know it

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "azcni/base/error.h"
#include "azcni/base/log.h"
#include "azcni/net/attributes.h"
#include "azcni/net/interfaces.h"
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

net::IpAddress address_in(const net::Attributes& ip, int v4, int v6) {
  if (const auto found = ip.ip(v4, net::Family::kIpv4)) return *found;
  return ip.ip(v6, net::Family::kIpv6).value_or(net::IpAddress());
}

Tuple parse_tuple(const net::Attributes& attributes) {
  const net::Attributes ip = attributes.nested(CTA_TUPLE_IP);
  const net::Attributes transport = attributes.nested(CTA_TUPLE_PROTO);
  return {address_in(ip, CTA_IP_V4_SRC, CTA_IP_V6_SRC),
          address_in(ip, CTA_IP_V4_DST, CTA_IP_V6_DST), transport.u8(CTA_PROTO_NUM).value_or(0),
          transport.be16(CTA_PROTO_DST_PORT).value_or(0)};
}

std::optional<Flow> parse_flow(const nfgenmsg& header, const net::Attributes& attributes) {
  const auto original = attributes.bytes(CTA_TUPLE_ORIG);
  if (!original || !attributes.has(CTA_TUPLE_REPLY)) return std::nullopt;
  return Flow{header.nfgen_family,
              {original->begin(), original->end()},
              attributes.u32(CTA_ID).value_or(0),
              parse_tuple(attributes.nested(CTA_TUPLE_ORIG)),
              parse_tuple(attributes.nested(CTA_TUPLE_REPLY))};
}

void forget_flows(const std::function<bool(const Flow&)>& is_stale) {
  net::Netlink netlink(NETLINK_NETFILTER);
  const auto parse = [&](const nfgenmsg& header, const net::Attributes& attributes) {
    auto flow = parse_flow(header, attributes);
    if (flow && (flow->sent.protocol != IPPROTO_UDP || !is_stale(*flow))) flow.reset();
    return flow;
  };
  for (const Flow& flow : netlink.list<nfgenmsg>(message_of(IPCTNL_MSG_CT_GET, AF_UNSPEC),
                                                 "list the tracked connections", parse,
                                                 net::Netlink::IfAbsent::kNone)) {
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

bool is_udp(const HostPort& port) { return port.protocol == "udp"; }

}  // namespace

bool is_of_host(const net::IpAddress& address) {
  const auto user = net::find_user_of(address);
  return user && user->starts_with("an address of");
}

void forget_flows_to(const std::vector<HostPort>& ports,
                     const std::function<bool(const net::IpAddress&)>& is_local) {
  if (std::none_of(ports.begin(), ports.end(), is_udp)) return;
  std::map<net::IpAddress, bool> known;  // many flows go to few servers
  const auto is_of_this_host = [&](const net::IpAddress& address) {
    const auto [found, is_new] = known.emplace(address, false);
    if (is_new) found->second = is_local(address);
    return found->second;
  };
  forget([&](const Flow& flow) {
    const net::IpAddress& to = flow.sent.destination;
    return std::any_of(ports.begin(), ports.end(), [&](const HostPort& port) {
      return is_udp(port) && port.number == flow.sent.destination_port &&
             (port.address ? *port.address == to : is_of_this_host(to));
    });
  });
}

void forget_flows_of(const std::vector<HostPort>& ports) {
  if (std::none_of(ports.begin(), ports.end(), is_udp)) return;
  forget([&](const Flow& flow) {
    const bool was_changed = flow.sent.destination != flow.answered.source;
    return was_changed && std::any_of(ports.begin(), ports.end(), [&](const HostPort& port) {
             return is_udp(port) && port.container == flow.answered.source;
           });
  });
}

}  // namespace azcni::network::conntrack
