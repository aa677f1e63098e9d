#include "ipam.h"

#include "azcni/base/log.h"
#include "azure-vnet-ipam/ipam.h"

namespace azcni::vnet {
namespace {

constexpr const char* kOwn = "azure-vnet-ipam";

class InProcess final : public cni::Delegate {
 public:
  /// Asks for the variables that the executable's caller needs: both answer the same.
  explicit InProcess(const cni::Request& request) : request_(request) {
    cni::require_plugin_path(request);
  }

  cni::Result add() const override {
    const log::Section section(kOwn);
    return verbs_.add(request_);
  }
  void check() const override {
    const log::Section section(kOwn);
    verbs_.check(request_);
  }
  void del(const std::string& address) const override {
    const log::Section section(kOwn);
    verbs_.del(address.empty() ? request_ : cni::with_address(request_, address));
  }
  void gc(const std::vector<cni::Attachment>& valid,
          std::chrono::microseconds listed_at) const override {
    const log::Section section(kOwn);
    verbs_.gc(cni::with_list(request_, valid, listed_at));
  }
  void status() const override {
    const log::Section section(kOwn);
    verbs_.status(request_);
  }

 private:
  const cni::Request& request_;
  const cni::Handlers verbs_ = vnet_ipam::handlers();
};

bool is_executable(const cni::Request& request) {
  if (request.config.ipam_type() != kOwn) return true;
  const auto ipam = request.config.fields().object("ipam");
  return ipam && ipam->flag("exec");
}

}  // namespace

std::unique_ptr<cni::Delegate> ipam_of(const cni::Request& request, int held_fd) {
  if (is_executable(request)) return std::make_unique<cni::ExecDelegate>(request, held_fd);
  return std::make_unique<InProcess>(request);
}

}  // namespace azcni::vnet
