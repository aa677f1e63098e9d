#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "objects.h"

namespace azcni::network {
namespace {

/// A packet may wait so long before it is dropped: what the bandwidth plugin allows as well.
constexpr std::uint64_t kLatencyMs = 25;
/// A bucket that is smaller than a packet lets nothing through.
constexpr std::uint64_t kLeastBurst = std::uint64_t{64} * 1024;
constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();

std::uint32_t capped(std::uint64_t value) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::int32_t>::max()));
}

std::uint64_t bytes_per_second(const Shaper& shaper) { return shaper.rate.bits_per_second / 8; }

std::uint32_t burst_of(const Shaper& shaper) {
  return capped(std::max(shaper.rate.burst_bits / 8, kLeastBurst));
}

tcmsg queue_header(unsigned link) {
  return {AF_UNSPEC, 0, 0, static_cast<int>(link), 0, TC_H_ROOT, 0};
}

/// Bytes a second of a tbf; nothing if the queue is another one.
std::optional<std::uint64_t> rate_in(const net::Attributes& queue) {
  const net::Attributes options = queue.nested(TCA_OPTIONS);
  const auto parameters = options.bytes(TCA_TBF_PARMS);
  if (queue.text(TCA_KIND) != "tbf" || !parameters || parameters->size() < sizeof(tc_tbf_qopt))
    return std::nullopt;
  tc_tbf_qopt found{};
  std::memcpy(&found, parameters->data(), sizeof found);
  std::uint64_t rate = found.rate.rate;
  const auto large = options.bytes(TCA_TBF_RATE64);
  if (large && large->size() == sizeof rate) std::memcpy(&rate, large->data(), sizeof rate);
  return rate;
}

}  // namespace

void append_creation(const Shaper& shaper, Namespace& in, Messages& messages) {
  const std::uint64_t rate = bytes_per_second(shaper);
  const std::uint32_t burst = burst_of(shaper);
  tc_tbf_qopt parameters{};
  parameters.rate.linklayer = TC_LINKLAYER_ETHERNET;
  parameters.rate.rate = static_cast<std::uint32_t>(std::min(rate, kMax32));
  parameters.limit = capped(rate * kLatencyMs / 1000 + burst);
  net::NetlinkMessage& message = messages.emplace_back(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE,
                                                       queue_header(in.index(shaper.link)));
  message.put(TCA_KIND, "tbf");
  message.nest(TCA_OPTIONS, [&] {
    message.put(TCA_TBF_PARMS, &parameters, sizeof parameters);
    message.put_u32(TCA_TBF_BURST, burst);
    if (rate > kMax32) message.put(TCA_TBF_RATE64, &rate, sizeof rate);
  });
}

bool is_there(const Shaper& shaper, Namespace& in) {
  const auto link = in.find(shaper.link);
  if (!link) return false;
  const auto at_root = [&](const tcmsg& each, const net::Attributes& queue) {
    const bool is_root =
        each.tcm_ifindex == static_cast<int>(link->index) && each.tcm_parent == TC_H_ROOT;
    return is_root ? std::optional(rate_in(queue)) : std::nullopt;
  };
  const auto rates = in.netlink().list<tcmsg>(
      net::NetlinkMessage(RTM_GETQDISC, 0, queue_header(link->index)), "list queues", at_root);
  return !rates.empty() && rates.back() == bytes_per_second(shaper);
}

std::string to_string(const Shaper& shaper) {
  return "tc qdisc replace dev " + shaper.link + " root tbf rate " +
         std::to_string(shaper.rate.bits_per_second) + "bit burst " +
         std::to_string(burst_of(shaper)) + " latency " + std::to_string(kLatencyMs) + "ms";
}

}  // namespace azcni::network
