#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "azcni/base/file_lock.h"

namespace azcni::store {

class Store;

/// The lock of one attachment or NIC, held by a verb from begin to end: what makes a DEL wait for
/// an ADD that its runtime gave up on. Different keys never wait for each other. Unlocking removes
/// the file; one that a killed holder left goes with the next lock.
class NamedLock {
 public:
  NamedLock(NamedLock&& other) noexcept;
  NamedLock& operator=(NamedLock&&) = delete;
  ~NamedLock();

  /// For a child that must hold the lock as long as it lives.
  int fd() const noexcept { return lock_.fd(); }

 private:
  friend class LockTable;
  NamedLock(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  FileLock lock_;
};

class LockTable {
 public:
  explicit LockTable(const Store& store);

  /// Throws Error(kTryAgain) with the holder's name after `limit`: by default longer than a
  /// delegate may take.
  [[nodiscard]] NamedLock lock(const std::string& key,
                               std::chrono::milliseconds limit = std::chrono::seconds(90)) const;

  /// Returns nullopt if another process holds it.
  [[nodiscard]] std::optional<NamedLock> try_lock(const std::string& key) const;

  /// Removes the files that killed holders left.
  void sweep() const;

 private:
  std::string folder_;
};

}  // namespace azcni::store
