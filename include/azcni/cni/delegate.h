#pragma once

#include <string>

#include "azcni/cni/request.h"
#include "azcni/cni/result.h"

namespace azcni::cni {

/// The IPAM plugin that a request names in `ipam.type`, looked up in CNI_PATH, run with our
/// environment, the request's attachment and the whole configuration (SPEC.md, section 4).
/// `held_fd` stays open in the plugin: a lock on it lives as long as the plugin does, even if we
/// are killed.
class Delegate {
 public:
  /// Throws Error(kInvalidConfig) if there is no such plugin, Error(kInvalidEnvironment) if there
  /// is no CNI_PATH.
  explicit Delegate(const Request& request, int held_fd = -1);

  // Each throws the plugin's error, code kept, or Error(kDelegate) if it left none.
  Result add() const;
  void check() const;
  /// `address`: sent as ipam.ipAddress, for plugins that know the lease by nothing else.
  void del(const std::string& address = {}) const;
  /// With another list than the request's, and the time at which it was true. What was handed out
  /// since then is not to be taken back.
  void gc(const std::vector<Attachment>& valid, std::chrono::microseconds listed_at) const;
  void status() const;

 private:
  /// Returns what it printed.
  std::string run(const std::string& verb, const std::string& input) const;

  const Request& request_;
  int held_fd_;
  std::string type_;
  std::string path_;
};

}  // namespace azcni::cni
