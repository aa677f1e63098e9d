#pragma once

#include <vector>

#include "azcni/cli/command_line.h"

/// azure-vnet as a tool for people. Nothing here is in the way of a container.
namespace azcni::vnet {

/// status, list, state, gc, network rm.
std::vector<cli::CommandLineVerb> showing_verbs();

/// validate, schema, doctor, runtimes, explain.
std::vector<cli::CommandLineVerb> advising_verbs();

/// All of them.
std::vector<cli::CommandLineVerb> command_line();

}  // namespace azcni::vnet
