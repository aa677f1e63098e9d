#include "azcni/base/subprocess.h"

#include <gtest/gtest.h>

#include <chrono>

#include "azcni/base/error.h"

namespace azcni {
namespace {

using std::chrono::minutes;

Subprocess::Exit run(const std::string& path, const std::string& input,
                     std::chrono::milliseconds limit = minutes(2)) {
  return Subprocess({path, {}, {"PATH=/usr/bin:/bin"}, input, -1, limit}).wait();
}

// Catches: a pipe that fills up while nobody reads the other one.
TEST(Subprocess, PassesMuchThrough) {
  const std::string input(900'000, 'x');
  const Subprocess::Exit exit = run("/bin/cat", input);
  EXPECT_EQ(exit.status, 0);
  EXPECT_EQ(exit.output, input);
}

TEST(Subprocess, IsKilledAfterItsLimit) {
  const auto began = std::chrono::steady_clock::now();
  const Subprocess::Exit exit =
      Subprocess({"/bin/sleep", {"600"}, {}, "", -1, std::chrono::milliseconds(50)}).wait();
  EXPECT_EQ(exit.killed, Subprocess::Killed::kForTime);
  EXPECT_EQ(exit.status, 137);
  EXPECT_LT(std::chrono::steady_clock::now() - began, minutes(2));
}

// Catches: a child that prints without end, said to have been silent.
TEST(Subprocess, IsKilledForAnAnswerThatDoesNotEnd) {
  const Subprocess::Exit exit = run("/usr/bin/yes", "");
  EXPECT_EQ(exit.killed, Subprocess::Killed::kForLength);
  EXPECT_EQ(exit.status, 137);
}

TEST(Subprocess, TellsItsStatus) { EXPECT_EQ(run("/bin/false", "").status, 1); }

TEST(Subprocess, NamesAProgramThatIsNotThere) { EXPECT_THROW(run("/nonexistent", ""), Error); }

}  // namespace
}  // namespace azcni
