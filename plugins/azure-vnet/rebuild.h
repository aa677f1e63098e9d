#pragma once

#include "context.h"

namespace azcni::vnet {

/// Makes records of attachments that live and are on none: their links and the kernel tell most of
/// it, and azure-vnet-ipam's leases, or what is left of the record, whose they are.
void rebuild_records(Context& context);

/// True if a record was set aside whose attachment lives.
bool has_damaged_records(const Context& context);

}  // namespace azcni::vnet
