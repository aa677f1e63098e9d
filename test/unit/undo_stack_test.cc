#include "azcni/base/undo_stack.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace azcni {
namespace {

TEST(UndoStack, RunsNewestFirst) {
  std::string order;
  {
    UndoStack undo;
    undo.push("a", [&] { order += "a"; });
    undo.push("b", [&] { order += "b"; });
  }
  EXPECT_EQ(order, "ba");
}

TEST(UndoStack, DoesNothingWhenDismissed) {
  bool ran = false;
  {
    UndoStack undo;
    undo.push("a", [&] { ran = true; });
    undo.dismiss();
  }
  EXPECT_FALSE(ran);
}

// Catches: an address that is given back while the link that has it could not be deleted.
TEST(UndoStack, StopsAtAnInverseThatFails) {
  std::string order;
  {
    UndoStack undo;
    undo.push("release the address", [&] { order += "released"; });
    undo.push("delete the link", [] { throw std::runtime_error("busy"); });
  }
  EXPECT_EQ(order, "");
}

}  // namespace
}  // namespace azcni
