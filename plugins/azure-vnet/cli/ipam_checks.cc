#include "ipam_checks.h"

#include "azcni/cli/command_line.h"

namespace azcni::vnet {
namespace {

void check_pools(const std::vector<cli::PoolReport>& pools,
                 std::vector<network::Finding>& findings) {
  const std::string remedy = "az network nic ip-config create";
  for (const bool is_ipv6 : {false, true}) {
    std::uint64_t total = 0, free = 0, used = 0;
    for (const cli::PoolReport& pool : pools) {
      if ((pool.subnet.find(':') != std::string::npos) != is_ipv6) continue;
      total += pool.total;
      used += pool.used;
      free += pool.free;
      if (pool.taken > 0) {
        findings.push_back({"addresses-taken",
                            std::to_string(pool.taken) + " free addresses of " + pool.interface +
                                ", " + pool.subnet +
                                ", are in use on this node, without a lease: " + pool.taken_by,
                            "ip address show; ip route show"});
      }
      if (pool.withdrawn == 0) continue;
      findings.push_back({"addresses-withdrawn",
                          std::to_string(pool.withdrawn) + " addresses in use of " +
                              pool.interface + ", " + pool.subnet + ", are Azure's no more",
                          "azure-vnet list"});
    }
    if (!is_ipv6 && !pools.empty() && total == 0) {
      findings.push_back(
          {"no-secondary-addresses", "Azure names no secondary address of this VM", remedy});
    } else if (used > 0 && free == 0) {
      findings.push_back({"addresses-exhausted",
                          "all " + std::to_string(used) + " addresses of " +
                              (is_ipv6 ? "IPv6" : "IPv4") + " are in use",
                          remedy});
    } else if (used * 5 >= total * 4 && used > 0) {
      findings.push_back({"addresses-scarce",
                          std::to_string(used) + " of " + std::to_string(total) + " addresses of " +
                              (is_ipv6 ? "IPv6" : "IPv4") + " are in use",
                          remedy});
    }
  }
}

}  // namespace

void check_ipam(const cli::PoolsReport& ipam, std::vector<network::Finding>& findings) {
  if (ipam.version != cli::program_version()) {
    findings.push_back({"delegate-version",
                        std::string("azure-vnet is ") + cli::program_version() +
                            ", azure-vnet-ipam " +
                            (ipam.version.empty() ? "does not say" : ipam.version),
                        kInstall});
  }
  for (const cli::QueryReport& query : ipam.queries) {
    if (!query.failure.empty())
      findings.push_back({"metadata-silent", query.failure, "azure-vnet-ipam pools"});
    if (!query.skipped.empty())
      findings.push_back(
          {"metadata-skipped", query.source + ": " + query.skipped, "azure-vnet-ipam pools"});
  }
  check_pools(ipam.pools, findings);
}

}  // namespace azcni::vnet
