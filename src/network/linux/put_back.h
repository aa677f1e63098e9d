#pragma once

#include <string>
#include <vector>

#include "kernel.h"

namespace azcni::network {

/// Makes what an attachment lacks of `wanted`: of its host's half, or of both. Throws what is
/// missing all the same. For one that ended, before or meanwhile, nothing is put, and it is no
/// error.
void put_back(Kernel& kernel, const EndpointSpec& endpoint, const Footprint& wanted);

/// Each as the command that would make it; a table by its name.
std::vector<std::string> in_words(const Footprint& missing);

}  // namespace azcni::network
