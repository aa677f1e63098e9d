#include "hns_call.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace azcni::network {
namespace {

// Catches: a thread that is left to itself while it ends. The thread library gives its memory to
// the next two threads: one of them does the other's work, or none. Four callers, for the race.
TEST(HnsCall, ThousandsInARowAreAllAnswered) {
  std::atomic<int> wrong = 0;
  const auto make_calls = [&wrong] {
    for (int i = 0; i < 2'000 && wrong == 0; ++i) {
      const std::string text = std::to_string(i);
      try {
        wrong += bounded("a call", std::chrono::seconds(10), [text] { return text; }) != text;
      } catch (const Error&) {
        ++wrong;
      }
    }
  };
  std::vector<std::thread> callers(4);
  for (std::thread& caller : callers) caller = std::thread(make_calls);
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST(HnsCall, FailuresComeAcross) {
  const auto fails = [] { return std::string(1, std::string().at(1)); };
  EXPECT_THROW(bounded("a call", std::chrono::seconds(10), fails), std::out_of_range);
}

}  // namespace
}  // namespace azcni::network
