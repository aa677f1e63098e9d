#pragma once

#include <vector>

#include "azcni/cni/command_line.h"

/// azure-vnet as a tool for people. Nothing here is in the way of a container.
namespace azcni::vnet {

/// status, list, state, gc, network rm.
std::vector<cni::CommandLineVerb> showing_verbs();

/// validate, schema, doctor, explain.
std::vector<cni::CommandLineVerb> advising_verbs();

/// All of them.
std::vector<cni::CommandLineVerb> command_line();

}  // namespace azcni::vnet
