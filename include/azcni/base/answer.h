#pragma once

#include <string>
#include <string_view>

#include "azcni/base/unique_fd.h"

namespace azcni {

/// The process's one answer on stdout. From its construction on, file descriptor 1 leads to stderr,
/// so that nothing else in the process can spoil the document; and a crash still leaves
/// `last_words` on the real stdout.
class Answer {
 public:
  /// `last_words` must live as long as the process: a literal.
  explicit Answer(const char* last_words);
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void write(std::string_view text);

 private:
  UniqueFd stdout_;
};

/// Everything on stdin; throws Error(kIo) if it is longer than `max_bytes`.
std::string read_stdin(std::size_t max_bytes);

}  // namespace azcni
