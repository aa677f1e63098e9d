#include "refresh.h"

#include <algorithm>

#include "azcni/base/log.h"

namespace azcni::vnet_ipam {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// A healthy wireserver answers in a few milliseconds; a pod that has an address waiting is not
/// held up longer than this by one that isn't.
constexpr milliseconds kPatienceWithCache{250};

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

}  // namespace

void to_json(Json& json, const Query& query) {
  json = {{"uptimeUs", query.at.count()}, {"failure", query.failure}, {"skipped", query.skipped}};
}

void from_json(const Json& json, Query& query) {
  query = {microseconds(json.value("uptimeUs", std::int64_t{0})),
           json.at("failure").get<std::string>(), json.value("skipped", std::string())};
}

store::Records<Query> queries_of(const Context& context) { return {context.store, "queries"}; }

MetadataSource metadata_source(const Config& config) {
  if (config.source == Source::kAzureStack) {
    return {config.file, [file = config.file](milliseconds) { return ipam::read_mas(file); },
            list_nics};
  }
  if (config.source == Source::kStatic)
    return {"ipam.nics", [nics = config.nics](milliseconds) { return nics; }, list_nics};
  return {config.url.text,
          [url = config.url](milliseconds limit) { return ipam::fetch_wireserver(url, limit); },
          list_nics};
}

Refresh::Refresh(const Config& config, MetadataSource source, Context& context, Clock now)
    : config_(config),
      source_(std::move(source)),
      context_(context),
      now_(std::move(now)),
      queries_(queries_of(context)),
      lock_file_(context.store.path_of("query.lock")) {}

std::vector<ipam::Pool> Refresh::pools() const {
  std::vector<ipam::Pool> pools = context_.leases.pools();
  for (ipam::Pool& each : pools) each.kept_out = config_.kept_out;
  return pools;
}

std::vector<ipam::Pool> Refresh::current_pools(const ipam::AllocationRequest& wanted) {
  std::vector<ipam::Pool> known = pools();
  if (config_.source == Source::kNone) return known;
  if (known.empty()) {
    query_or_fail();
    return pools();
  }
  if (is_recent(last_query())) return known;
  return query_in_passing(known, wanted);
}

std::vector<ipam::Pool> Refresh::polled_pools(const ipam::AllocationRequest& wanted) {
  const auto last = last_query();
  if (is_recent(last) && !last->failure.empty() && context_.leases.pools().empty())
    throw Error(ErrorCode::kMetadata, last->failure);
  return current_pools(wanted);
}

bool Refresh::is_recent(const std::optional<Query>& last) const {
  return last && now_() - last->at < config_.interval;
}

/// One query, recorded whatever comes of it; throws what went wrong.
void Refresh::query(milliseconds limit) {
  try {
    const ipam::Metadata metadata = source_.fetch(limit);
    context_.leases.update(ipam::to_pools(metadata.nics, source_.list_nics()), metadata.has_gaps);
    tell_once(metadata.skipped, last_query(), source_.name);
    queries_.put(source_.name, {now_(), "", metadata.skipped});
    log::debug("addresses learned from {}", source_.name);
  } catch (const Error& error) {
    queries_.put(source_.name, {now_(), to_utf8(error.what()), ""});
    throw;
  }
}

/// With nothing to fall back on: wait, for somebody else's query or one's own.
void Refresh::query_or_fail() {
  const FileLock held = FileLock::wait_for(lock_file_, config_.timeout + std::chrono::seconds(5));
  const auto last = last_query();
  const bool somebody_asked_meanwhile = last && last->at >= context_.began;
  if (!somebody_asked_meanwhile) return query(config_.timeout);
  if (!last->failure.empty()) throw Error(ErrorCode::kMetadata, last->failure);
}

/// With pools to fall back on: nobody is waited for, and no failure is the caller's.
std::vector<ipam::Pool> Refresh::query_in_passing(const std::vector<ipam::Pool>& known,
                                                  const ipam::AllocationRequest& wanted) {
  const auto held = FileLock::try_for(lock_file_);
  if (!held) return known;                      // somebody else is at it
  if (is_recent(last_query())) return pools();  // or just was
  const milliseconds limit = context_.leases.allocator(known).can_serve(wanted)
                                 ? std::min(config_.timeout, kPatienceWithCache)
                                 : config_.timeout;
  try {
    query(limit);
    return pools();
  } catch (const Error& error) {
    log::warning("working with the addresses known: {}", error.what());
    return known;
  }
}

}  // namespace azcni::vnet_ipam
