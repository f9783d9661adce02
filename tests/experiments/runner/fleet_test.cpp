// The servers of one run: each is told what it hosts and where the others are, each request goes to
// whoever answers it, and a fleet is at rest only when nothing moves in any of them. The servers'
// processes do nothing; what they say over HTTP the test scripts.

#include "experiments/runner/fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>

#include "core/api/http_server.hpp"
#include "core/plugin/catalog.hpp"
#include "tests/experiments/plan/parsing.hpp"

namespace stampede::runner {
namespace {

using config::Tree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::chrono::seconds kPatience{30};

std::string at_rest(int events) {
  return R"({"quiet":true,"events":)" + std::to_string(events) + "}";
}
std::string busy(int events) {
  return R"({"quiet":false,"events":)" + std::to_string(events) + "}";
}

constexpr int kQuestions = 2;  // Whether it is ready, until a server is.

// What one server says: its /admin/quiet says one page after the other, and the last one for ever.
class Voice {
 public:
  explicit Voice(std::vector<std::string> pages) : pages_(std::move(pages)) {
    static plugin::Catalog catalog({STAMPEDE_PLUGIN_DIR});
    front_ = std::move(*catalog.create<HttpServer>("beast"));
    const auto started = front_->start({}, [this](const HttpRequest& request, Responder to) {
      const std::lock_guard lock(mutex_);
      HttpResponse response;
      if (request.path == "/admin/quiet") {
        response.body = pages_.at(std::min(looks_, pages_.size() - 1));
        ++looks_;
      }
      if (request.path == "/readyz" && ++questions_ <= kQuestions) response.status = 503;
      seeds_ += request.path == "/admin/seed" ? 1 : 0;
      to.send(std::move(response));
    });
    EXPECT_TRUE(started) << started.error().message;
  }
  ~Voice() { front_->stop(); }
  Voice(const Voice&) = delete;
  Voice& operator=(const Voice&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(front_->port()); }
  std::size_t looks() {
    const std::lock_guard lock(mutex_);
    return looks_;
  }
  bool is_ready() {
    const std::lock_guard lock(mutex_);
    return questions_ > kQuestions;
  }
  int seeds() {
    const std::lock_guard lock(mutex_);
    return seeds_;
  }

 private:
  const std::vector<std::string> pages_;
  std::mutex mutex_;
  std::size_t looks_ = 0;
  int seeds_ = 0;
  int questions_ = 0;
  std::unique_ptr<HttpServer> front_;  // Last: it calls the rest.
};

class FleetTest : public ::testing::Test {
 protected:
  ~FleetTest() override { std::filesystem::remove_all(folder_); }

  static plan::Bench bench(const std::string& yaml) {
    config::Faults faults;
    auto read = plan::read_bench(plan::parsed(yaml), faults);
    EXPECT_TRUE(faults.empty()) << config::describe(faults);
    return read;
  }

  // The pages of the servers' /admin/quiet, in their order; at rest where there are none.
  void script(std::vector<std::vector<std::string>> pages) { pages_ = std::move(pages); }

  Result<Fleet> start() {
    return Fleet::start(
        bench_, plan::parsed("{topology: services, seed: 7}"),
        [this](const Tree& config, const std::string& folder, bool ready_alone) {
          return start_one(config, folder, ready_alone);
        },
        kPatience);
  }

  Result<environment::Server> start_one(const Tree& config, const std::string& folder,
                                        bool ready_alone) {
    if (failures_ > 0) {
      --failures_;
      return fail(ErrorCode::kUnavailable, "the port is taken");
    }
    const auto index = voices_.size();
    voices_.push_back(std::make_unique<Voice>(
        index < pages_.size() ? pages_[index] : std::vector<std::string>{at_rest(0)}));
    configs_.push_back(config);
    folders_.push_back(folder);
    ready_alone_ = ready_alone;
    const auto program = folder_ / ("server-" + std::to_string(index));
    std::filesystem::create_directories(folder_);
    std::ofstream(program) << "#!/bin/sh\necho \"listening on " << voices_.back()->url()
                           << "\"\nexec tail -f /dev/null\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    return environment::Server::start({.program = program,
                                       .config = config,
                                       .folder = folder_ / std::to_string(index),
                                       .cpus = {},
                                       .ready_alone = ready_alone},
                                      kPatience);
  }

  std::vector<std::string> texts(std::size_t server, const std::string& key) {
    std::vector<std::string> texts;
    const auto* list = configs_.at(server).at(key);
    if (list == nullptr) return texts;
    for (const auto& item : list->items) texts.push_back(item.scalar);
    return texts;
  }
  std::string address(std::size_t server) {
    return "http://127.0.0.1:" + configs_.at(server).at("service_listener.port")->scalar;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(::testing::TempDir()) / ("fleet-" + std::to_string(::getpid()));
  plan::Bench bench_ = bench("processes: [[order], [user, product], [coupon, user-coupon]]");
  std::vector<std::vector<std::string>> pages_;
  std::vector<std::unique_ptr<Voice>> voices_;
  std::vector<Tree> configs_;
  std::vector<std::string> folders_;
  bool ready_alone_ = false;
  int failures_ = 0;  // Of the servers to be started next.
};

TEST_F(FleetTest, EachServerHostsItsGroupAndKnowsTheOthers) {
  const auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  ASSERT_EQ(configs_.size(), 3U);
  EXPECT_THAT(texts(0, "services"), ElementsAre("order"));
  EXPECT_THAT(texts(1, "services"), ElementsAre("user", "product"));
  EXPECT_THAT(texts(2, "services"), ElementsAre("coupon", "user-coupon"));
  EXPECT_THAT(texts(0, "peers"), ElementsAre(address(1), address(2)));
  EXPECT_THAT(texts(1, "peers"), ElementsAre(address(0), address(2)));
  EXPECT_THAT(texts(2, "peers"), ElementsAre(address(0), address(1)));
  EXPECT_THAT(folders_, ElementsAre("order", "user+product", "coupon+user-coupon"));
  EXPECT_FALSE(ready_alone_);
  EXPECT_EQ(configs_[1].at("seed")->scalar, "7");
}

TEST_F(FleetTest, IsThereWhenAllAreReadyWhoCannotBeAlone) {
  const auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  for (const auto& voice : voices_) EXPECT_TRUE(voice->is_ready());
}

TEST_F(FleetTest, InstancesOfAGroupAreNumberedAndEachOthersPeers) {
  bench_ = bench("{processes: [[order], [user, product, coupon, user-coupon]], instances: 2}");
  const auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  EXPECT_THAT(folders_, ElementsAre("order-1", "order-2", "user+product+coupon+user-coupon-1",
                                    "user+product+coupon+user-coupon-2"));
  EXPECT_THAT(texts(1, "services"), ElementsAre("order"));
  EXPECT_THAT(texts(1, "peers"), ElementsAre(address(0), address(2), address(3)));
}

TEST_F(FleetTest, OneServerIsStartedAsItIs) {
  bench_ = bench("{}");
  auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  EXPECT_THAT(folders_, ElementsAre(""));
  EXPECT_TRUE(ready_alone_);
  EXPECT_EQ(configs_[0].at("services"), nullptr);
  EXPECT_EQ(configs_[0].at("peers"), nullptr);
  EXPECT_EQ(fleet->answering("/products/7").url(), voices_[0]->url());
}

TEST_F(FleetTest, EachPathIsAnsweredByTheFirstServerOfItsGroup) {
  bench_ = bench("{processes: [[order], [user, product], [coupon, user-coupon]], instances: 2}");
  auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  EXPECT_EQ(fleet->answering("/admin/orders").url(), voices_[0]->url());
  EXPECT_EQ(fleet->answering("/products/7").url(), voices_[2]->url());
  EXPECT_EQ(fleet->answering("/products?size=1").url(), voices_[2]->url());
  EXPECT_EQ(fleet->answering("/users/1/coupons").url(), voices_[4]->url());
  EXPECT_EQ(fleet->answering("/admin/stats").url(), voices_[0]->url()) << "any answers this";
}

TEST_F(FleetTest, RequestsAreAimedAtTheGroupOfTheirService) {
  const auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  load::LoadPlan load;
  ASSERT_TRUE(fleet->aim(load));
  EXPECT_EQ(load.groups, 3U);
  EXPECT_THAT(load.group_of, ElementsAre(0U, 1U, 1U, 2U, 2U));
  const auto url = [](const load::Target& target) {
    return "http://" + target.host + ":" + std::to_string(target.port);
  };
  EXPECT_EQ(url(load.target), voices_[0]->url());
  ASSERT_EQ(load.more_targets.size(), 2U);
  EXPECT_EQ(url(load.more_targets[1]), voices_[2]->url());
}

TEST_F(FleetTest, OneServerOfEachGroupIsSeeded) {
  bench_ = bench("{processes: [[order], [user, product, coupon, user-coupon]], instances: 2}");
  auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  ASSERT_TRUE(fleet->seed("{}", kPatience));
  std::vector<int> seeds;
  for (const auto& voice : voices_) seeds.push_back(voice->seeds());
  EXPECT_THAT(seeds, ElementsAre(1, 0, 1, 0));
}

TEST_F(FleetTest, IsAtRestWhenAllSaySoTwiceAndNoEventHasMovedInBetween) {
  script({{at_rest(1), at_rest(1), at_rest(2), busy(2), at_rest(2)}, {at_rest(4)}, {at_rest(0)}});
  auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  ASSERT_TRUE(fleet->drain(kPatience));
  EXPECT_EQ(voices_[0]->looks(), 2U);
}

TEST_F(FleetTest, IsNotAtRestWhileEventsMoveFromServerToServer) {
  script({{at_rest(1)}, {at_rest(4), at_rest(5), at_rest(6)}, {at_rest(0)}});
  auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  ASSERT_TRUE(fleet->drain(kPatience));
  EXPECT_EQ(voices_[1]->looks(), 4U);
}

TEST_F(FleetTest, BeginsToCountAnewWhenOneWasBusyInBetween) {
  script({{at_rest(1)}, {at_rest(4), busy(4), at_rest(4)}, {at_rest(0)}});
  auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  ASSERT_TRUE(fleet->drain(kPatience));
  EXPECT_EQ(voices_[2]->looks(), 4U);
}

TEST_F(FleetTest, SaysWhichServerDoesNotComeToRest) {
  script({{at_rest(1)}, {busy(4)}, {at_rest(0)}});
  auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  const auto drained = fleet->drain(std::chrono::milliseconds(20));
  ASSERT_FALSE(drained);
  EXPECT_THAT(drained.error().message,
              HasSubstr("the server user+product does not come to rest: {\"quiet\":false"));
}

TEST_F(FleetTest, IsStartedAgainAtOtherPortsWhenOneWasTaken) {
  failures_ = 2;
  const auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  EXPECT_EQ(configs_.size(), 3U);
}

TEST_F(FleetTest, SaysWhichServerDidNotStart) {
  failures_ = 3;
  const auto fleet = start();
  ASSERT_FALSE(fleet);
  EXPECT_EQ(fleet.error().message, "server order: the port is taken");
  EXPECT_THAT(configs_, IsEmpty()) << "nobody else is started";
}

TEST_F(FleetTest, OneServerIsNotTriedAgain) {
  bench_ = bench("{}");
  failures_ = 1;
  ASSERT_FALSE(start());
}

TEST_F(FleetTest, TheDeadAreNamed) {
  auto fleet = start();
  ASSERT_TRUE(fleet) << fleet.error().message;
  fleet->servers()[1].stop(std::chrono::seconds(10));
  EXPECT_THAT(fleet->obituary(), StartsWith("server user+product: it ended with "));
  EXPECT_FALSE(fleet->drain(kPatience)) << "the dead are not at rest";
}

}  // namespace
}  // namespace stampede::runner
