#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "azcni/net/interfaces.h"
#include "azcni/network/backend.h"
#include "nft/query.h"

/// Checks of diagnostics.h that are pure: what is wrong, by what the host is known to have.
namespace azcni::network::diagnostics {

using Networks = std::vector<NetworkRecord>;
using Findings = std::vector<Finding>;

/// The value of a kernel parameter, as sysctl::read.
using ReadParameter = std::function<std::string(const std::string& name)>;

void check_forwarding(const Networks& networks, const ReadParameter& read, Findings& findings);

/// The chain of others that drops what it does not accept, in words; empty if there is none.
std::string who_drops(const std::vector<nft::Chain>& chains);

/// `who`: drops what no rule of its accepts; empty: nobody.
void check_firewalls(const std::string& who, const Networks& networks, const ReadParameter& read,
                     Findings& findings);

/// Rules of kube-proxy, and whether they see frames between the ports of a bridge: by address
/// family, "iptables" or "ip6tables".
void check_services(const std::vector<std::string>& families, const Networks& networks,
                    const ReadParameter& read, Findings& findings);

/// Strict filtering drops what comes in by another NIC than the answer would leave by. `main`: the
/// NIC of the default route.
void check_reverse_path(const std::optional<net::Interface>& main, const Networks& networks,
                        const ReadParameter& read, Findings& findings);

/// Links of containers that are on no record.
void check_links(const std::vector<net::Interface>& links,
                 const std::vector<EndpointRecord>& endpoints, Findings& findings);

/// True if one of the folders has a file whose text has all of these.
bool has_drop_in(const std::vector<std::string>& folders, const std::vector<std::string>& texts);

}  // namespace azcni::network::diagnostics
