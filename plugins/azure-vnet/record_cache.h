#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "context.h"

namespace azcni::vnet {

/// Of all complete attachments what their half on the host is made of, and no more. JSON is slow to
/// read (30 µs a record), so that is kept in one file, and read from the record again only where
/// that is another file by now. For a look at all of them: one that lacks something is read whole.
std::vector<network::EndpointRecord> list_for_look(const Context& context);

/// A record as a line of that file; empty of one that has more for the host than a line can tell.
std::string to_line(const network::EndpointRecord& record);
std::optional<network::EndpointRecord> parse_line(const std::string& line);

}  // namespace azcni::vnet
