#pragma once

#include "context.h"

namespace azcni::vnet {

/// Puts back what is missing on the host of all attachments that live; unless it is to be done at
/// once, at most once in 10 s a node. Throws what could not be put back.
void repair_attachments(Context& context, bool at_once = false);

}  // namespace azcni::vnet
