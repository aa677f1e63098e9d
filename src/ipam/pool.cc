#include "azcni/ipam/pool.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "azcni/net/json.h"
#include "block_set.h"

namespace azcni::ipam {
namespace {

std::vector<std::string> to_texts(const std::vector<net::IpAddress>& addresses) {
  std::vector<std::string> texts;
  for (const net::IpAddress& address : addresses) texts.push_back(net::to_string(address));
  return texts;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    words.emplace_back(text, begin, end - begin);
    begin = end + 1;
  }
  return words;
}

const net::Interface* find_nic(const NicMetadata& nic,
                               const std::vector<net::Interface>& interfaces) {
  const auto found =
      std::find_if(interfaces.begin(), interfaces.end(), [&](const net::Interface& interface) {
        return net::can_be_nic(interface) && (!nic.mac || interface.mac == *nic.mac) &&
               (nic.name.empty() || interface.name == nic.name);
      });
  return found == interfaces.end() ? nullptr : &*found;
}

Error no_match(const std::vector<NicMetadata>& nics,
               const std::vector<net::Interface>& interfaces) {
  std::string theirs, ours;
  for (const NicMetadata& nic : nics) {
    const std::string any = nic.name.empty() ? "*" : nic.name;
    theirs += " " + (nic.mac ? net::to_string(*nic.mac) : any);
  }
  for (const net::Interface& interface : interfaces) {
    if (net::can_be_nic(interface))
      ours += " " + interface.name + "=" + net::to_string(interface.mac);
  }
  return {ErrorCode::kMetadata, "no MAC address of the metadata is one of this machine's NICs",
          "the metadata has" + theirs + "; this machine has" + (ours.empty() ? " no NIC" : ours)};
}

/// In the blocks.
std::vector<net::Prefix> holes_of(const Pool& pool) {
  std::vector<net::Prefix> holes = pool.kept_out;
  if (pool.subnet.address.bits() - pool.subnet.length < 2) return holes;
  for (const std::uint8_t number : {std::uint8_t{0}, std::uint8_t{1}})
    holes.push_back(net::Prefix::single(pool.subnet.host(number)));
  return holes;
}

void join(const Pool& more, std::vector<Pool>& pools) {
  const auto same = std::find_if(pools.begin(), pools.end(),
                                 [&](const Pool& each) { return each.key() == more.key(); });
  if (same == pools.end()) {
    pools.push_back(more);
    return;
  }
  std::copy_if(more.addresses.begin(), more.addresses.end(), std::back_inserter(same->addresses),
               [&](const std::string& address) { return !same->holds(address); });
  std::copy_if(more.blocks.begin(), more.blocks.end(), std::back_inserter(same->blocks),
               [&](const net::Prefix& block) {
                 return std::find(same->blocks.begin(), same->blocks.end(), block) ==
                        same->blocks.end();
               });
}

}  // namespace

std::string Pool::key() const { return interface + " " + net::to_string(subnet); }

bool Pool::holds(const std::string& address) const {
  const bool is_listed = std::find(addresses.begin(), addresses.end(), address) != addresses.end();
  if (blocks.empty() && kept_out.empty()) return is_listed;
  const auto ip = net::parse_ip(address);
  if (!ip || block_set::contain(kept_out, *ip)) return false;
  return is_listed ||
         (block_set::contain(blocks, *ip) && !block_set::contain(holes_of(*this), *ip));
}

std::uint64_t Pool::size() const {
  if (blocks.empty() && kept_out.empty()) return addresses.size();
  const auto is_of_none = [&](const std::string& address) {
    const auto ip = net::parse_ip(address);
    return ip && !block_set::contain(kept_out, *ip) && !block_set::contain(blocks, *ip);
  };
  const auto single = std::count_if(addresses.begin(), addresses.end(), is_of_none);
  return static_cast<std::uint64_t>(single) + block_set::count(blocks, holes_of(*this));
}

std::uint64_t Pool::count(const std::unordered_set<std::string>& names) const {
  const auto is_named = [&](const std::string& address) { return names.count(address) != 0; };
  const auto is_held = [&](const std::string& address) { return holds(address); };
  const auto count = blocks.empty() && kept_out.empty()
                         ? std::count_if(addresses.begin(), addresses.end(), is_named)
                         : std::count_if(names.begin(), names.end(), is_held);
  return static_cast<std::uint64_t>(count);
}

std::optional<net::IpAddress> Pool::find(
    const std::function<bool(const std::string&)>& is_free) const {
  const auto is_rested = [&](const std::string& address) {
    return is_free(address) && released.count(address) == 0;
  };
  for (const std::string& address : addresses) {
    if (is_rested(address) && (kept_out.empty() || holds(address))) return net::parse_ip(address);
  }
  const auto of_blocks = block_set::find(
      blocks, holes_of(*this),
      [&](const net::IpAddress& address) { return is_rested(net::to_string(address)); });
  if (of_blocks) return of_blocks;
  std::optional<std::pair<std::int64_t, std::string>> first;
  for (const auto& [address, at] : released) {
    if ((!first || at < first->first) && is_free(address) && holds(address))
      first.emplace(at, address);
  }
  return first ? net::parse_ip(first->second) : std::nullopt;
}

void to_json(Json& json, const Pool& pool) {
  json = {{"interface", pool.interface}, {"primary", pool.primary},
          {"subnet", pool.subnet},       {"addresses", joined(pool.addresses)},
          {"released", pool.released},   {"cooldown", pool.cooldown.count()},
          {"blocks", pool.blocks}};
}

void from_json(const Json& json, Pool& pool) {
  pool.interface = json.at("interface").get<std::string>();
  pool.primary = json.at("primary").get<bool>();
  pool.subnet = json.at("subnet").get<net::Prefix>();
  pool.addresses = split(json.at("addresses").get_ref<const std::string&>());
  pool.released = json.value("released", std::map<std::string, std::int64_t>{});
  pool.cooldown = std::chrono::seconds(json.value("cooldown", kCoolDown.count()));
  pool.blocks = json.value("blocks", std::vector<net::Prefix>{});
}

void to_json(Json& json, const Lease& lease) {
  json = {{"address", lease.address},
          {"subnet", lease.subnet},
          {"interface", lease.interface},
          {"network", lease.network},
          {"containerId", lease.owner.container_id},
          {"ifName", lease.owner.if_name},
          {"bootId", lease.boot_id},
          {"grantedAt", lease.granted_at.count()}};
}

void from_json(const Json& json, Lease& lease) {
  lease.address = json.at("address").get<net::IpAddress>();
  lease.subnet = json.at("subnet").get<net::Prefix>();
  lease.interface = json.at("interface").get<std::string>();
  lease.network = json.at("network").get<std::string>();
  lease.owner = {json.at("containerId").get<std::string>(), json.at("ifName").get<std::string>()};
  lease.boot_id = json.at("bootId").get<std::string>();
  lease.granted_at = std::chrono::microseconds(json.value("grantedAt", std::int64_t{0}));
}

std::vector<Pool> to_pools(const std::vector<NicMetadata>& nics,
                           const std::vector<net::Interface>& interfaces) {
  std::vector<Pool> pools;
  bool matched = false;
  for (const NicMetadata& nic : nics) {
    const net::Interface* interface = find_nic(nic, interfaces);
    if (interface == nullptr) continue;  // another machine's, or a NIC that is not up yet
    matched = true;
    for (const SubnetMetadata& subnet : nic.subnets) {
      Pool pool{interface->name, nic.primary, subnet.prefix, to_texts(subnet.addresses)};
      pool.blocks = subnet.blocks;
      join(pool, pools);
    }
  }
  if (!matched) throw no_match(nics, interfaces);
  return pools;
}

Pool merged(const Pool& known, const Pool& fetched) {
  Pool pool = fetched;
  pool.released = known.released;
  pool.cooldown = known.cooldown;
  pool.addresses.clear();
  const std::unordered_set<std::string> current(fetched.addresses.begin(), fetched.addresses.end());
  const std::unordered_set<std::string> before(known.addresses.begin(), known.addresses.end());
  std::copy_if(known.addresses.begin(), known.addresses.end(), std::back_inserter(pool.addresses),
               [&](const auto& address) { return current.count(address) != 0; });
  std::copy_if(fetched.addresses.begin(), fetched.addresses.end(),
               std::back_inserter(pool.addresses),
               [&](const auto& address) { return before.count(address) == 0; });
  return pool;
}

}  // namespace azcni::ipam
