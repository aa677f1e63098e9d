#pragma once

#include <functional>
#include <string_view>
#include <vector>

namespace azcni {

/// Inverses of the steps taken so far, run newest first unless dismissed.
///
/// Push the inverse *before* taking the step: inverses treat "absent" as success, so a step that
/// failed half way is cleaned up too. A failed inverse stops the unwinding, because the older ones
/// rest on it (an address must not go to another pod while a veth may still hold it); what is left
/// is on record, for the runtime's next DEL. Declare it after everything that an inverse refers to.
///
///     UndoStack undo;
///     undo.push("forget the record", [&] { records.erase(key); });
///     records.insert(key);
///     undo.push("delete the link", [&] { links.erase(name); });
///     links.insert(name);
///     undo.dismiss();
class UndoStack {
 public:
  UndoStack() = default;
  UndoStack(const UndoStack&) = delete;
  UndoStack& operator=(const UndoStack&) = delete;
  ~UndoStack() { unwind(); }

  /// `what` names the step in the log; it must be a literal.
  void push(std::string_view what, std::function<void()> inverse) {
    steps_.push_back({what, std::move(inverse)});
  }

  /// The work is whole: keep it.
  void dismiss() noexcept { steps_.clear(); }

 private:
  struct Step {
    std::string_view what;
    std::function<void()> inverse;
  };

  void unwind() noexcept;

  std::vector<Step> steps_;
};

}  // namespace azcni
