#include "azcni/store/store.h"

#include <gmock/gmock.h>

#include "azcni/store/lock_table.h"
#include "azcni/store/records.h"
#include "temporary_folder.h"

namespace azcni::store {
namespace {

class StoreTest : public ::testing::Test {
 protected:
  Layout layout() {
    return {folder_ / "store",
            folder_ / "store.json",
            {"pods", "pools"},
            {"pods"},
            [](const Json& document) { return document.contains("Network"); },
            [this](const Store&, const Json& state) { imported_ = state; }};
  }
  test::TemporaryFolder folder_;
  Json imported_;
};

TEST_F(StoreTest, KeepsRecordsByAnyKey) {
  const Store store(layout());
  const Records<std::string> pods(store, "pods");
  for (const std::string key : {"a@eth0", "10.0.0.0/24", "fd00::5", "50%", "a b"}) {
    pods.put(key, key);
    EXPECT_EQ(pods.find(key), key);
  }
  EXPECT_THAT(pods.keys(),
              testing::UnorderedElementsAre("a@eth0", "10.0.0.0/24", "fd00::5", "50%", "a b"));
  pods.erase("a b");
  EXPECT_EQ(pods.find("a b"), std::nullopt);
}

TEST_F(StoreTest, SetsDamagedRecordsAside) {
  const Store store(layout());
  const Records<std::string> pods(store, "pods");
  file::replace(folder_ / "store/pods/x.json", "{\"half");
  EXPECT_EQ(pods.find("x"), std::nullopt);
  EXPECT_EQ(file::read(folder_ / "store/pods/x.json.corrupt", 100), "{\"half");
  EXPECT_TRUE(pods.keys().empty());
}

// Catches: a rollback whose older version destroys what the newer one wrote, or reads it wrongly.
TEST_F(StoreTest, LeavesRecordsOfANewerFormatAlone) {
  const Store store(layout());
  const Records<Json> pods(store, "pods");
  pods.put("mine", {{"a", 1}});
  EXPECT_EQ(pods.find("mine"), Json({{"a", 1}, {"format", kFormat}}));
  const std::string newer = R"({"format":2,"b":1})";
  file::replace(folder_ / "store/pods/x.json", newer);
  EXPECT_EQ(pods.find("x"), std::nullopt);
  EXPECT_EQ(pods.list().size(), 1U);
  EXPECT_EQ(file::read(folder_ / "store/pods/x.json", 100), newer);
}

TEST_F(StoreTest, ForgetsContainersAfterAReboot) {
  {
    const Store store(layout());
    Records<std::string>(store, "pods").put("a", "a");
    Records<std::string>(store, "pools").put("p", "p");
  }
  file::replace(folder_ / "store/boot_id", "another boot");
  const Store store(layout());
  EXPECT_TRUE(Records<std::string>(store, "pods").keys().empty());
  EXPECT_EQ(Records<std::string>(store, "pools").keys().size(), 1U);
  EXPECT_EQ(file::read(folder_ / "store/boot_id", 100), boot_id());
}

TEST_F(StoreTest, ImportsTheGoPluginsStateOnce) {
  const std::string state = R"({"Network": {"Version": "v1.1.3"}})";
  file::replace(folder_ / "store.json", state);
  { const Store store(layout()); }
  EXPECT_EQ(imported_, Json::parse(state));
  EXPECT_EQ(file::read(folder_ / "store/imported.json", 1000), state);
  imported_ = nullptr;
  { const Store store(layout()); }
  EXPECT_TRUE(imported_.is_null());
}

// Catches: what somebody else left in the manifest's place taken for a Go plugin's state.
TEST_F(StoreTest, ImportsNothingElse) {
  for (const std::string text : {"", "x", "[]", R"({"format":1})"}) {
    file::replace(folder_ / "store.json", text);
    const Store store(layout());
    EXPECT_TRUE(imported_.is_null()) << text;
    EXPECT_EQ(file::read(folder_ / "store/imported.json", 1000), std::nullopt) << text;
  }
}

TEST_F(StoreTest, ATurnLeavesNoFile) {
  const Store store(layout());
  const LockTable locks(store);
  {
    const NamedLock lock = locks.lock("c@eth0");
    EXPECT_EQ(file::list(folder_ / "store/turns").size(), 1U);
  }
  EXPECT_TRUE(file::list(folder_ / "store/turns").empty());
}

}  // namespace
}  // namespace azcni::store
