#include "azcni/base/error.h"

#include <system_error>

namespace azcni {

Error system_error(const std::string& tried, int error_number, std::string details) {
  const std::string text = std::system_category().message(error_number);
  return {ErrorCode::kSystem, tried + ": " + text + " (" + std::to_string(error_number) + ")",
          std::move(details), error_number};
}

void ErrorList::throw_if_any() const {
  if (errors_.empty()) return;
  std::string message = errors_.front().what();
  for (std::size_t i = 1; i < errors_.size(); ++i)
    message += "; also: " + std::string(errors_[i].what());
  throw Error(errors_.front().code(), message, errors_.front().details(),
              errors_.front().system_code());
}

}  // namespace azcni
