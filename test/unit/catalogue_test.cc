#include "azure-vnet/cli/catalogue.h"

#include <gtest/gtest.h>

#include "requests.h"

namespace azcni::vnet {
namespace {

// Catches: an error that `explain` does not know, and a finding explained as another one.
TEST(Catalogue, ExplainsFindingsAndErrors) {
  for (const ErrorCode code : {ErrorCode::kIncompatibleVersion,
                               ErrorCode::kUnsupportedField,
                               ErrorCode::kUnknownContainer,
                               ErrorCode::kInvalidEnvironment,
                               ErrorCode::kIo,
                               ErrorCode::kDecoding,
                               ErrorCode::kInvalidConfig,
                               ErrorCode::kInvalidNetns,
                               ErrorCode::kTryAgain,
                               ErrorCode::kNotAvailable,
                               ErrorCode::kLimited,
                               ErrorCode::kSystem,
                               ErrorCode::kAlreadyAttached,
                               ErrorCode::kNoAddress,
                               ErrorCode::kAddressTaken,
                               ErrorCode::kMetadata,
                               ErrorCode::kNoMaster,
                               ErrorCode::kCheckFailed,
                               ErrorCode::kPortTaken,
                               ErrorCode::kDelegate}) {
    const std::string id = std::to_string(static_cast<unsigned>(code));
    EXPECT_EQ(explanation_of(id).id, id);
    EXPECT_TRUE(explanation_of(id).is_error) << id;
    EXPECT_NE(explanation_of(id).meaning, "") << id;
  }
  EXPECT_TRUE(explanation_of("forward-drop").is_error);
  EXPECT_FALSE(explanation_of("stale-link").is_error);
  EXPECT_EQ(test::failure_of([] { explanation_of("0"); }), R"(4 there is no finding or error "0")");
}

}  // namespace
}  // namespace azcni::vnet
