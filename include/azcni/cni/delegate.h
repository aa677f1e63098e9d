#pragma once

#include <string>

#include "azcni/cni/request.h"
#include "azcni/cni/result.h"

namespace azcni::cni {

/// The IPAM plugin of a request, whichever way it is called. Each verb throws the plugin's error,
/// code kept, or Error(kDelegate) if it left none.
class Delegate {
 public:
  virtual ~Delegate() = default;

  virtual Result add() const = 0;
  virtual void check() const = 0;
  /// `address`: named as ipam.ipAddress, for plugins that know the lease by nothing else.
  virtual void del(const std::string& address = {}) const = 0;
  /// With another list than the request's, and the time at which it was true. What was handed out
  /// since then is not to be taken back.
  virtual void gc(const std::vector<Attachment>& valid,
                  std::chrono::microseconds listed_at) const = 0;
  virtual void status() const = 0;
};

/// Throws Error(kInvalidEnvironment) without CNI_PATH, which every call of a delegate has.
void require_plugin_path(const Request& request);

/// The request with ipam.ipAddress set.
Request with_address(const Request& request, const std::string& address);
/// As a GC of this list.
Request with_list(const Request& request, const std::vector<Attachment>& valid,
                  std::chrono::microseconds listed_at);

/// The executable that `ipam.type` names, looked up in CNI_PATH, run with our environment, the
/// request's attachment and the whole configuration (SPEC.md, section 4). `held_fd` stays open in
/// it: a lock on it lives as long as the plugin does, even if we are killed.
class ExecDelegate final : public Delegate {
 public:
  /// Throws Error(kInvalidConfig) if there is no such plugin, Error(kInvalidEnvironment) if there
  /// is no CNI_PATH.
  explicit ExecDelegate(const Request& request, int held_fd = -1);

  Result add() const override;
  void check() const override;
  void del(const std::string& address = {}) const override;
  void gc(const std::vector<Attachment>& valid, std::chrono::microseconds listed_at) const override;
  void status() const override;

 private:
  /// Returns what it printed.
  std::string run(const std::string& verb, const std::string& input) const;

  const Request& request_;
  int held_fd_;
  std::string type_;
  std::string path_;
};

}  // namespace azcni::cni
