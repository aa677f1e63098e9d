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

bool enabled(Level level) noexcept;
void write(Level level, std::string_view message) noexcept;

template <typename... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kDebug))
    write(Level::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kInfo)) write(Level::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kWarning))
    write(Level::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::kError))
    write(Level::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace azcni::log
