// What an administrator asks of the leases: how many addresses there are, who has which, give that
// one back.

#include <algorithm>

#include "azcni/base/log.h"
#include "azcni/cli/address_reports.h"
#include "azcni/net/interfaces.h"
#include "ipam.h"
#include "refresh.h"

namespace azcni::vnet_ipam {
namespace {

using cli::Invocation;
using cli::Reply;

using std::chrono::microseconds;

std::uint64_t seconds_between(microseconds moment, microseconds now) {
  return static_cast<std::uint64_t>((now - moment) / std::chrono::seconds(1));
}

/// The pool that has the address now, or the one that it was of.
bool is_of(const ipam::Lease& lease, const ipam::Pool& pool, const std::vector<ipam::Pool>& pools) {
  const std::string address = net::to_string(lease.address);
  if (pool.holds(address)) return true;
  return lease.interface == pool.interface && lease.subnet == pool.subnet &&
         std::none_of(pools.begin(), pools.end(),
                      [&](const ipam::Pool& each) { return each.holds(address); });
}

/// Those that the kernel can be asked about one by one: larger blocks are left out.
std::vector<std::string> listed_addresses(const ipam::Pool& pool) {
  constexpr int kShortest = 8;  // bits of a block
  std::vector<std::string> addresses = pool.addresses;
  for (const net::Prefix& block : pool.blocks) {
    if (block.address.bits() - block.length > kShortest) continue;
    for (std::optional<net::IpAddress> address = block.address; address && block.contains(*address);
         address = net::next(*address)) {
      const std::string text = net::to_string(*address);
      if (pool.holds(text)) addresses.push_back(text);
    }
  }
  return addresses;
}

cli::PoolReport report_of(const ipam::Pool& pool, const std::vector<ipam::Pool>& pools,
                          const std::vector<ipam::Lease>& leases, const LeaseStore& lease_store,
                          microseconds now) {
  cli::PoolReport report{.interface = pool.interface,
                         .primary = pool.primary,
                         .subnet = net::to_string(pool.subnet),
                         .total = pool.size()};
  for (const net::Prefix& block : pool.blocks) report.blocks.push_back(net::to_string(block));
  ipam::AddressNames used;
  for (const ipam::Lease& lease : leases) {
    if (!is_of(lease, pool, pools)) continue;
    used.insert(net::to_string(lease.address));
    if (!pool.holds(net::to_string(lease.address))) ++report.withdrawn;
  }
  report.used = used.size();
  report.free = report.total + report.withdrawn - report.used;
  for (const auto& [address, at] : pool.released) {
    const bool is_recent = now - microseconds(at) < pool.cooldown;
    if (is_recent && used.count(address) == 0 && pool.holds(address)) ++report.resting;
  }
  for (const std::string& text : listed_addresses(pool)) {
    const auto address = net::parse_ip(text);
    if (!address || used.count(text) != 0) continue;
    const auto user = net::find_user_of(*address);
    if (!user || lease_store.find(*address)) continue;  // it was leased a moment ago
    if (report.taken++ == 0) report.taken_by = text + " is " + *user;
  }
  return report;
}

cli::LeaseReport report_of(const ipam::Lease& lease) {
  return {net::to_string(lease.address),
          net::to_string(lease.subnet),
          lease.interface,
          lease.network,
          lease.owner.container_id,
          lease.owner.if_name,
          lease.boot_id,
          static_cast<std::uint64_t>(lease.granted_at.count())};
}

Reply pools(const Invocation&) {
  const Context context(default_data_folder());
  const std::vector<ipam::Lease> leases = context.leases.list();
  cli::PoolsReport report{cli::program_version(), {}, {}};
  const std::vector<ipam::Pool> all = context.leases.pools();
  for (const ipam::Pool& pool : all)
    report.pools.push_back(report_of(pool, all, leases, context.leases, store::uptime()));
  for (const auto& [source, query] : queries_of(context).list()) {
    report.queries.push_back(
        {source, seconds_between(query.at, store::uptime()), query.failure, query.skipped});
  }
  return {report, cli::to_text(report)};
}

Reply leases(const Invocation&) {
  const Context context(default_data_folder());
  std::vector<ipam::Lease> leases = context.leases.list();
  std::sort(leases.begin(), leases.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  const microseconds now = store::uptime();
  std::vector<cli::LeaseReport> reports;
  std::vector<std::vector<std::string>> rows{
      {"ADDRESS", "NIC", "NETWORK", "CONTAINER", "INTERFACE", "ASKED FOR"}};
  for (const ipam::Lease& lease : leases) {
    reports.push_back(report_of(lease));
    rows.push_back({net::to_string(lease.address), lease.interface, lease.network,
                    lease.owner.container_id.substr(0, 12), lease.owner.if_name,
                    std::to_string(seconds_between(lease.granted_at, now)) + " s ago"});
  }
  return {reports, cli::in_columns(rows)};
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
  return {report_of(*found), text + " is free; it was held by container " +
                                 found->owner.container_id + ", interface " + found->owner.if_name +
                                 "\n"};
}

}  // namespace

std::vector<cli::CommandLineVerb> command_line() {
  return {{"pools", "", {}, "show how many addresses there are, and what Azure answered", pools},
          {"leases", "", {}, "show who holds which address", leases},
          {"release", "ADDRESS", {}, "take an address back, whoever holds it", release}};
}

}  // namespace azcni::vnet_ipam
