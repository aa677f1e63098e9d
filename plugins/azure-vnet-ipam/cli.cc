// What an administrator asks of the leases: how many addresses there are, who has which, give that
// one back.

#include <algorithm>

#include "azcni/base/log.h"
#include "azcni/net/interfaces.h"
#include "azcni/net/json.h"
#include "ipam.h"
#include "refresh.h"

namespace azcni::vnet_ipam {
namespace {

using cli::Invocation;
using cli::Reply;

std::string seconds_since(std::chrono::microseconds moment) {
  return std::to_string((store::uptime() - moment) / std::chrono::seconds(1)) + " s ago";
}

bool is_of(const ipam::Lease& lease, const ipam::Pool& pool) {
  return lease.interface == pool.interface && lease.subnet == pool.subnet;
}

struct Count {
  std::size_t total = 0, used = 0, free = 0;
  std::size_t resting = 0;    ///< of those that are free: released a moment ago
  std::size_t withdrawn = 0;  ///< in use, and no longer Azure's gift
  std::size_t taken = 0;      ///< of those that are free: in use on this node without a lease
  std::string taken_by = {};  ///< one of them, and what has it
};

Count count(const ipam::Pool& pool, const std::vector<ipam::Lease>& leases,
            const LeaseStore& ledger) {
  Count count{pool.addresses.size()};
  ipam::AddressNames used;
  for (const ipam::Lease& lease : leases) {
    if (!is_of(lease, pool)) continue;
    used.insert(net::to_string(lease.address));
    if (!pool.holds(net::to_string(lease.address))) ++count.withdrawn;
  }
  count.used = used.size();
  count.free = count.total + count.withdrawn - count.used;
  const auto now = store::uptime();
  for (const auto& [address, at] : pool.released) {
    const bool is_recent = now - std::chrono::microseconds(at) < ipam::kCoolDown;
    if (is_recent && used.count(address) == 0 && pool.holds(address)) ++count.resting;
  }
  for (const std::string& text : pool.addresses) {
    const auto address = net::parse_ip(text);
    if (!address || used.count(text) != 0) continue;
    const auto user = net::find_user_of(*address);
    if (!user || ledger.find(*address)) continue;  // it was leased a moment ago
    if (count.taken++ == 0) count.taken_by = text + " is " + *user;
  }
  return count;
}

/// What the sources of addresses answered last.
Json list_queries(const Context& context) {
  Json queries = Json::array();
  for (const auto& [source, query] : queries_of(context).list()) {
    queries.push_back({{"source", source},
                       {"secondsAgo", (store::uptime() - query.at) / std::chrono::seconds(1)},
                       {"failure", query.failure},
                       {"skipped", query.skipped}});
  }
  return queries;
}

Reply pools(const Invocation&) {
  const Context context(default_data_folder());
  const std::vector<ipam::Lease> leases = context.leases.list();
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows{
      {"NIC", "SUBNET", "TOTAL", "USED", "FREE", "RESTING", "WITHDRAWN", "TAKEN"}};
  for (const ipam::Pool& pool : context.leases.pools()) {
    const Count number = count(pool, leases, context.leases);
    list.push_back({{"interface", pool.interface},
                    {"primary", pool.primary},
                    {"subnet", pool.subnet},
                    {"total", number.total},
                    {"used", number.used},
                    {"free", number.free},
                    {"resting", number.resting},
                    {"withdrawn", number.withdrawn},
                    {"taken", number.taken},
                    {"takenBy", number.taken_by}});
    rows.push_back({pool.interface, net::to_string(pool.subnet), std::to_string(number.total),
                    std::to_string(number.used), std::to_string(number.free),
                    std::to_string(number.resting), std::to_string(number.withdrawn),
                    std::to_string(number.taken)});
  }
  Reply reply{{{"version", cli::program_version()}, {"pools", list}}, cli::in_columns(rows)};
  reply.document["queries"] = list_queries(context);
  for (const auto& [source, query] : queries_of(context).list()) {
    reply.text += "asked " + source + " " + seconds_since(query.at) + ": " +
                  (query.failure.empty() ? "answered" : query.failure) +
                  (query.skipped.empty() ? "" : "; " + query.skipped) + "\n";
  }
  return reply;
}

Reply leases(const Invocation&) {
  const Context context(default_data_folder());
  std::vector<ipam::Lease> leases = context.leases.list();
  std::sort(leases.begin(), leases.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  std::vector<std::vector<std::string>> rows{
      {"ADDRESS", "NIC", "NETWORK", "CONTAINER", "INTERFACE", "ASKED FOR"}};
  for (const ipam::Lease& lease : leases) {
    rows.push_back({net::to_string(lease.address), lease.interface, lease.network,
                    lease.owner.container_id.substr(0, 12), lease.owner.if_name,
                    seconds_since(lease.granted_at)});
  }
  return {leases, cli::in_columns(rows)};
}

/// For an administrator who knows that nothing uses the address: nothing else is asked.
Reply release(const Invocation& invocation) {
  Context context(default_data_folder());
  const std::string& text = invocation.values.front();
  const auto address = net::parse_ip(text);
  if (!address) throw Error(ErrorCode::kInvalidEnvironment, "\"" + text + "\" is no IP address");
  const auto found = context.leases.find(*address);
  if (!found) {
    throw Error(ErrorCode::kUnknownContainer, "nobody holds " + text,
                "azure-vnet-ipam leases lists what is held");
  }
  const auto lock = context.locks.lock(found->owner.key());
  context.leases.release(*found);
  log::warning("{} of container {} released by hand", text, found->owner.container_id);
  return {Json(*found), text + " is free; it was held by container " + found->owner.container_id +
                            ", interface " + found->owner.if_name + "\n"};
}

}  // namespace

std::vector<cli::CommandLineVerb> command_line() {
  return {{"pools", "", {}, "show how many addresses there are, and what Azure answered", pools},
          {"leases", "", {}, "show who holds which address", leases},
          {"release", "ADDRESS", {}, "take an address back, whoever holds it", release}};
}

}  // namespace azcni::vnet_ipam
