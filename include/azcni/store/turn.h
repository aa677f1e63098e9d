#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "azcni/base/file_lock.h"

namespace azcni::store {

class Store;

/// One verb's turn at one attachment or network, from begin to end: what makes a DEL wait for an
/// ADD that its runtime gave up on. Different keys never wait for each other. The lock's file goes
/// with the turn; a holder that was killed leaves it, and the next turn removes it.
class Turn {
 public:
  Turn(Turn&& other) noexcept;
  Turn& operator=(Turn&&) = delete;
  ~Turn();

  /// For a child that must hold the turn as long as it lives.
  int fd() const noexcept { return lock_.fd(); }

 private:
  friend class Turns;
  Turn(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  FileLock lock_;
};

class Turns {
 public:
  explicit Turns(const Store& store);

  /// Throws Error(kTryAgain) with the holder's name after `limit`: by default longer than a
  /// delegate may take.
  Turn wait_for(const std::string& key,
                std::chrono::milliseconds limit = std::chrono::seconds(90)) const;

  /// Nothing if somebody else has it.
  std::optional<Turn> try_for(const std::string& key) const;

  /// Removes the files that holders left who were killed.
  void sweep() const;

 private:
  std::string folder_;
};

}  // namespace azcni::store
