// The main program of the tests. A test of a fault that is known and not repaired must fail, and in
// the words that test/known-faults has for it: so a repair is noticed, and so is a failure of
// another kind.

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

namespace {

struct KnownFault {
  std::string id;
  std::string words;  ///< part of what the failing test says
};

using KnownFaults = std::map<std::string, KnownFault>;  ///< by the test's name

/// Lines of "FAULT PROGRAM TEST WORDS…"; those of this program.
KnownFaults read_list(const std::string& program) {
  KnownFaults faults;
  std::ifstream list(AZCNI_KNOWN_FAULTS);
  for (std::string line; std::getline(list, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream fields(line);
    std::string of, test;
    KnownFault fault;
    fields >> fault.id >> of >> test >> std::ws;
    std::getline(fields, fault.words);
    if (fault.words.empty()) throw std::runtime_error("no words in \"" + line + "\"");
    if (of == program) faults.emplace(test, fault);
  }
  return faults;
}

std::string name_of(const ::testing::TestInfo& test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

class Judge final : public ::testing::EmptyTestEventListener {
 public:
  explicit Judge(const KnownFaults& faults) : faults_(faults) {}

  bool is_content() const { return is_content_; }

 private:
  void OnTestStart(const ::testing::TestInfo&) override { said_.clear(); }

  void OnTestPartResult(const ::testing::TestPartResult& part) override {
    if (part.failed()) said_ += part.message();
  }

  void OnTestEnd(const ::testing::TestInfo& test) override {
    const bool failed = test.result()->Failed();
    const auto fault = faults_.find(name_of(test));
    if (fault == faults_.end()) {
      if (failed) is_content_ = false;
      return;
    }
    const std::string& id = fault->second.id;
    if (!failed) {
      complain(name_of(test) + " passes: is " + id + " repaired? Then remove its line");
    } else if (said_.find(fault->second.words) == std::string::npos) {
      complain(name_of(test) + " fails, but not by " + id + ": it does not say \"" +
               fault->second.words + "\"");
    } else {
      std::cout << "[  KNOWN   ] " << id << ": " << name_of(test) << "\n";
    }
  }

  void OnTestSuiteEnd(const ::testing::TestSuite& suite) override {
    if (suite.ad_hoc_test_result().Failed()) is_content_ = false;
  }

  void complain(const std::string& what) {
    is_content_ = false;
    std::cout << "test/known-faults: " << what << "\n";
  }

  const KnownFaults& faults_;
  std::string said_;
  bool is_content_ = true;
};

/// A line whose test was renamed or removed would watch over no fault.
bool have_tests(KnownFaults faults) {
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) faults.erase(name_of(*suite.GetTestInfo(j)));
  }
  for (const auto& [test, fault] : faults)
    std::cerr << "test/known-faults: there is no test " << test << ", of " << fault.id << "\n";
  return faults.empty();
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const std::string path = argv[0];
  const KnownFaults faults = read_list(path.substr(path.rfind('/') + 1));
  auto* judge = new Judge(faults);  // owned by gtest
  ::testing::UnitTest::GetInstance()->listeners().Append(judge);
  const int result = RUN_ALL_TESTS();
  if (!have_tests(faults)) return 1;
  const bool failed_beside_tests =
      result != 0 && ::testing::UnitTest::GetInstance()->failed_test_count() == 0;
  return judge->is_content() && !failed_beside_tests ? 0 : 1;
}
