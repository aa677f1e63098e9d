#include "azcni/ipam/pool.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "azcni/net/json.h"

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
        return net::can_be_nic(interface) && (!nic.mac || interface.mac == *nic.mac);
      });
  return found == interfaces.end() ? nullptr : &*found;
}

Error no_match(const std::vector<NicMetadata>& nics,
               const std::vector<net::Interface>& interfaces) {
  std::string theirs, ours;
  for (const NicMetadata& nic : nics) theirs += " " + (nic.mac ? net::to_string(*nic.mac) : "*");
  for (const net::Interface& interface : interfaces) {
    if (net::can_be_nic(interface))
      ours += " " + interface.name + "=" + net::to_string(interface.mac);
  }
  return {ErrorCode::kMetadata, "no MAC address of the metadata is one of this machine's NICs",
          "the metadata has" + theirs + "; this machine has" + (ours.empty() ? " no NIC" : ours)};
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
}

}  // namespace

std::string Pool::key() const { return interface + " " + net::to_string(subnet); }

bool Pool::holds(const std::string& address) const {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

void to_json(Json& json, const Pool& pool) {
  json = {{"interface", pool.interface}, {"primary", pool.primary},
          {"subnet", pool.subnet},       {"addresses", joined(pool.addresses)},
          {"released", pool.released},   {"cooldown", pool.cooldown.count()}};
}

void from_json(const Json& json, Pool& pool) {
  pool.interface = json.at("interface").get<std::string>();
  pool.primary = json.at("primary").get<bool>();
  pool.subnet = json.at("subnet").get<net::Prefix>();
  pool.addresses = split(json.at("addresses").get_ref<const std::string&>());
  pool.released = json.value("released", std::map<std::string, std::int64_t>{});
  pool.cooldown = std::chrono::seconds(json.value("cooldown", kCoolDown.count()));
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
      join({interface->name, nic.primary, subnet.prefix, to_texts(subnet.addresses)}, pools);
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
