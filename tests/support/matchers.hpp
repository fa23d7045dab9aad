// ASSERT_OK(result), and matchers for results.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "noetl/nats/result.hpp"

#define ASSERT_OK(...) \
  if (auto&& nn_result = (__VA_ARGS__); !nn_result) FAIL() << #__VA_ARGS__ << ": " << nn_result.error().to_json().dump()
#define EXPECT_OK(...) \
  if (auto&& nn_result = (__VA_ARGS__); !nn_result) ADD_FAILURE() << #__VA_ARGS__ << ": " << nn_result.error().to_json().dump()

namespace noetl::nats::testing {

MATCHER_P(FailsWith, code, "fails with " + std::string(name_of(code))) {
  if (arg.has_value()) {
    *result_listener << "succeeded";
    return false;
  }
  *result_listener << arg.error().to_json().dump();
  return arg.error().code == code;
}

MATCHER_P(Holds, matcher, "succeeds with a value") {
  if (!arg.has_value()) {
    *result_listener << arg.error().to_json().dump();
    return false;
  }
  return ::testing::ExplainMatchResult(matcher, *arg, result_listener);
}

}  // namespace noetl::nats::testing
