#pragma once

#include <string>

/// The rules of iptables-legacy, which nf_tables does not show. Only read, and only of tables that
/// are in use: asking for another would load its module.
namespace azcni::network::xtables {

/// True if its chain FORWARD drops what no rule accepts.
bool forward_drops();

/// True if a rule of its table nat masquerades.
bool masquerades();

}  // namespace azcni::network::xtables
