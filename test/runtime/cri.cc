#include "cri.h"

#include <grpcpp/grpcpp.h>
#include <poll.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "process.h"

namespace azcni::test {
namespace {

namespace cri = runtime::v1;
using std::chrono::system_clock;

template <typename Reply, typename Request>
using Call = grpc::Status (cri::RuntimeService::Stub::*)(grpc::ClientContext*, const Request&,
                                                         Reply*);

constexpr std::chrono::minutes kLimit{10};  // of a call beside fifty others

template <typename Reply, typename Request>
Reply call(cri::RuntimeService::Stub& stub, Call<Reply, Request> method, const Request& request,
           const std::string& what) {
  grpc::ClientContext context;
  context.set_deadline(system_clock::now() + kLimit);
  Reply reply;
  const grpc::Status status = (stub.*method)(&context, request, &reply);
  if (!status.ok()) throw std::runtime_error(what + ": " + status.error_message());
  return reply;
}

/// The conditions that are not met, in words; empty if the runtime is ready.
std::string obstacles_of(cri::RuntimeService::Stub& stub) {
  const auto reply =
      call(stub, &cri::RuntimeService::Stub::Status, cri::StatusRequest(), "runtime status");
  std::string text;
  for (const auto& condition : reply.status().conditions()) {
    if (!condition.status()) text += condition.type() + ": " + condition.message() + "; ";
  }
  return text;
}

std::string netns_of(const cri::PodSandboxStatusResponse& reply) {
  const auto info = nlohmann::json::parse(reply.info().at("info"));
  for (const auto& each : info["runtimeSpec"]["linux"]["namespaces"]) {
    if (each["type"] == "network") return each.value("path", "");
  }
  return {};
}

}  // namespace

Cri::Cri(const std::string& socket) {
  const auto channel = grpc::CreateChannel("unix:" + socket, grpc::InsecureChannelCredentials());
  const auto deadline = system_clock::now() + lab::kPatience;
  if (!channel->WaitForConnected(deadline))
    throw std::runtime_error("the runtime does not answer at " + socket);
  stub_ = cri::RuntimeService::NewStub(channel);
  for (std::string text = obstacles_of(*stub_); !text.empty(); text = obstacles_of(*stub_)) {
    if (system_clock::now() > deadline) throw std::runtime_error("the runtime: " + text);
    static_cast<void>(::poll(nullptr, 0, 20));
  }
}

Sandbox Cri::run(const Pod& pod) {
  cri::RunPodSandboxRequest request;
  cri::PodSandboxConfig& config = *request.mutable_config();
  config.mutable_metadata()->set_name(pod.name);
  config.mutable_metadata()->set_uid("uid-" + pod.name);
  config.mutable_metadata()->set_namespace_("default");
  config.set_hostname(pod.name);
  config.set_log_directory("/run/pods/" + pod.name);
  config.mutable_linux()->set_cgroup_parent(pod.cgroup_parent);
  if (pod.host_port != 0) {
    cri::PortMapping& mapping = *config.add_port_mappings();
    mapping.set_container_port(80);
    mapping.set_host_port(pod.host_port);
  }
  return status(call(*stub_, &cri::RuntimeService::Stub::RunPodSandbox, request, "run " + pod.name)
                    .pod_sandbox_id());
}

Sandbox Cri::status(const std::string& id) {
  cri::PodSandboxStatusRequest request;
  request.set_pod_sandbox_id(id);
  request.set_verbose(true);
  const auto reply =
      call(*stub_, &cri::RuntimeService::Stub::PodSandboxStatus, request, "status of " + id);
  return {id, reply.status().network().ip(), netns_of(reply)};
}

void Cri::stop(const std::string& id) {
  cri::StopPodSandboxRequest request;
  request.set_pod_sandbox_id(id);
  call(*stub_, &cri::RuntimeService::Stub::StopPodSandbox, request, "stop " + id);
}

void Cri::remove(const std::string& id) {
  cri::RemovePodSandboxRequest request;
  request.set_pod_sandbox_id(id);
  call(*stub_, &cri::RuntimeService::Stub::RemovePodSandbox, request, "remove " + id);
}

std::vector<std::string> Cri::list() {
  const auto reply = call(*stub_, &cri::RuntimeService::Stub::ListPodSandbox,
                          cri::ListPodSandboxRequest(), "list sandboxes");
  std::vector<std::string> ids;
  for (const auto& item : reply.items()) ids.push_back(item.id());
  return ids;
}

std::string Cri::obstacles() { return obstacles_of(*stub_); }

}  // namespace azcni::test
