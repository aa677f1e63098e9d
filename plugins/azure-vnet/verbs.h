#pragma once

#include "azcni/cni/request.h"
#include "azcni/cni/result.h"
#include "config.h"
#include "context.h"

namespace azcni::vnet {

cni::Result add(const cni::Request& request, const Config& config, Context& context);
void check(const cni::Request& request, Context& context);
void del(const cni::Request& request, Context& context);
void gc(const cni::Request& request, Context& context);
void status(const cni::Request& request, const Config& config, Context& context);

/// Removes whatever there is of an attachment; the caller holds its lock. Not an error if it is
/// nothing.
void teardown(const cni::Request& request, const store::NamedLock& lock, Context& context);

}  // namespace azcni::vnet
