#include "azcni/base/undo_stack.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

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

// The example of the header. Catches: a record that outlives the attachment it was made for.
TEST(UndoStack, LeavesNothingOfWhatFailed) {
  std::set<std::string> records, links;
  const std::string key = "c1@eth0", name = "azv1";
  const auto attach = [&](bool fails) {
    UndoStack undo;
    undo.push("forget the record", [&] { records.erase(key); });
    records.insert(key);
    undo.push("delete the link", [&] { links.erase(name); });
    links.insert(name);
    if (fails) throw std::runtime_error("no address is free");
    undo.dismiss();
  };
  EXPECT_THROW(attach(true), std::runtime_error);
  EXPECT_TRUE(records.empty());
  EXPECT_TRUE(links.empty());
  attach(false);
  EXPECT_EQ(records.size(), 1U);
  EXPECT_EQ(links.size(), 1U);
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
