#include "refresh.h"

#include "azcni/base/log.h"
#include "azcni/ipam/metadata.h"
#include "azcni/net/interfaces.h"

namespace azcni::vnet_ipam {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// A healthy wireserver answers in a few milliseconds; a pod that has an address waiting is not
/// held up longer than this by one that isn't.
constexpr milliseconds kPatienceWithCache{250};

ipam::Metadata fetch(const Config& config, milliseconds limit) {
  if (config.source == Source::kAzureStack) return ipam::read_mas(config.file);
  return ipam::fetch_wireserver(config.url, limit);
}

/// By the NICs' names, whatever stands for them now: pools and leases keep their names.
std::vector<net::Interface> list_nics() {
  std::vector<net::Interface> interfaces = net::list_interfaces();
  for (net::Interface& each : interfaces) each.name = net::nic_name(each.name);
  return interfaces;
}

/// Not with every query, which may be each few seconds.
void tell_once(const std::string& skipped, const std::optional<Query>& last,
               const std::string& source) {
  if (!skipped.empty() && (!last || last->skipped != skipped))
    log::warning("answer of {}: {}", source, skipped);
}

/// One query, recorded whatever comes of it; throws what went wrong.
void query(const Config& config, milliseconds limit, const store::Records<Query>& queries,
           const std::string& source, Context& context) {
  try {
    const ipam::Metadata metadata = fetch(config, limit);
    context.leases.update(ipam::to_pools(metadata.nics, list_nics()), metadata.has_gaps);
    tell_once(metadata.skipped, queries.find(source), source);
    queries.put(source, {store::uptime(), "", metadata.skipped});
    log::debug("addresses learned from {}", source);
  } catch (const Error& error) {
    queries.put(source, {store::uptime(), to_utf8(error.what()), ""});
    throw;
  }
}

/// With nothing to fall back on: wait, for somebody else's query or one's own.
void query_or_fail(const Config& config, const store::Records<Query>& queries,
                   const std::string& source, const std::string& lock_file, Context& context) {
  const FileLock held = FileLock::wait_for(lock_file, config.timeout + std::chrono::seconds(5));
  const auto last = queries.find(source);
  const bool somebody_asked_meanwhile = last && last->at >= context.began;
  if (!somebody_asked_meanwhile) return query(config, config.timeout, queries, source, context);
  if (!last->failure.empty()) throw Error(ErrorCode::kMetadata, last->failure);
}

bool is_recent(const std::optional<Query>& query, const Config& config) {
  return query && store::uptime() - query->at < config.interval;
}

std::string source_of(const Config& config) {
  return config.source == Source::kAzureStack ? config.file : config.url.text;
}

}  // namespace

void to_json(Json& json, const Query& query) {
  json = {{"uptimeUs", query.at.count()}, {"failure", query.failure}, {"skipped", query.skipped}};
}

void from_json(const Json& json, Query& query) {
  query = {microseconds(json.value("uptimeUs", std::int64_t{0})),
           json.at("failure").get<std::string>(), json.value("skipped", std::string())};
}

store::Records<Query> queries_of(const Context& context) { return {context.store, "queries"}; }

std::vector<ipam::Pool> current_pools(const Config& config, const ipam::AllocationRequest& wanted,
                                      Context& context) {
  std::vector<ipam::Pool> pools = context.leases.pools();
  if (config.source == Source::kNone) return pools;
  const store::Records<Query> queries = queries_of(context);
  const std::string source = source_of(config);
  const std::string lock_file = context.store.path_of("query.lock");
  if (pools.empty()) {
    query_or_fail(config, queries, source, lock_file, context);
    return context.leases.pools();
  }

  if (is_recent(queries.find(source), config)) return pools;
  const auto held = FileLock::try_for(lock_file);
  if (!held) return pools;  // somebody else is at it
  if (is_recent(queries.find(source), config)) return context.leases.pools();  // or just was
  const milliseconds limit = context.leases.allocator(pools).can_serve(wanted)
                                 ? std::min(config.timeout, kPatienceWithCache)
                                 : config.timeout;
  try {
    query(config, limit, queries, source, context);
    return context.leases.pools();
  } catch (const Error& error) {
    log::warning("working with the addresses known: {}", error.what());
    return pools;
  }
}

std::vector<ipam::Pool> polled_pools(const Config& config, const ipam::AllocationRequest& wanted,
                                     Context& context) {
  const auto last = queries_of(context).find(source_of(config));
  if (is_recent(last, config) && !last->failure.empty() && context.leases.pools().empty())
    throw Error(ErrorCode::kMetadata, last->failure);
  return current_pools(config, wanted, context);
}

}  // namespace azcni::vnet_ipam
