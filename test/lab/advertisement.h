#pragma once

#include <string>

#include "process.h"

namespace azcni::lab {

/// Sends a router advertisement to everybody on the link of that interface: "I am your default
/// route". Throws if the interface gets no link-local address to send it from.
void advertise_router(const ExecContext& context, const std::string& interface);

}  // namespace azcni::lab
