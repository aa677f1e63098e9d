#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>

#include "azcni/net/attributes.h"
#include "objects.h"

namespace azcni::network {
namespace {

constexpr std::uint32_t kPriority = 30000;  // behind those of others, of Cilium's, say
constexpr std::uint32_t kIngress = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);

constexpr auto kOffset = [](std::int32_t base, std::int32_t offset) {
  return static_cast<std::uint32_t>(base + offset);
};

/// Before any firewall, and before a translation is undone: by that an answer to 127.0.0.1 gets
/// this destination. What is below a second tag of a VLAN is dropped unseen.
const sock_filter kProgram[] = {
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, kOffset(SKF_AD_OFF, SKF_AD_PROTOCOL)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021Q, 4, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021AD, 3, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kOffset(SKF_NET_OFF, 16)),  // of the destination
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 127, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT),
    BPF_STMT(BPF_RET | BPF_K, static_cast<std::uint32_t>(TC_ACT_UNSPEC)),
};

tcmsg header_of(unsigned link, std::uint32_t parent, std::uint32_t handle) {
  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = static_cast<int>(link);
  header.tcm_parent = parent;
  header.tcm_handle = handle;
  return header;
}

tcmsg filter_header(unsigned link) {
  tcmsg header = header_of(link, kIngress, 1);
  header.tcm_info = TC_H_MAKE(kPriority << 16, htons(ETH_P_ALL));
  return header;
}

}  // namespace

void append_creation(const LoopbackFilter& filter, Namespace& in, Messages& messages) {
  const unsigned link = in.index(filter.link);
  messages
      .emplace_back(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL,
                    header_of(link, TC_H_CLSACT, TC_H_MAKE(TC_H_CLSACT, 0)))
      .put(TCA_KIND, std::string_view("clsact"));
  net::NetlinkMessage& message =
      messages.emplace_back(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, filter_header(link));
  message.put(TCA_KIND, std::string_view("bpf"));
  message.nest(TCA_OPTIONS, [&] {
    const auto length = static_cast<std::uint16_t>(std::size(kProgram));
    message.put(TCA_BPF_OPS_LEN, &length, sizeof length);
    message.put(TCA_BPF_OPS, kProgram, sizeof kProgram);
    message.put_u32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
  });
}

bool is_there(const LoopbackFilter& filter, Namespace& in) {
  const auto link = in.find(filter.link);
  if (!link) return false;
  net::NetlinkMessage message(RTM_GETTFILTER, 0, header_of(link->index, kIngress, 0));
  bool found = false;
  in.netlink().dump(
      message, "list filters of " + filter.link, [&] { found = false; },
      [&](nlmsghdr* reply) {
        const auto program =
            net::Attributes(reply, sizeof(tcmsg)).nested(TCA_OPTIONS).bytes(TCA_BPF_OPS);
        found = found || (program && program->size() == sizeof kProgram &&
                          std::memcmp(program->data(), kProgram, sizeof kProgram) == 0);
      },
      net::Netlink::IfAbsent::kNone);
  return found;
}

std::string to_string(const LoopbackFilter& filter) {
  std::string code = std::to_string(std::size(kProgram));
  for (const sock_filter& each : kProgram)
    code += "," + std::to_string(each.code) + " " + std::to_string(each.jt) + " " +
            std::to_string(each.jf) + " " + std::to_string(each.k);
  return "tc qdisc add dev " + filter.link + " clsact; tc filter add dev " + filter.link +
         " ingress pref " + std::to_string(kPriority) + " bpf direct-action bytecode \"" + code +
         "\"";
}

}  // namespace azcni::network
