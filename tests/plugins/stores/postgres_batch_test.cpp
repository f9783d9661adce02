// An order in its two forms: many placed by one call, and each one's work run by itself. Both must
// leave the same store, down to the versions of its rows and the text of its events.

#include <nlohmann/json.hpp>
#include <random>

#include "core/pipeline/environment.hpp"
#include "core/pipeline/order_operation.hpp"
#include "core/pipeline/simulated_payments.hpp"
#include "experiments/check/books.hpp"
#include "tests/core/pipeline/sale.hpp"
#include "tests/plugins/stores/postgres_testing.hpp"

namespace stampede::testing {
namespace {

using pipeline::OrderOperation;
using pipeline::PlaceOrder;
using pipeline::testing::CountedIds;
using pipeline::testing::ScriptedPayments;
using pipeline::testing::SetClock;

// Never asked: the tests run the work themselves.
class NoLock final : public LockStrategy {
 public:
  bool runs_on(const Store&) const override { return true; }
  Result<Outcome> execute(Store&, const Scope&, Operation&, Context&) override { std::abort(); }
};

// One store with ids and times that come in the same order as in another world.
struct World {
  explicit World(Store& its_store) : store(its_store) {}

  // The request as an operation whose ids are fixed.
  std::unique_ptr<OrderOperation> prepare(const PlaceOrder& request) {
    std::vector<ProductId> products;
    for (const auto& item : request.items) products.push_back(item.product);
    std::ranges::sort(products);
    return std::make_unique<OrderOperation>(environment, request, products, context);
  }
  Result<Outcome> run(OrderOperation& operation) {
    context.deadline = far_deadline();
    return store.transact(TransactionOptions{}, operation, context);
  }

  Store& store;
  NoLock lock;
  ScriptedPayments payments;
  SetClock clock;
  CountedIds ids;
  pipeline::Environment environment{.store = store,
                                    .lock = lock,
                                    .payments = payments,
                                    .clock = clock,
                                    .ids = ids,
                                    .options = {}};
  Phases phases;
  Context context{far_deadline(), phases};
};

// Everything that both forms must leave alike.
std::string text_of(Store& store) {
  auto books = check::Books::of(store);
  std::ostringstream text;
  text << books.text();
  for (const auto& order : books.orders) {
    text << to_string(order.id) << ' ' << value_of(order.user) << ' '
         << static_cast<int>(order.status) << ' ' << order.subtotal.minor << ' '
         << order.total.minor << ' ' << order.created_at.time_since_epoch().count() << ' '
         << order.request_key;
    for (const auto& item : order.items) {
      text << ' ' << value_of(item.product) << 'x' << item.quantity << '@' << item.unit_price.minor;
    }
    text << '\n';
  }
  for (const auto& row : books.outbox) {
    text << row.event.id << ' ' << row.event.topic << ' ' << row.event.key << ' '
         << nlohmann::json::parse(row.event.payload).dump() << ' ' << row.event.correlation << '\n';
  }
  return text.str();
}

class PostgresBatch : public PostgresTest {
 protected:
  void SetUp() override {
    PostgresTest::SetUp();
    if (IsSkipped()) return;
    open_seeded();
    options_.schema = PostgresCluster::instance().fresh_schema();
    other_ = make();
    ASSERT_TRUE(other_->seed(small_seed()));
  }

  // Few users, products and keys, so that batches meet every refusal and each other.
  PlaceOrder random_request(std::mt19937& random) {
    const auto pick = [&](int least, int most) {
      return std::uniform_int_distribution<std::int64_t>(least, most)(random);
    };
    PlaceOrder request{.user = UserId{pick(1, 21)}};
    std::vector<std::int64_t> products(11);
    std::iota(products.begin(), products.end(), 1);
    std::ranges::shuffle(products, random);
    const auto lines = pick(0, 9) == 0 ? pick(4, 11) : pick(1, 3);
    for (std::int64_t i = 0; i < lines; ++i) {
      const auto product = products[static_cast<std::size_t>(i)];
      if (product == 11 && pick(0, 3) != 0) continue;  // Does not exist.
      request.items.push_back({ProductId{product}, pick(0, 19) == 0 ? pick(5, 12) : 1});
    }
    if (request.items.empty()) request.items.push_back({ProductId{1}, 1});
    if (pick(0, 2) != 0) request.tag.key = "key '\"\\" + std::to_string(pick(1, 60));
    request.tag.correlation = "correlation {," + std::to_string(pick(1, 9));
    return request;
  }

  // Runs the batch in one world as one call and in the other one order after the other.
  void compare(World& batched, World& single, const std::vector<PlaceOrder>& requests) {
    std::vector<std::unique_ptr<OrderOperation>> operations;
    std::vector<Placement*> placements;
    for (const auto& request : requests) {
      operations.push_back(batched.prepare(request));
      placements.push_back(operations.back()->placement());
    }
    batched.context.deadline = far_deadline();
    const auto answers = store().place(placements, batched.context);
    ASSERT_EQ(answers.size(), requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      auto by_itself = single.prepare(requests[i]);
      const auto expected = single.run(*by_itself);
      auto answer = answers[i];
      if (!answer && answer.error().code == ErrorCode::kConflict) {
        answer = batched.run(*operations[i]);
        EXPECT_EQ(by_itself->replayed(), operations[i]->replayed());
      } else if (answer && answer->committed()) {
        ASSERT_TRUE(placements[i]->placed);
        ASSERT_TRUE(expected && expected->committed()) << "placement " << i;
        operations[i]->adopt_placement();
        const auto mine = operations[i]->reply(*answer).value;
        const auto theirs = by_itself->reply(*expected).value;
        EXPECT_EQ(mine->total, theirs->total);
        EXPECT_EQ(mine->items.size(), theirs->items.size());
        EXPECT_EQ(mine->items.back().unit_price, theirs->items.back().unit_price);
        ++granted_;
      } else {
        ++refused_;
      }
      ASSERT_EQ(answer.has_value(), expected.has_value()) << answer.error().message;
      EXPECT_EQ(*answer, *expected) << "placement " << i;
    }
  }

  std::unique_ptr<postgres::PostgresStore> other_;
  int granted_ = 0;
  int refused_ = 0;
};

TEST_F(PostgresBatch, ABatchLeavesWhatItsOrdersLeaveOneAfterTheOther) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    options_.schema = PostgresCluster::instance().fresh_schema();
    store_ = make();
    options_.schema = PostgresCluster::instance().fresh_schema();
    other_ = make();
    auto data = small_seed();
    data.stock = 40;
    ASSERT_TRUE(store().seed(data));
    ASSERT_TRUE(other_->seed(data));
    World batched(store());
    World single(*other_);
    std::mt19937 random(seed);
    for (int batch = 0; batch < 12; ++batch) {
      std::vector<PlaceOrder> requests(1 + random() % 30);
      for (auto& request : requests) request = random_request(random);
      compare(batched, single, requests);
      ASSERT_EQ(text_of(store()), text_of(*other_)) << "seed " << seed << ", batch " << batch;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(granted_, 100);
  EXPECT_GT(refused_, 50);
}

TEST_F(PostgresBatch, TakesAsManyAsItSaysAndNoMore) {
  World world(store());
  const PlaceOrder request{.user = UserId{1}, .items = {{ProductId{1}, 1}}};
  std::vector<std::unique_ptr<OrderOperation>> operations;
  std::vector<Placement*> placements;
  for (std::size_t i = 0; i < store().most() + 1; ++i) {
    operations.push_back(world.prepare(request));
    placements.push_back(operations.back()->placement());
  }
  for (const auto& answer : store().place(placements, world.context)) {
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalid);
  }
  placements.pop_back();
  const auto answers = store().place(placements, world.context);
  EXPECT_EQ(std::ranges::count_if(answers,
                                  [](const auto& answer) { return answer && answer->committed(); }),
            10);
  EXPECT_EQ(stock(1), 0);
  EXPECT_TRUE(store().place({}, world.context).empty());
}

TEST_F(PostgresBatch, AnotherTotalThanWasPaidIsDeclinedAfterEverythingElse) {
  World world(store());
  const PlaceOrder request{.user = UserId{1}, .items = {{ProductId{1}, 2}}};
  const auto place = [&](Money paid) {
    auto operation = world.prepare(request);
    auto* const placement = operation->placement();
    placement->paid = paid;
    return store().place(std::span(&placement, 1), world.context).front();
  };
  EXPECT_EQ(place(Money{199})->refusal, RefusalCode::kPaymentDeclined);
  EXPECT_TRUE(place(Money{200})->committed());
  EXPECT_EQ(stock(1), 8);
}

TEST_F(PostgresBatch, AnOrderIdThatIsTakenIsAConflictOfThatOrderOnly) {
  World world(store());
  const PlaceOrder request{.user = UserId{1}, .items = {{ProductId{1}, 1}}};
  auto first = world.prepare(request);
  auto second = world.prepare(request);
  auto closed = first->failed_order();
  ASSERT_TRUE(run(store(), [&](Transaction& t) -> Result<Outcome> {
    EXPECT_TRUE(t.add_order(closed));
    return Outcome::commit();
  }));
  Placement* const placements[] = {first->placement(), second->placement()};
  const auto answers = store().place(placements, world.context);
  EXPECT_EQ(answers[0].error().code, ErrorCode::kConflict);
  EXPECT_TRUE(answers[1]->committed());
  EXPECT_EQ(stock(1), 9);
}

TEST_F(PostgresBatch, AStaleFenceRefusesAllOfIt) {
  World world(store());
  const Resource product{Resource::Kind::kProduct, 1};
  const auto old = *store().issue(std::span(&product, 1), world.context);
  const auto newer = *store().issue(std::span(&product, 1), world.context);
  const PlaceOrder request{.user = UserId{1}, .items = {{ProductId{1}, 1}}};
  auto operation = world.prepare(request);
  auto* const placement = operation->placement();
  world.context.fences = old;
  EXPECT_EQ(store().place(std::span(&placement, 1), world.context).front().error().code,
            ErrorCode::kLeaseLost);
  EXPECT_EQ(stock(1), 10);
  Context current{.deadline = far_deadline(), .phases = world.phases, .fences = newer};
  EXPECT_TRUE(store().place(std::span(&placement, 1), current).front()->committed());
}

TEST_F(PostgresBatch, AnOrderByItselfIsTwoRoundTrips) {
  World world(store());
  const auto sent = [&] {
    std::int64_t count = 0;
    for (const auto& query : store().stats().queries) count += query.count;
    return count;
  };
  const PlaceOrder request{.user = UserId{1},
                           .items = {{ProductId{1}, 1}, {ProductId{2}, 1}, {ProductId{3}, 1}},
                           .tag = {.key = "key", .correlation = ""}};
  auto operation = world.prepare(request);
  const auto before = sent();
  ASSERT_TRUE(world.run(*operation)->committed());
  EXPECT_EQ(sent() - before, 2);
}

// Batches and single orders of the same users, products and keys, all at once.
TEST_F(PostgresBatch, BatchesAndSingleOrdersAtOnceNeitherDeadlockNorLoseAnything) {
  auto seed = small_seed();
  seed.stock = 100'000;
  seed.balance = Money{1'000'000'000};
  options_.schema = PostgresCluster::instance().fresh_schema();
  options_.pool.max = 8;
  store_ = make();
  ASSERT_TRUE(store().seed(seed));
  const auto before = check::Books::of(store());
  CountedIds ids;
  std::atomic<std::size_t> placed = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> callers;
  for (unsigned caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&, caller] {
      std::mt19937 random(caller);
      World world(store());
      pipeline::Environment environment{.store = store(),
                                        .lock = world.lock,
                                        .payments = world.payments,
                                        .clock = world.clock,
                                        .ids = ids,
                                        .options = {}};
      for (int round = 0; round < 15; ++round) {
        std::vector<PlaceOrder> requests(caller % 2 == 0 ? 8 : 1);
        std::vector<std::unique_ptr<OrderOperation>> operations;
        std::vector<Placement*> placements;
        for (auto& request : requests) {
          request = random_request(random);
          std::vector<ProductId> products;
          for (const auto& item : request.items) products.push_back(item.product);
          std::ranges::sort(products);
          operations.push_back(
              std::make_unique<OrderOperation>(environment, request, products, world.context));
          placements.push_back(operations.back()->placement());
        }
        world.context.deadline = far_deadline();
        if (requests.size() > 1) {
          for (const auto& answer : store().place(placements, world.context)) {
            if (answer && answer->committed()) ++placed;
            if (!answer && answer.error().code != ErrorCode::kConflict) ++failed;
          }
        } else {
          const auto answer = world.run(*operations[0]);
          if (answer && answer->committed()) ++placed;
          if (!answer) ++failed;  // A deadlock would be one.
        }
      }
    });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(placed, 30U);
  EXPECT_EQ(check::contradictions(before, check::Books::of(store()), placed), "");
}

}  // namespace
}  // namespace stampede::testing
