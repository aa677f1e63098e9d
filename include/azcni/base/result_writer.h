#pragma once

#include <string>
#include <string_view>

#include "azcni/base/unique_fd.h"

namespace azcni {

/// The one result on stdout. From its construction on, file descriptor 1 leads to stderr,
/// so that nothing else in the process can spoil the document; and a crash still leaves
/// `crash_result` on the real stdout.
class ResultWriter {
 public:
  /// `crash_result` must live as long as the process: a literal.
  explicit ResultWriter(const char* crash_result);
  ResultWriter(const ResultWriter&) = delete;
  ResultWriter& operator=(const ResultWriter&) = delete;

  void write(std::string_view text);

 private:
  UniqueFd stdout_;
};

/// Everything on stdin; throws Error(kIo) if it is longer than `max_bytes`.
std::string read_stdin(std::size_t max_bytes);

}  // namespace azcni
