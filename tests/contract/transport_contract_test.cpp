// The contract of core/api/transport.hpp, for every transport. The checks are those of
// experiments/check; Kafka is met with librdkafka's own broker and with a real one.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "core/plugin/catalog.hpp"
#include "experiments/check/transport_checks.hpp"
#include "tests/support/kafka_brokers.hpp"
#include "tests/support/show_checks.hpp"

namespace stampede::test {
namespace {

using check::Check;
using check::Subject;

struct Candidate {
  const char* name;
  const char* plugin;
  enum class Brokers : std::uint8_t { kNone, kEmbedded, kMock, kReal } brokers;
};

std::ostream& operator<<(std::ostream& out, const Candidate& candidate) {
  return out << candidate.name;
}

constexpr Candidate kCandidates[] = {
    {"inline", "inline", Candidate::Brokers::kNone},
    {"kafka_embedded", "kafka", Candidate::Brokers::kEmbedded},
    {"kafka_mock", "kafka", Candidate::Brokers::kMock},
    {"kafka_broker", "kafka", Candidate::Brokers::kReal},
};

// What several brokers make no difference to is put to the embedded one by hand: joining it takes
// seconds.
bool is_worth_it(const Candidate& candidate, const Check& check) {
  if (candidate.brokers != Candidate::Brokers::kEmbedded) return true;
  constexpr std::string_view kChosen[] = {"EachSubscribedServiceGetsEveryEvent",
                                          "EventsThatNobodyWantsAreTaken",
                                          "ATransportThatNeverStartedEnds"};
  return std::ranges::count(kChosen, check.promise) > 0;
}

using Case = std::tuple<Check, Candidate>;

class TransportContract : public testing::TestWithParam<Case> {
 protected:
  TransportContract() : catalog_({STAMPEDE_PLUGIN_DIR}) {}

  // Why it cannot be checked here, or "".
  std::string missing(const Candidate& candidate) {
    const auto names = catalog_.names(plugin::Kind::kTransport);
    if (std::ranges::count(names, candidate.plugin) == 0) {
      return std::string("there is no transport ") + candidate.plugin;
    }
    return candidate.brokers == Candidate::Brokers::kReal ? RealKafka::instance().missing() : "";
  }

  std::unique_ptr<Transport> make(const Candidate& candidate, const std::string& realm) {
    plugin::Settings settings;
    if (candidate.brokers != Candidate::Brokers::kNone) {
      // Of this test only: the real broker serves several.
      const auto prefix =
          realm + "-" + std::to_string(::getpid()) + "-" + std::to_string(run_) + ".";
      settings = {{"topic.prefix", prefix},
                  {"group.prefix", prefix},
                  {"session.timeout", "6s"},
                  {"batch", "32"}};
      settings["brokers"] = brokers(candidate, prefix);
    }
    auto transport = catalog_.create<Transport>(candidate.plugin, settings);
    if (!transport) throw std::runtime_error(transport.error().message);
    return std::move(*transport);
  }

 private:
  std::string brokers(const Candidate& candidate, const std::string& prefix) {
    if (candidate.brokers == Candidate::Brokers::kEmbedded) return "embedded";
    if (candidate.brokers == Candidate::Brokers::kReal) return RealKafka::instance().address();
    if (!mock_) mock_.emplace();
    for (const auto topic : check::kTopics) mock_->create_topic(prefix + std::string(topic), 3);
    return mock_->address();
  }

  plugin::Catalog catalog_;
  std::optional<MockKafka> mock_;
  static inline std::atomic<int> made_ = 0;
  const int run_ = ++made_;
};

TEST_P(TransportContract, Keeps) {
  const auto& [check, candidate] = GetParam();
  if (const auto why = missing(candidate); !why.empty()) GTEST_SKIP() << why;
  Subject subject;
  subject.make_transport = [&, wanted = candidate](const std::string& realm) {
    return make(wanted, realm);
  };
  subject.instances_share = candidate.brokers == Candidate::Brokers::kMock ||
                            candidate.brokers == Candidate::Brokers::kReal;
  const auto report = check::run(check, subject);
  EXPECT_EQ(report.broken, "") << report.history;
  if (!report.not_applicable.empty()) GTEST_SKIP() << report.not_applicable;
}

std::vector<Case> every_case() {
  std::vector<Case> cases;
  for (const auto& candidate : kCandidates) {
    for (const auto group : check::transport_checks()) {
      for (const auto& check : group) {
        if (is_worth_it(candidate, check)) cases.emplace_back(check, candidate);
      }
    }
  }
  return cases;
}

std::string name_of(const testing::TestParamInfo<Case>& info) {
  const auto& [check, candidate] = info.param;
  return std::string(check.promise) + "_by_" + candidate.name;
}

INSTANTIATE_TEST_SUITE_P(Transports, TransportContract, testing::ValuesIn(every_case()), name_of);

}  // namespace
}  // namespace stampede::test
