#pragma once

#include <string>

/// Kernel parameters of the network namespace that the calling thread is in.
namespace azcni::network::sysctl {

/// The value; empty if there is no such parameter: a kernel without IPv6, say.
std::string read(const std::string& name);

/// `name` as below /proc/sys/net, e.g. "ipv4/ip_forward". Left alone if it has the value already,
/// since /proc/sys may be read-only; a parameter that does not exist is no error.
void set(const std::string& name, const std::string& value);

/// True where nobody can change it, root included.
bool is_read_only(const std::string& name);

/// Switches forwarding of IPv6 on. A host that forwards no longer listens to router advertisements,
/// from which an Azure VM has its default route, unless the interface says 2 (kernel: ip-sysctl,
/// accept_ra): each that listened goes on.
void forward_ipv6();

}  // namespace azcni::network::sysctl
