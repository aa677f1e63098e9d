#pragma once

#include <spdlog/fmt/fmt.h>

#include <string>
#include <string_view>

/// The log of both plugins: one line an event, appended with one write, since many processes share
/// the file. A log that can't be written never fails a pod.
namespace azcni::log {

enum class Level { kDebug, kInfo, kWarning, kError };

struct Options {
  std::string path;  ///< empty: nothing is logged
  Level level = Level::kInfo;
  std::string verb;       ///< CNI_COMMAND
  std::string container;  ///< its first 12 characters stand in every line
};

/// Starts logging to `options.path`; before that, messages are dropped.
void open(const Options& options) noexcept;

/// While it lives, lines begin with `name`: of a plugin whose work is done within another.
class Section {
 public:
  explicit Section(const char* name);
  ~Section();
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

 private:
  const char* outer_;
};

/// Formats out of line: the formatting library's code is compiled once, not with every caller.
void write(Level level, fmt::string_view format, fmt::format_args values) noexcept;

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kDebug, format, fmt::make_format_args(args...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kInfo, format, fmt::make_format_args(args...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kWarning, format, fmt::make_format_args(args...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::kError, format, fmt::make_format_args(args...));
}

}  // namespace azcni::log
