#include "block_set.h"

#include <algorithm>

namespace azcni::ipam::block_set {
namespace {

std::uint64_t size_of(const net::Prefix& block) {
  const int bits = block.address.bits() - block.length;
  return bits >= 53 ? kMaxCount : std::uint64_t{1} << bits;
}

/// Without those that another one contains.
std::vector<net::Prefix> outermost(std::vector<net::Prefix> blocks) {
  std::sort(blocks.begin(), blocks.end(), [](const net::Prefix& a, const net::Prefix& b) {
    return a.address != b.address ? a.address < b.address : a.length < b.length;
  });
  std::vector<net::Prefix> outer;
  for (const net::Prefix& each : blocks) {
    if (outer.empty() || !outer.back().contains(each)) outer.push_back(each);
  }
  return outer;
}

const net::Prefix* find_around(const std::vector<net::Prefix>& blocks,
                               const net::IpAddress& address) {
  const auto found = std::find_if(blocks.begin(), blocks.end(),
                                  [&](const net::Prefix& each) { return each.contains(address); });
  return found == blocks.end() ? nullptr : &*found;
}

}  // namespace

bool contain(const std::vector<net::Prefix>& blocks, const net::IpAddress& address) {
  return find_around(blocks, address) != nullptr;
}

std::uint64_t count(const std::vector<net::Prefix>& blocks, const std::vector<net::Prefix>& holes) {
  const std::vector<net::Prefix> without = outermost(holes);
  std::uint64_t total = 0;
  for (const net::Prefix& block : outermost(blocks)) {
    const net::Prefix* around = find_around(without, block.address);
    if (around != nullptr && around->contains(block)) continue;
    std::uint64_t size = size_of(block);
    for (const net::Prefix& hole : without) {
      if (size < kMaxCount && block.contains(hole)) size -= std::min(size, size_of(hole));
    }
    total = std::min(total + size, kMaxCount);
  }
  return total;
}

std::optional<net::IpAddress> find(const std::vector<net::Prefix>& blocks,
                                   const std::vector<net::Prefix>& holes,
                                   const std::function<bool(const net::IpAddress&)>& is_fit) {
  for (const net::Prefix& block : blocks) {
    std::optional<net::IpAddress> address = block.address;
    while (address && block.contains(*address)) {
      const net::Prefix* hole = find_around(holes, *address);
      if (hole == nullptr && is_fit(*address)) return address;
      address = net::next(hole == nullptr ? *address : hole->last());
    }
  }
  return std::nullopt;
}

}  // namespace azcni::ipam::block_set
