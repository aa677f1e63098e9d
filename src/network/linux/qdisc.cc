#include "qdisc.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <limits>

namespace azcni::network {
namespace {

/// A packet may wait so long before it is dropped: what the bandwidth plugin allows as well.
constexpr std::uint64_t kLatencyMs = 25;
/// A bucket that is smaller than a packet lets nothing through.
constexpr std::uint64_t kLeastBurst = std::uint64_t{64} * 1024;

std::uint32_t capped(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

void set_tbf(net::Netlink& netlink, const LinkId& link, const Rate& rate) {
  if (rate.bits_per_second == 0) return;
  const std::uint64_t bytes_per_second = rate.bits_per_second / 8;
  const std::uint32_t burst = capped(std::max(rate.burst_bits / 8, kLeastBurst));

  tcmsg header{};
  header.tcm_family = AF_UNSPEC;
  header.tcm_ifindex = static_cast<int>(link.index);
  header.tcm_parent = TC_H_ROOT;
  net::NetlinkMessage message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, header);
  message.put(TCA_KIND, std::string_view("tbf"));
  tc_tbf_qopt parameters{};
  parameters.rate.linklayer = TC_LINKLAYER_ETHERNET;
  parameters.rate.rate = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(bytes_per_second, std::numeric_limits<std::uint32_t>::max()));
  parameters.limit = capped(bytes_per_second * kLatencyMs / 1000 + burst);
  message.nest(TCA_OPTIONS, [&] {
    message.put(TCA_TBF_PARMS, &parameters, sizeof parameters);
    message.put_u32(TCA_TBF_BURST, burst);
    if (bytes_per_second > std::numeric_limits<std::uint32_t>::max())
      message.put(TCA_TBF_RATE64, &bytes_per_second, sizeof bytes_per_second);
  });
  netlink.request(message, "limit " + to_string(link) + " to " +
                               std::to_string(rate.bits_per_second) + " bit/s");
}

}  // namespace azcni::network
