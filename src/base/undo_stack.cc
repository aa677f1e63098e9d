#include "azcni/base/undo_stack.h"

#include <exception>

#include "azcni/base/log.h"

namespace azcni {

void UndoStack::unwind() noexcept {
  for (; !steps_.empty(); steps_.pop_back()) {
    try {
      steps_.back().inverse();
      log::debug("undone: {}", steps_.back().what);
    } catch (const std::exception& error) {
      log::error("undo \"{}\" failed, the next DEL has to do it: {}", steps_.back().what,
                 error.what());
      return;
    }
  }
}

}  // namespace azcni
