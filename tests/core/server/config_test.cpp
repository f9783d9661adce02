// The configuration: every fault at once, in the words a user needs; layers; secrets.

#include "core/server/config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/config/dotted.hpp"
#include "core/server/layers.hpp"

namespace stampede::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Plugins are found beside the build, whatever the test's own directory is.
std::string with_plugins(const std::string& text) {
  return text + "plugins: [" STAMPEDE_PLUGIN_DIR "]\n";
}

std::optional<ParsedConfig> parse(const std::string& text, config::Faults& faults) {
  const auto tree = config::parse_yaml(with_plugins(text), "server.yaml", faults);
  return tree ? parse_config(*tree, faults) : std::nullopt;
}

ParsedConfig parsed(const std::string& text) {
  config::Faults faults;
  auto config = parse(text, faults);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return config.value_or(ParsedConfig{});
}

std::string faults_of(const std::string& text) {
  config::Faults faults;
  EXPECT_FALSE(parse(text, faults));
  return config::describe(faults);
}

TEST(ServerConfig, HasDefaultsForEverything) {
  const auto config = parsed("store: {use: memory}\n").config;
  EXPECT_EQ(config.http.address, "127.0.0.1");
  EXPECT_EQ(config.http.port, 8080);
  EXPECT_EQ(config.workers, 16U);
  EXPECT_EQ(config.queue, 1024U);
  EXPECT_EQ(config.frontend.use, "pistache");
  EXPECT_EQ(config.lock_timeout, seconds(5));
  EXPECT_FALSE(config.admin);
  EXPECT_EQ(config.log.requests, telemetry::RequestLogging::kSampled);
}

TEST(ServerConfig, TakesEveryKey) {
  const auto config = parsed(R"(topology: monolith
server: {address: 127.0.0.2, port: 0, workers: 120, queue: 7, io_threads: 2, request_timeout: 3s,
         keep_alive_timeout: 1m, drain_timeout: 1500ms, max_connections: 10, max_body: 1_000}
http: {use: beast, dialect: native}
store: {use: memory}
lock: {use: optimistic, timeout: 250ms, attempts: 3}
orders: {payment: {placement: in_lock, latency: 130ms, jitter: 5ms, failure_rate: 0.1},
         read_write_pause: 2ms}
chaos: {duplicate: 0.25, reorder: 1, handler_delay: 20ms}
log: {level: warn, requests: all, sample: 0.5, file: /tmp/x.log}
admin: true
seed: 42
)")
                          .config;
  EXPECT_EQ(config.http.address, "127.0.0.2");
  EXPECT_EQ(config.http.port, 0);
  EXPECT_EQ(config.workers, 120U);
  EXPECT_EQ(config.queue, 7U);
  EXPECT_EQ(config.http.io_threads, 2U);
  EXPECT_EQ(config.http.drain_timeout, milliseconds(1500));
  EXPECT_EQ(config.http.max_body_bytes, 1'000U);
  EXPECT_EQ(config.frontend.use, "beast");
  EXPECT_EQ(config.lock.settings.at("attempts"), "3");
  EXPECT_EQ(config.lock.settings.count("timeout"), 0U);
  EXPECT_EQ(config.lock_timeout, milliseconds(250));
  EXPECT_EQ(config.orders.payment, pipeline::PaymentPlacement::kInLock);
  EXPECT_EQ(config.orders.read_write_pause, milliseconds(2));
  EXPECT_EQ(config.payments.latency, milliseconds(130));
  EXPECT_EQ(config.payments.failure_rate, 0.1);
  EXPECT_EQ(config.payments.seed, 42U);
  EXPECT_EQ(config.chaos.duplicate, 0.25);
  EXPECT_EQ(config.chaos.reorder, 1);
  EXPECT_EQ(config.chaos.handler_delay, milliseconds(20));
  EXPECT_EQ(config.log.level, telemetry::LogLevel::kWarn);
  EXPECT_TRUE(config.admin);
}

TEST(ServerConfig, ReportsEveryFaultAtOnceWithItsLine) {
  EXPECT_EQ(
      faults_of(R"(topology: monolit
server:
  prot: 8080
  workers: 0
  request_timeout: soon
  port: 70000
store: {use: memory}
lock:
  use: optimistic
  attemps: 3
  timout: 1s
orders:
  payment: {placement: inside, failure_rate: 2}
log: {requests: some}
admin: maybe
extra: 1
)"),
      R"(server.yaml:1: topology: expected "monolith" or "services", got "monolit"; did you mean "monolith"?
server.yaml:3: server.prot: unknown key; did you mean "port"?
server.yaml:4: server.workers: expected 1 to 4096, got 0
server.yaml:5: server.request_timeout: expected a duration such as 500ms or 1m30s, got "soon"
server.yaml:6: server.port: expected 0 to 65535, got 70000
server.yaml:10: lock.attemps: unknown option; did you mean "attempts"?
server.yaml:11: lock.timout: unknown option; did you mean "timeout"?
server.yaml:13: orders.payment.placement: expected "none", "before_lock", "in_lock" or "in_transaction", got "inside"
server.yaml:13: orders.payment.failure_rate: expected 0 to 1, got 2
server.yaml:14: log.requests: expected "off", "sampled" or "all", got "some"
server.yaml:15: admin: expected true or false, got "maybe"
server.yaml:16: extra: unknown key; known here: "admin", "chaos", "coupon", "http", "lock", "log", "orders", "peers", "plugins", "ranking", "saga", "seed", "server", "service_listener", "services", "stock", "store", "topology" or "transport"
)");
}

TEST(ServerConfig, TakesTheServicesTopology) {
  const auto all = parsed(R"(topology: services
services: all
store: {use: memory}
transport: {use: inline, key: product}
saga: {timeout: 2s, sweep: 100ms, compensation: none, relay: {batch: 7, poll: 5ms, lease: 1s}}
orders: {read_write_pause: 2ms}
)");
  const auto& config = all.config;
  EXPECT_EQ(config.topology, Topology::kServices);
  EXPECT_EQ(config.transport.use, "inline");
  EXPECT_TRUE(config.transport.settings.empty());
  EXPECT_EQ(config.saga.key, saga::EventKey::kProduct);
  EXPECT_EQ(config.saga.timeout, seconds(2));
  EXPECT_EQ(config.saga.sweep, milliseconds(100));
  EXPECT_EQ(config.saga.compensation, saga::Compensation::kNone);
  EXPECT_EQ(config.saga.relay.batch, 7);
  EXPECT_EQ(config.saga.relay.poll, milliseconds(5));
  EXPECT_EQ(config.saga.relay.lease, seconds(1));
  EXPECT_EQ(parsed("store: {use: memory}\n").config.transport.use, "inline");
}

TEST(ServerConfig, RefusesWhatMeansNothingBetweenServices) {
  EXPECT_EQ(
      faults_of(R"(topology: services
store: {use: memory}
orders: {payment: {placement: in_lock}}
transport: {use: inline, key: oder}
saga: {compensation: refunds, timout: 1s}
)"),
      R"(server.yaml:3: orders.payment.placement: expected none with topology: services, where the user service takes the payment from the wallet
server.yaml:4: transport.key: expected "order", "user", "product" or "coupon", got "oder"; did you mean "order"?
server.yaml:5: saga.compensation: expected "refund" or "none", got "refunds"; did you mean "refund"?
server.yaml:5: saga.timout: unknown key; did you mean "timeout"?
)");
  const auto faults = faults_of("topology: services\ntransport: {use: inlin}\n");
  EXPECT_NE(faults.find("transport.use: no transport \"inlin\"; did you mean \"inline\"?"),
            std::string::npos)
      << faults;
}

TEST(ServerConfig, NamesTheNearestPlugin) {
  const auto faults = faults_of("store: {use: memroy}\nlock: {use: gloabl}\n");
  EXPECT_NE(faults.find("server.yaml:1: store.use: "), std::string::npos) << faults;
  EXPECT_NE(faults.find("\"memory\""), std::string::npos) << faults;
  EXPECT_NE(faults.find("server.yaml:2: lock.use: "), std::string::npos) << faults;
  EXPECT_NE(faults.find("\"global\""), std::string::npos) << faults;
}

TEST(ServerConfig, ChecksTheRangesThatAPluginDeclares) {
  const auto faults = faults_of(
      "store: {use: memory}\nlock:\n  use: optimistic\n  attempts: 0\n  backoff_max: 1h\n");
  EXPECT_NE(faults.find("server.yaml:4: lock.attempts: "), std::string::npos) << faults;
  EXPECT_NE(faults.find("1..1000"), std::string::npos) << faults;
  EXPECT_NE(faults.find("server.yaml:5: lock.backoff_max: "), std::string::npos) << faults;
}

TEST(ServerConfig, NamesWhatALockWantsThatDoesNotRunOnTheStore) {
  EXPECT_EQ(faults_of("store: {use: memory}\nlock: {use: pessimistic, attempts: 7}\n"),
            "server.yaml:2: lock.use: lock pessimistic does not run on store memory\n");
  EXPECT_EQ(faults_of("store: {use: memory}\nlock:\n  use: per_user\n  stock: row_lock\n"),
            "server.yaml:3: lock.use: lock per_user with stock: row_lock does not run on store "
            "memory\n");
}

TEST(ServerConfig, TakesDottedAndNestedKeysButNotBoth) {
  EXPECT_EQ(parsed("store.use: memory\nserver.port: 81\n").config.http.port, 81);
  EXPECT_EQ(faults_of("store: {use: memory}\nserver: {port: 1}\nserver.port: 2\n"),
            "server.yaml:3: server.port: is given twice, dotted and nested\n");
}

TEST(ServerConfig, RefusesAValueOfTheWrongShape) {
  const auto faults = faults_of("store: memory\nserver: [1]\nlock: {use: [a]}\n");
  EXPECT_NE(faults.find("server.yaml:1: store: expected a map"), std::string::npos) << faults;
  EXPECT_NE(faults.find("server.yaml:2: server: expected a map"), std::string::npos) << faults;
  EXPECT_NE(faults.find("server.yaml:3: lock.use: expected one value"), std::string::npos)
      << faults;
}

TEST(ServerConfig, PrintsWhatReadsBackAsTheSame) {
  const auto first = parsed("store: {use: memory}\nlock: {use: optimistic, attempts: 7}\n");
  const auto text = config::to_yaml(first.printable);
  EXPECT_NE(text.find("attempts: 7"), std::string::npos) << text;
  EXPECT_NE(text.find("backoff_max: 20ms"), std::string::npos) << text;  // The plugin's default.
  config::Faults faults;
  const auto tree = config::parse_yaml(text, "printed.yaml", faults);
  ASSERT_TRUE(tree) << config::describe(faults);
  const auto again = parse_config(*tree, faults);
  ASSERT_TRUE(again) << config::describe(faults);
  EXPECT_EQ(config::to_yaml(again->printable), text);
}

TEST(ServerConfig, PrintsTheServicesTopologySoThatItReadsBackAsTheSame) {
  const auto first = parsed("topology: services\nstore: {use: memory}\n");
  const auto text = config::to_yaml(first.printable);
  EXPECT_NE(text.find("compensation: refund"), std::string::npos) << text;
  config::Faults faults;
  const auto tree = config::parse_yaml(text, "printed.yaml", faults);
  const auto again = parse_config(*tree, faults);
  ASSERT_TRUE(again) << config::describe(faults);
  EXPECT_EQ(config::to_yaml(again->printable), text);
}

TEST(ServerConfig, ResolvesPluginDirectoriesAgainstTheFile) {
  config::Faults faults;
  const std::filesystem::path directory(STAMPEDE_PLUGIN_DIR);
  const auto tree =
      config::parse_yaml("store: {use: memory}\nplugins: [" + directory.filename().string() + "]\n",
                         "server.yaml", faults);
  const auto config = parse_config(*tree, faults, directory.parent_path());
  ASSERT_TRUE(config) << config::describe(faults);
  EXPECT_EQ(config->config.plugins.at(0), directory);
}

config::Tree layered(const std::string& file, const Environment& environment,
                     const std::vector<std::string>& settings) {
  config::Faults faults;
  auto tree = *config::parse_yaml(with_plugins(file), "server.yaml", faults);
  for (const auto& layer :
       {environment_layer(environment, faults), settings_layer(settings, faults)}) {
    tree = config::merge(config::nested(tree, "", faults), config::nested(layer, "", faults));
  }
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  return tree;
}

TEST(ConfigLayers, LaterOnesWin) {
  config::Faults faults;
  const auto tree = layered(
      "store: {use: memory}\nserver: {port: 1, workers: 1, queue: 1}\nlock.use: global\n",
      {{"STAMPEDE_SERVER__WORKERS", "2"}, {"STAMPEDE_SERVER__QUEUE", "2"}, {"PATH", "/bin"}},
      {"server.queue=3", "lock.use=optimistic", "lock.attempts=9"});
  const auto parsed = parse_config(tree, faults);
  ASSERT_TRUE(parsed) << config::describe(faults);
  EXPECT_EQ(parsed->config.http.port, 1);
  EXPECT_EQ(parsed->config.workers, 2U);
  EXPECT_EQ(parsed->config.queue, 3U);
  EXPECT_EQ(parsed->config.http.io_threads, 1U);
  EXPECT_EQ(parsed->config.lock.use, "optimistic");
  EXPECT_EQ(parsed->config.lock.settings.at("attempts"), "9");
}

TEST(ConfigLayers, TakeOnlyVariablesThatAreMeant) {
  config::Faults faults;
  const auto layer = environment_layer({{"STAMPEDE_ADMIN", "true"},
                                        {"STAMPEDE_PLUGIN_PATH", "/x"},
                                        {"STAMPEDE_HOME", "/y"},
                                        {"SERVER__PORT", "1"},
                                        {"STAMPEDE_STORE__POOL__MAX_SIZE", "5"}},
                                       faults);
  EXPECT_EQ(layer.entries.size(), 2U);
  EXPECT_EQ(layer.at("admin")->scalar, "true");
  EXPECT_EQ(layer.at("store.pool.max_size")->scalar, "5");
}

TEST(ConfigLayers, NameWhereAFaultCameFrom) {
  config::Faults faults;
  const auto tree =
      layered("store: {use: memory}\n", {{"STAMPEDE_SERVER__PROT", "1"}}, {"server.workers=none"});
  EXPECT_FALSE(parse_config(tree, faults));
  const auto text = config::describe(faults);
  EXPECT_NE(text.find("STAMPEDE_SERVER__PROT: server.prot: unknown key"), std::string::npos)
      << text;
  EXPECT_NE(text.find("--set: server.workers: expected a whole number, got \"none\""),
            std::string::npos)
      << text;
}

class SecretsTest : public testing::Test {
 protected:
  void SetUp() override {
    setenv("STAMPEDE_TEST_SECRET", "hunter2-env", 1);
    path_ =
        std::filesystem::temp_directory_path() / ("stampede-secret-" + std::to_string(getpid()));
    std::ofstream(path_) << "hunter2-file\n";
  }
  void TearDown() override {
    unsetenv("STAMPEDE_TEST_SECRET");
    std::filesystem::remove(path_);
  }
  std::filesystem::path path_;
};

TEST_F(SecretsTest, ComeFromTheEnvironmentAndAreNeverPrinted) {
  const auto read =
      parsed("store: {use: memory}\nlog: {file: '/tmp/${STAMPEDE_TEST_SECRET}.log'}\n");
  EXPECT_EQ(read.config.log.file, "/tmp/hunter2-env.log");
  const auto text = config::to_yaml(read.printable);
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_NE(text.find("${STAMPEDE_TEST_SECRET}"), std::string::npos) << text;
  EXPECT_EQ(read.secrets.redact("cannot open /tmp/hunter2-env.log"),
            "cannot open /tmp/<redacted>.log");
}

TEST_F(SecretsTest, ComeFromFiles) {
  config::Faults faults;
  Secrets secrets;
  const auto tree = config::parse_yaml(
      "store:\n  password_file: " + path_.string() + "\nlog: {file: x}\n", "server.yaml", faults);
  const auto resolved = resolve_secrets(*tree, secrets, faults);
  EXPECT_TRUE(faults.empty()) << config::describe(faults);
  EXPECT_EQ(resolved.at("store.password")->scalar, "hunter2-file");
  EXPECT_EQ(resolved.at("store.password_file"), nullptr);
  EXPECT_EQ(resolved.at("log.file")->scalar, "x");
  EXPECT_EQ(secrets.redact("hunter2-file!"), "<redacted>!");
}

TEST_F(SecretsTest, AreKeptOutOfFaults) {
  const auto text = faults_of(
      "store: {use: memory}\nserver: {port: '${STAMPEDE_TEST_SECRET}'}\n"
      "lock: {use: optimistic, attempts: '${STAMPEDE_TEST_SECRET}'}\n");
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_NE(text.find("server.yaml:2: server.port: "), std::string::npos) << text;
  EXPECT_NE(text.find("server.yaml:3: lock.attempts: "), std::string::npos) << text;
}

TEST_F(SecretsTest, ThatAreMissingAreFaults) {
  EXPECT_EQ(faults_of("store: {use: memory}\nlog:\n  file: ${STAMPEDE_TEST_UNSET}\n"),
            "server.yaml:3: log.file: the environment variable STAMPEDE_TEST_UNSET is not set\n");
  EXPECT_NE(faults_of("store:\n  use: memory\n  password_file: /nowhere/x\n")
                .find("server.yaml:3: store.password_file: cannot read the file /nowhere/x"),
            std::string::npos);
  EXPECT_NE(faults_of("store:\n  use: memory\nlog: {file: '${OPEN'}\n")
                .find("expected ${NAME}, but there is no closing brace"),
            std::string::npos);
}

TEST(ServerConfig, TakesAGateAndWhereItIsAsked) {
  const auto config = parsed(R"(
coupon: {gate: {use: redis_lua, url: "127.0.0.1:6379", timeout: 1s}, gate_at: consume,
         sweep: {interval: 2s, age: 30s}}
transport: {use: inline, key: user}
)");
  EXPECT_EQ(config.config.gate.use, "redis_lua");
  EXPECT_EQ(config.config.gate.settings.at("timeout"), "1s");
  EXPECT_EQ(config.config.issuing.gate_at, issue::GateAt::kConsume);
  EXPECT_EQ(config.config.issuing.key, issue::EventKey::kUser);
  EXPECT_EQ(config.config.issuing.sweep_interval, seconds(2));
  EXPECT_EQ(config.config.issuing.sweep_age, seconds(30));
  EXPECT_EQ(config.gate_sharing, Sharing::kNetwork);
  EXPECT_EQ(config.printable.at("coupon.gate.prefix")->scalar, "stampede:gate:");
  EXPECT_EQ(config.printable.at("coupon.gate_at")->scalar, "consume");
}

TEST(ServerConfig, HasNoGateUnlessOneIsChosen) {
  const auto config = parsed("store: {use: memory}\n");
  EXPECT_EQ(config.config.gate.use, "store");
  EXPECT_EQ(config.printable.at("coupon.gate.use")->scalar, "store");
  EXPECT_EQ(parsed("coupon: {gate: {use: memory}}\n").gate_sharing, Sharing::kProcess);
}

TEST(ServerConfig, NamesWhatIsWrongWithAGate) {
  const auto faults = faults_of(R"(coupon:
  gate: {use: redis_lua, urll: "127.0.0.1:1"}
  gate_at: door
  sweeps: 1s
)");
  EXPECT_NE(faults.find("coupon.gate.urll: unknown option; did you mean \"url\"?"),
            std::string::npos)
      << faults;
  EXPECT_NE(faults.find("server.yaml:3: coupon.gate_at"), std::string::npos) << faults;
  EXPECT_NE(faults.find("server.yaml:4: coupon.sweeps"), std::string::npos) << faults;
  EXPECT_NE(faults_of("coupon: {gate: {use: redis_lu}}\n").find("did you mean \"redis_lua\"?"),
            std::string::npos);
  EXPECT_NE(faults_of("coupon: {gate: {url: \"a:1\"}}\n").find("choose a gate"), std::string::npos);
  EXPECT_NE(faults_of("topology: services\ncoupon: {gate: {use: memory}}\n")
                .find("expected store with topology: services"),
            std::string::npos);
}

}  // namespace
}  // namespace stampede::server
