#include "azcni/cli/address_reports.h"

#include "azcni/cli/command_line.h"

namespace azcni::cli {
namespace {

std::uint64_t number_of(const Fields& fields, const char* key) {
  return fields.large_number(key).value_or(0);
}

PoolReport parse_pool(const Fields& pool) {
  return {pool.text("interface"),     pool.flag("primary"),         pool.text("subnet"),
          number_of(pool, "total"),   number_of(pool, "used"),      number_of(pool, "free"),
          number_of(pool, "resting"), number_of(pool, "withdrawn"), number_of(pool, "taken"),
          pool.text("takenBy"),       pool.texts("blocks")};
}

QueryReport parse_query(const Fields& query) {
  return {query.text("source"), number_of(query, "secondsAgo"), query.text("failure"),
          query.text("skipped")};
}

LeaseReport parse_lease(const Fields& lease) {
  return {lease.text("address"), lease.text("subnet"),         lease.text("interface"),
          lease.text("network"), lease.text("containerId"),    lease.text("ifName"),
          lease.text("bootId"),  number_of(lease, "grantedAt")};
}

}  // namespace

void to_json(Json& json, const PoolReport& pool) {
  json = {{"interface", pool.interface}, {"primary", pool.primary},     {"subnet", pool.subnet},
          {"total", pool.total},         {"used", pool.used},           {"free", pool.free},
          {"resting", pool.resting},     {"withdrawn", pool.withdrawn}, {"taken", pool.taken},
          {"takenBy", pool.taken_by}};
  if (!pool.blocks.empty()) json["blocks"] = pool.blocks;
}

void to_json(Json& json, const QueryReport& query) {
  json = {{"source", query.source},
          {"secondsAgo", query.seconds_ago},
          {"failure", query.failure},
          {"skipped", query.skipped}};
}

void to_json(Json& json, const PoolsReport& report) {
  json = {{"version", report.version}, {"pools", report.pools}, {"queries", report.queries}};
}

void to_json(Json& json, const LeaseReport& lease) {
  json = {{"address", lease.address},          {"subnet", lease.subnet},
          {"interface", lease.interface},      {"network", lease.network},
          {"containerId", lease.container_id}, {"ifName", lease.if_name},
          {"bootId", lease.boot_id},           {"grantedAt", lease.granted_at}};
}

PoolsReport parse_pools_report(const Json& document) {
  const Fields fields(document, "");
  PoolsReport report{fields.text("version"), {}, {}};
  for (const Fields& each : fields.objects("pools")) report.pools.push_back(parse_pool(each));
  for (const Fields& each : fields.objects("queries")) report.queries.push_back(parse_query(each));
  return report;
}

std::vector<LeaseReport> parse_lease_reports(const Json& document) {
  const Json list{{"leases", document}};  // Fields are of an object
  std::vector<LeaseReport> leases;
  for (const Fields& each : Fields(list, "").objects("leases")) leases.push_back(parse_lease(each));
  return leases;
}

std::string to_text(const PoolsReport& report) {
  std::vector<std::vector<std::string>> rows{
      {"NIC", "SUBNET", "TOTAL", "USED", "FREE", "RESTING", "WITHDRAWN", "TAKEN"}};
  for (const PoolReport& pool : report.pools) {
    rows.push_back({pool.interface, pool.subnet, std::to_string(pool.total),
                    std::to_string(pool.used), std::to_string(pool.free),
                    std::to_string(pool.resting), std::to_string(pool.withdrawn),
                    std::to_string(pool.taken)});
  }
  std::string text = in_columns(rows);
  for (const PoolReport& pool : report.pools) {
    std::string blocks;
    for (const std::string& each : pool.blocks) blocks += " " + each;
    if (!blocks.empty()) text += "blocks of " + pool.interface + ":" + blocks + "\n";
  }
  for (const QueryReport& query : report.queries) {
    text += "asked " + query.source + " " + std::to_string(query.seconds_ago) +
            " s ago: " + (query.failure.empty() ? "answered" : query.failure) +
            (query.skipped.empty() ? "" : "; " + query.skipped) + "\n";
  }
  return text;
}

}  // namespace azcni::cli
