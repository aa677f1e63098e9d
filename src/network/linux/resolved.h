#pragma once

#include <string>
#include <vector>

/// systemd-resolved keeps DNS servers by link: when the NIC's addresses move to a bridge, they have
/// to come along, or the node resolves no names.
namespace azcni::network::resolved {

/// Gives `to` the DNS servers and domains of `from`, all of them. Does nothing where resolved does
/// not run, and logs what fails: a node without names is better than one without pods.
void copy_dns(const std::string& from, const std::string& to) noexcept;

/// What resolvectl says of a link: the words of "Link 2 (eth0): 168.63.129.16 10.0.0.10", and of
/// the lines that continue it.
std::vector<std::string> words_after_link(const std::string& answer);

/// True if resolved's file of a link, /run/systemd/resolve/netif/INDEX, names a server.
bool has_server(const std::string& state);

}  // namespace azcni::network::resolved
