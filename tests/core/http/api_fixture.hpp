// An Api over the real pipeline and the real memory store, called without any server. The lock
// strategy is a stand-in that can be told to fail, so that every error can be had.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/http/api.hpp"
#include "core/pipeline/pipeline.hpp"
#include "core/pipeline/simulated_payments.hpp"
#include "core/pipeline/system_sources.hpp"
#include "core/plugin/catalog.hpp"

namespace stampede::http {

// Runs the operation with atomic writes, unless it was told what to answer instead.
class ScriptedLock final : public LockStrategy {
 public:
  bool runs_on(const Store&) const override { return true; }
  Result<Outcome> execute(Store& store, const Scope&, Operation& operation,
                          Context& context) override {
    if (throws) throw std::runtime_error("secret detail");
    if (scripted) return *scripted;
    const auto guarded = operation.guarded(context);
    if (!guarded || !guarded->committed()) return guarded;
    return store.transact({}, operation, context);
  }

  std::optional<Result<Outcome>> scripted;
  bool throws = false;
};

class FakeInstruments final : public telemetry::Instruments {
 public:
  telemetry::Load load() const override { return {.in_flight = in_flight, .queued = queued}; }
  telemetry::Readings read(Span span) const override {
    return {.names = &recorder.names(),
            .requests = span == Span::kWindow ? recorder.window() : recorder.total(),
            .store = {},
            .load = load()};
  }
  void start_window() override { recorder.start_window(); }
  Result<telemetry::Backlog> backlog(Deadline) const override { return between_services; }

  telemetry::RequestRecorder recorder{request_names()};
  std::int64_t in_flight = 0;
  std::int64_t queued = 0;
  telemetry::Backlog between_services;
};

struct Reply {
  HttpResponse response;
  nlohmann::json json;  // Null when the body is no JSON.

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
  std::string code() const { return json.value("code", ""); }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class ApiTest : public testing::Test {
 protected:
  static constexpr std::int64_t kStock = 10;

  void SetUp() override {
    ASSERT_EQ(post("/admin/seed",
                   R"({"users":3,"balance":10000,"products":12,"stock":10,"price":100,
                       "cartLines":2,"cartQuantity":1,"coupons":[
                       {"discount":{"kind":"percent","value":10},"total":2,"heldBy":1},
                       {"discount":{"kind":"fixed","value":50},"total":5,
                        "validUntil":"1990-01-01T00:00:00Z"}]})")
                  .response.status,
              201);
  }

  Reply call(std::string_view method, const std::string& target, std::string_view body = "",
             const Headers& headers = {}) {
    const auto mark = target.find('?');
    std::vector<HttpHeader> views;
    for (const auto& [name, value] : headers) views.push_back({name, value});
    HttpRequest request{.method = method,
                        .path = std::string_view(target).substr(0, mark),
                        .query = mark == std::string::npos
                                     ? std::string_view()
                                     : std::string_view(target).substr(mark + 1),
                        .headers = views,
                        .body = body,
                        .remote = "127.0.0.1:1",
                        .received = Clock::now()};
    Phases phases;
    Context context{request.received + std::chrono::seconds(30), phases};
    std::string made;
    const auto correlation = api().correlation_of(request, made);
    const auto match = api().match(request);
    const bool found = match.kind == RouteMatch::Kind::kFound;
    auto answer =
        found ? api().answer(request, match, context, correlation) : Api::answer_unmatched(match);
    Reply reply{respond(std::move(answer), correlation, phases, {started_, request.received}), {}};
    reply.json = nlohmann::json::parse(reply.response.body, nullptr, false);
    if (reply.json.is_discarded()) reply.json = nullptr;
    if (found) expect_declared(match, reply.response.status);
    return reply;
  }
  Reply get(const std::string& target) { return call("GET", target); }
  Reply post(const std::string& target, std::string_view body = "", const Headers& headers = {}) {
    return call("POST", target, body, headers);
  }

  virtual Api& api() { return admin_ ? api_with_admin_ : api_without_admin_; }

  plugin::Catalog catalog_{{STAMPEDE_PLUGIN_DIR}};
  std::unique_ptr<Store> store_ = std::move(catalog_.create<Store>("memory").value());
  ScriptedLock lock_;
  pipeline::SystemClock clock_;
  pipeline::UuidGenerator ids_{clock_, 1};
  pipeline::SimulatedPayments payments_{{}};
  pipeline::Pipeline pipeline_{*store_, lock_, payments_, clock_, ids_, {}};
  FakeInstruments instruments_;
  Services services_{pipeline_, *store_, instruments_};
  Api api_with_admin_{services_, {.admin = true, .seed = 1}};
  Api api_without_admin_{services_, {.admin = false, .seed = 1}};
  bool admin_ = true;
  const Clock::time_point started_ = Clock::now() - std::chrono::seconds(2);

 private:
  // What the table says a route answers is all that it answers.
  static void expect_declared(const RouteMatch& match, int status) {
    const auto& route = routes()[match.route];
    EXPECT_NE(std::find(route.statuses.begin(), route.statuses.end(), status), route.statuses.end())
        << route.name << " answered " << status;
  }
};

}  // namespace stampede::http
