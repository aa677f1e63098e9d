#pragma once

#include <string>
#include <vector>

#include "context.h"

namespace azcni::vnet {

/// Puts back what is missing on the host of all attachments that live, at most once in 10 s a node.
/// Throws what could not be put back, and until the next look throws it again.
void repair_attachments(Context& context);

/// Removes what tables have for containers that are gone, at most once in 10 s a node; or at once.
void sweep_tables(Context& context, bool at_once = false);

/// Puts back what is missing of one attachment, inside its container too, if that can be entered.
void repair_whole(const std::string& key, const Context& context);

/// Attachments that live and lack something on the host.
std::vector<network::Broken> find_broken(const Context& context);

}  // namespace azcni::vnet
