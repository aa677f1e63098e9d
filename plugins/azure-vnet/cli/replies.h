#pragma once

#include <string>
#include <utility>
#include <vector>

#include "azcni/cli/command_line.h"
#include "azcni/network/backend.h"
#include "ipam_reports.h"
#include "runtimes.h"
#include "validate.h"

/// What the verbs answer, in words and as JSON, made of what they found. Pure.
namespace azcni::vnet {

struct NetworkState {
  network::NetworkRecord record;
  std::size_t containers = 0;
  bool connected = false;
  std::size_t broken = 0;  ///< of the containers: something is missing on the host
};

cli::Reply status_reply(const std::vector<NetworkState>& networks, std::size_t attachments,
                        const std::vector<network::Dropped>& dropped,
                        const Attempt<IpamPools>& ipam);

struct AttachmentState {
  network::EndpointRecord record;
  std::string problem;  ///< as problem_of(), or what is missing on the host
};

cli::Reply list_reply(const std::vector<AttachmentState>& attachments);

cli::Reply gc_reply(const std::vector<network::EndpointRecord>& stale, bool dry_run);

/// Complaints by the path of their file.
cli::Reply validate_reply(const std::vector<std::pair<std::string, Complaint>>& complaints,
                          bool colour);

/// `mended`: what --fix has said so far.
cli::Reply doctor_reply(const std::vector<network::Finding>& findings, const std::string& mended,
                        bool colour);

/// Links that were made or removed.
cli::Reply paths_reply(const std::vector<std::string>& paths);
cli::Reply runtimes_reply(const std::vector<ContainerRuntime>& runtimes);

}  // namespace azcni::vnet
