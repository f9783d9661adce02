// The log: each line is JSON, says what it must, and appears when it is asked for.

#include "core/telemetry/log.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

namespace stampede::telemetry {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() /
            ("stampede-log-test-" + std::to_string(getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  // Writes with `use`, closes the log and reads every line back as JSON.
  template <typename Use>
  std::vector<nlohmann::json> lines(LogOptions options, Use use, Log::Redact redact = {}) {
    options.file = path_.string();
    {
      auto log = Log::open(options, std::move(redact));
      EXPECT_TRUE(log) << log.error().message;
      if (!log) return {};
      use(**log);
    }
    std::vector<nlohmann::json> read;
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) {
      read.push_back(nlohmann::json::parse(line, nullptr, false));
      EXPECT_FALSE(read.back().is_discarded()) << line;
    }
    return read;
  }

  static void request(Log& log, std::string_view correlation, bool failed = false) {
    Phases phases;
    phases.add(Phase::kLock, std::chrono::microseconds(1'500));
    phases.attempts = 2;
    log.request({.correlation = correlation,
                 .method = "POST",
                 .route = "POST /orders",
                 .status = failed ? 500 : 201,
                 .outcome = failed ? "INTERNAL" : "OK",
                 .failed = failed,
                 .message = failed ? "broken \"pipe\" {} %v" : "",
                 .latency = std::chrono::microseconds(2'345),
                 .phases = phases});
  }

  std::filesystem::path path_;
};

TEST_F(LogTest, WritesEventsWithTheirFields) {
  const auto read = lines({}, [](Log& log) {
    log.event(
        LogLevel::kWarn, "started",
        {{"address", "a\"\n{}%v"}, {"port", std::int64_t{8080}}, {"share", 0.5}, {"on", true}});
  });
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0]["event"], "started");
  EXPECT_EQ(read[0]["level"], "warning");
  EXPECT_EQ(read[0]["address"], "a\"\n{}%v");
  EXPECT_EQ(read[0]["port"], 8080);
  EXPECT_EQ(read[0]["share"], 0.5);
  EXPECT_EQ(read[0]["on"], true);
  EXPECT_TRUE(std::regex_match(read[0]["timestamp"].get<std::string>(),
                               std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)")));
}

TEST_F(LogTest, WritesRequestsWithOutcomeAndPhases) {
  const auto read = lines({.requests = RequestLogging::kAll}, [](Log& log) {
    request(log, "c-1");
    request(log, "c-2", true);
  });
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0]["event"], "request");
  EXPECT_EQ(read[0]["correlation"], "c-1");
  EXPECT_EQ(read[0]["route"], "POST /orders");
  EXPECT_EQ(read[0]["status"], 201);
  EXPECT_EQ(read[0]["outcome"], "OK");
  EXPECT_EQ(read[0]["latencyMs"], 2.345);
  EXPECT_EQ(read[0]["attempts"], 2);
  EXPECT_EQ(read[0]["phases"], nlohmann::json::parse(R"({"lock":1.5})"));
  EXPECT_EQ(read[0]["level"], "info");
  EXPECT_EQ(read[1]["level"], "error");
  EXPECT_EQ(read[1]["message"], "broken \"pipe\" {} %v");
}

TEST_F(LogTest, SamplesRequestsByTheirCorrelationButNeverFailures) {
  const auto use = [](Log& log) {
    for (int i = 0; i < 10'000; ++i) request(log, "id-" + std::to_string(i));
    for (int i = 0; i < 20; ++i) request(log, "failed-" + std::to_string(i), true);
  };
  const LogOptions options{.requests = RequestLogging::kSampled, .sample = 0.05};
  const auto first = lines(options, use);
  EXPECT_GT(first.size(), 20U + 400U);
  EXPECT_LT(first.size(), 20U + 600U);
  std::filesystem::remove(path_);
  const auto again = lines(options, use);
  ASSERT_EQ(again.size(), first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(again[i]["correlation"], first[i]["correlation"]);
  }
}

TEST_F(LogTest, TakesTheEndsOfTheSampleLiterally) {
  const auto use = [](Log& log) {
    for (int i = 0; i < 100; ++i) request(log, std::to_string(i));
  };
  EXPECT_EQ(lines({.requests = RequestLogging::kSampled, .sample = 1}, use).size(), 100U);
  std::filesystem::remove(path_);
  EXPECT_EQ(lines({.requests = RequestLogging::kSampled, .sample = 0}, use).size(), 0U);
}

TEST_F(LogTest, WritesNothingAboutRequestsWhenOff) {
  EXPECT_TRUE(lines({.requests = RequestLogging::kOff}, [](Log& log) {
                request(log, "c-1");
                request(log, "c-2", true);
              }).empty());
}

TEST_F(LogTest, KeepsToItsLevel) {
  const auto read =
      lines({.level = LogLevel::kError, .requests = RequestLogging::kAll}, [](Log& log) {
        log.event(LogLevel::kInfo, "quiet");
        request(log, "c-1");
        request(log, "c-2", true);
      });
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0]["correlation"], "c-2");
}

TEST_F(LogTest, NeverShowsASecret) {
  const auto read = lines(
      {.requests = RequestLogging::kAll},
      [](Log& log) {
        log.event(LogLevel::kInfo, "started", {{"url", "db://hunter2@host"}});
        request(log, "c-1", true);
      },
      [](std::string text) {
        for (const std::string secret : {"hunter2", "pipe"}) {
          if (const auto at = text.find(secret); at != std::string::npos) {
            text.replace(at, secret.size(), "*");
          }
        }
        return text;
      });
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0]["url"], "db://*@host");
  EXPECT_EQ(read[1]["message"], "broken \"*\" {} %v");
}

TEST_F(LogTest, SaysWhichFileItCannotWrite) {
  const auto log = Log::open({.file = "/proc/nowhere/all.log"});
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code, ErrorCode::kInvalid);
  EXPECT_NE(log.error().message.find("/proc/nowhere/all.log"), std::string::npos);
}

}  // namespace
}  // namespace stampede::telemetry
