#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "azcni/net/attributes.h"
#include "objects.h"

namespace azcni::network {
namespace {

/// Tells rules of ours from an administrator's, whose daemons remove what they don't know.
constexpr std::uint8_t kProtocol = RTPROT_STATIC;

unsigned char length_of(const std::optional<net::Prefix>& prefix) {
  return static_cast<unsigned char>(prefix ? prefix->length : 0);
}

net::NetlinkMessage message_of(int type, int flags, const PolicyRule& rule) {
  net::NetlinkMessage message(
      type, flags,
      fib_rule_hdr{net::family_number(rule.family), length_of(rule.to), length_of(rule.from), 0,
                   RT_TABLE_UNSPEC, 0, 0, FR_ACT_TO_TBL, 0});
  if (rule.from) message.put(FRA_SRC, rule.from->network().address);
  if (rule.to) message.put(FRA_DST, rule.to->network().address);
  message.put_u32(FRA_PRIORITY, rule.priority).put_u32(FRA_TABLE, rule.table);
  message.put(FRA_PROTOCOL, &kProtocol, sizeof kProtocol);
  if (rule.mask != 0) message.put_u32(FRA_FWMARK, rule.mark).put_u32(FRA_FWMASK, rule.mask);
  if (rule.suppressed_group) message.put_u32(FRA_SUPPRESS_IFGROUP, *rule.suppressed_group);
  return message;
}

std::optional<net::Prefix> prefix_of(const net::Attributes& rule, int attribute,
                                     unsigned char length, net::Family family) {
  if (length == 0) return std::nullopt;
  const auto address = rule.ip(attribute, family);
  return address ? std::optional(net::Prefix{*address, length}) : std::nullopt;
}

PolicyRule rule_of(const fib_rule_hdr& header, const net::Attributes& rule) {
  PolicyRule found{rule.u32(FRA_PRIORITY).value_or(0), rule.u32(FRA_TABLE).value_or(0),
                   header.family == AF_INET ? net::Family::kIpv4 : net::Family::kIpv6};
  found.from = prefix_of(rule, FRA_SRC, header.src_len, found.family);
  found.to = prefix_of(rule, FRA_DST, header.dst_len, found.family);
  found.mark = rule.u32(FRA_FWMARK).value_or(0);
  found.mask = found.mark == 0 ? 0 : rule.u32(FRA_FWMASK).value_or(~0U);
  constexpr std::uint32_t kNone = ~0U;
  const auto group = rule.u32(FRA_SUPPRESS_IFGROUP);
  if (group && *group != kNone) found.suppressed_group = group;
  return found;
}

}  // namespace

void append_creation(const PolicyRule& rule, Namespace&, Messages& messages) {
  messages.push_back(message_of(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule));
}

void append_removal(const PolicyRule& rule, Namespace&, Messages& messages) {
  messages.push_back(message_of(RTM_DELRULE, 0, rule));
}

bool is_there(const PolicyRule& rule, Namespace& in) {
  fib_rule_hdr header{};
  header.family = net::family_number(rule.family);
  const auto same = [&](const fib_rule_hdr& found, const net::Attributes& attributes) {
    return rule_of(found, attributes) == rule ? std::optional(true) : std::nullopt;
  };
  return !in.netlink()
              .list<fib_rule_hdr>(net::NetlinkMessage(RTM_GETRULE, 0, header), "list policy rules",
                                  same)
              .empty();
}

std::string to_string(const PolicyRule& rule) {
  std::string text = rule.family == net::Family::kIpv4 ? "ip rule add" : "ip -6 rule add";
  text += " from " + (rule.from ? net::to_string(rule.from->network()) : "all");
  if (rule.to) text += " to " + net::to_string(rule.to->network());
  char mark[48];
  std::snprintf(mark, sizeof mark, " fwmark 0x%x/0x%x", rule.mark, rule.mask);
  if (rule.mask != 0) text += mark;
  text +=
      " lookup " + (rule.table == RT_TABLE_MAIN ? std::string("main") : std::to_string(rule.table));
  if (rule.suppressed_group) text += " suppress_ifgroup " + std::to_string(*rule.suppressed_group);
  return text + " priority " + std::to_string(rule.priority);
}

}  // namespace azcni::network
