#pragma once

#include <string>

/// Kernel parameters of the network namespace that the calling thread is in.
namespace azcni::network::sysctl {

/// The value; empty if there is no such parameter: a kernel without IPv6, say.
std::string read(const std::string& name);

/// `name` as below /proc/sys/net, e.g. "ipv4/ip_forward". Left alone if it has the value already,
/// since /proc/sys may be read-only; a parameter that does not exist is no error.
void set(const std::string& name, const std::string& value);

}  // namespace azcni::network::sysctl
