#pragma once

#include <string>

#include "azcni/net/address.h"

/// The rules of iptables-legacy and ip6tables-legacy, which nf_tables does not show. Only tables
/// that are in use: asking for another would load its module.
namespace azcni::network::xtables {

/// True if its chain FORWARD drops what no rule accepts.
bool forward_drops();

/// True if a rule of its table nat masquerades.
bool masquerades();

/// True if one of its tables has a chain of that name.
bool has_chain(const std::string& table, const std::string& chain, net::Family family);

/// Interfaces by name, or by how their names begin.
struct Links {
  std::string name;
  bool is_prefix = false;
};

/// Two rules at the end of FORWARD, where that is in use, that let pass what comes in or goes out
/// by these links; before a rule there that drops or rejects all the rest. Idempotent; under the
/// lock that iptables takes. Throws Error(kSystem).
void accept_forwarded(const Links& links);
bool are_accepted(const Links& links);
void forget_accepted(const Links& links);

}  // namespace azcni::network::xtables
