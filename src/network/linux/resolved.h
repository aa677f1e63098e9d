#pragma once

#include <string>

/// systemd-resolved keeps DNS servers by link: when the NIC's addresses move to a bridge, they have
/// to come along, or the node resolves no names.
namespace azcni::network::resolved {

/// Gives `to` the DNS servers and domains of `from`, all of them. Does nothing where resolved does
/// not run, and logs what fails: a node without names is better than one without pods.
///
/// This is the one place that runs a program, `resolvectl`, and only when a network is made.
void copy_dns(const std::string& from, const std::string& to) noexcept;

}  // namespace azcni::network::resolved
