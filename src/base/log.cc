#include "azcni/base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <exception>
#include <memory>

#include "azcni/base/log_file.h"

namespace azcni::log {
namespace {

/// spdlog's own file sinks assume one writing process; this one hands each line to LogFile, which
/// appends it with a single write.
class SharedFileSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit SharedFileSink(const std::string& path) : file_(path) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    file_.append({line.data(), line.size()});
  }
  void flush_() override {}

  LogFile file_;
};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarning: return spdlog::level::warn;
    case Level::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// The process has one log, as it has one stderr; set once by open().
std::unique_ptr<spdlog::logger>& logger() {
  static std::unique_ptr<spdlog::logger> instance;
  return instance;
}

/// Of the section that the process is in; null: of none.
const char*& section() {
  static const char* name = nullptr;
  return name;
}

/// A percent sign in the name of a container must not become a flag of the pattern.
std::string escaped(std::string text) {
  for (std::size_t i = 0; (i = text.find('%', i)) != std::string::npos; i += 2) text.insert(i, "%");
  return text;
}

}  // namespace

void open(const Options& options) noexcept {
  if (options.path.empty()) return;
  try {
    auto made = std::make_unique<spdlog::logger>("azure-vnet",
                                                 std::make_shared<SharedFileSink>(options.path));
    const std::string who = options.verb + " " + options.container.substr(0, 12);
    made->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %l [%P] " + escaped(who) + " %v", spdlog::pattern_time_type::utc,
        "\n"));
    made->set_level(to_spdlog(options.level));
    made->set_error_handler([](const std::string&) {});
    logger() = std::move(made);
  } catch (const std::exception&) {
    logger().reset();  // no log is better than no pod
  }
}

Section::Section(const char* name) : outer_(section()) { section() = name; }

Section::~Section() { section() = outer_; }

void write(Level level, fmt::string_view format, fmt::format_args values) noexcept {
  if (!logger() || !logger()->should_log(to_spdlog(level))) return;
  try {
    std::string text = fmt::vformat(format, values);
    if (section() != nullptr) text = section() + (": " + text);
    logger()->log(to_spdlog(level), spdlog::string_view_t(text));
  } catch (const std::exception&) {  // a line is lost, no pod
  }
}

}  // namespace azcni::log
