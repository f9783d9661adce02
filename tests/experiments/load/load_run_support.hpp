// What the tests of the generator share: plans for a test server, and results that must be there.

#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "experiments/load/load_run.hpp"
#include "tests/experiments/load/test_server.hpp"

namespace stampede::load {

inline LoadPlan plan_for(const TestServer& server, const std::string& journey = "products") {
  LoadPlan plan{.target = {.port = server.port()}, .mix = {{journey, 1}}, .key_prefix = "t"};
  plan.graceful_stop = std::chrono::seconds(20);
  plan.timeout = std::chrono::seconds(20);
  return plan;
}

inline LoadPlan iterations(const TestServer& server, ExecutorKind executor, std::int64_t vus,
                           std::int64_t count, const std::string& journey = "products") {
  auto plan = plan_for(server, journey);
  plan.executor = executor;
  plan.vus = vus;
  plan.iterations = count;
  plan.max_duration = std::chrono::seconds(60);
  return plan;
}

inline LoadResult must(Result<LoadResult> result) {
  EXPECT_TRUE(result) << result.error().message;
  return std::move(*result);
}

inline TestReply ok(const SeenRequest&) { return {}; }

}  // namespace stampede::load
