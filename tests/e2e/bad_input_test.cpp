// What is said about wrong input, word for word: where it is, what it is, and what was expected.
// All faults come at once, and nothing is started.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/experiment.hpp"
#include "tests/e2e/support.hpp"

namespace stampede::e2e {
namespace {

namespace fs = std::filesystem;

// The messages with the test's own folder taken out.
std::string without(const fs::path& folder, std::string text) {
  const auto prefix = folder.string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  return text;
}

// Where plugins of a kind were looked for in vain: beside the program and in an installation.
std::string searched(const std::string& folder) {
  const fs::path build = STAMPEDE_BINARY_DIR;
  return "(searched " + (build / "plugins" / folder).string() + ", " +
         (build.parent_path() / "lib/stampede/plugins" / folder).string() +
         ": No such file or directory)";
}

struct Case {
  std::string name;
  std::string yaml;
  std::string expected;
};

void expect_refusals(const std::vector<Case>& cases,
                     const std::function<Ended(const Folder&, const std::string&)>& run) {
  for (const auto& wrong : cases) {
    SCOPED_TRACE(wrong.name);
    const Folder folder;
    const auto ended = run(folder, wrong.yaml);
    EXPECT_EQ(ended.status.code, 1);
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(without(folder.path(), ended.error), wrong.expected);
    EXPECT_FALSE(fs::exists(folder.path() / "results"));
  }
}

TEST(BadExperimentTest, IsRefusedWithEveryFaultAtOnce) {
  expect_refusals(
      {
          {"several faults in one file",
           "experiment: tiny\n"
           "qestion: What?\n"
           "base:\n"
           "  store: {use: sqlit}\n"
           "  server: {workers: many}\n"
           "load: {executor: constant-vus, vus: 4, duration: 5 parsecs}\n"
           "variants: {a: {lock: {use: global}}}\n"
           "thresholds: [\"p(95) << 5s\"]\n"
           "blocks: 0\n",
           "experiment.yaml:2: qestion: unknown key; did you mean \"question\"?\n"
           "experiment.yaml:4: store.use: no store \"sqlit\"; did you mean \"sqlite\"? " +
               searched("stores") +
               "\n"
               "experiment.yaml:5: server.workers: expected a whole number, got \"many\"\n"
               "experiment.yaml:6: load.duration: expected a duration such as 500ms or 1m30s, got "
               "\"5 parsecs\"\n"
               "experiment.yaml:8: thresholds[0]: \"p(95) << 5s\": column 8: expected a duration "
               "such as 300ms, got \"< 5s\"\n"
               "experiment.yaml:9: blocks: expected 1 to 1000, got 0\n"},
          {"not YAML", "experiment: {tiny\nload: [",
           "experiment.yaml:1: not YAML: end of map flow not found\n"},
          {"an unknown key in one cell",
           "experiment: tiny\nload: {vus: 1, duration: 1s}\n"
           "variants:\n  a: {lock: {use: global}}\n  b: {lock: {use: global, fairnes: 1}}\n",
           "experiment.yaml:5: lock.fairnes: unknown option; expected \"stock\" (in cell "
           "\"b\")\n"},
          {"a key twice", "experiment: a\nexperiment: b\n",
           "experiment.yaml:2: experiment: is given twice\n"},
          {"an empty file", "",
           "experiment.yaml:1: experiment: is missing\n"
           "experiment.yaml:1: load.duration: is missing\n"},
          {"an unknown audit",
           "experiment: tiny\nload: {vus: 1, duration: 1s}\nvariants: {a: {}}\n"
           "expect: {audit.oversolt: fail}\n",
           "experiment.yaml:4: expect.audit.oversolt: no such audit; did you mean \"oversold\"?\n"},
          {"an unknown journey",
           "experiment: tiny\nload: {vus: 1, duration: 1s, mix: {oder: 1}}\nvariants: {a: {}}\n",
           "experiment.yaml:2: load.mix.oder: no journey has this name; did you mean \"order\"?\n"},
      },
      [](const Folder& folder, const std::string& yaml) { return run_experiment(folder, yaml); });
}

TEST(BadServerConfigTest, IsRefusedWithEveryFaultAtOnce) {
  expect_refusals(
      {
          {"several faults in one file",
           "store: {use: sqlite, synchronos: full}\n"
           "lock:\n"
           "  use: per_usr\n"
           "  timeout: soon\n"
           "server: {port: 70000, workers: 0}\n"
           "orders: {payment: {placement: under_lock}}\n"
           "logs: {level: info}\n",
           "server.yaml:1: store.synchronos: unknown option; did you mean \"synchronous\"?\n"
           "server.yaml:3: lock.use: no lock \"per_usr\"; did you mean \"per_user\"? " +
               searched("locks") +
               "\n"
               "server.yaml:4: lock.timeout: expected a duration such as 500ms or 1m30s, got "
               "\"soon\"\n"
               "server.yaml:5: server.port: expected 0 to 65535, got 70000\n"
               "server.yaml:5: server.workers: expected 1 to 4096, got 0\n"
               "server.yaml:6: orders.payment.placement: expected \"none\", \"before_lock\", "
               "\"in_lock\" or \"in_transaction\", got \"under_lock\"\n"
               "server.yaml:7: logs: unknown key; did you mean \"log\"?\n"},
          {"an option beyond its range", "lock: {use: optimistic, attempts: 0}\n",
           "server.yaml:1: lock.attempts: expected a whole number within 1..1000, got \"0\"\n"},
          {"a lock without the servers it needs", "lock: {use: redlock}\n",
           "lock.urls: lock redlock needs one: The Redis servers, host:port, separated by "
           "commas\n"},
          {"not YAML", "store: {use: sqlite\n",
           "server.yaml:2: not YAML: end of map flow not found\n"},
          {"a list for a map", "server: [1, 2]\n",
           "server.yaml:1: server: expected a map of keys and values, got a list\n"},
      },
      [](const Folder& folder, const std::string& yaml) {
        return run(folder, "stampede-server",
                   {"--config", folder.write("server.yaml", yaml).string(), "--check-config"});
      });
}

struct LineCase {
  std::vector<std::string> arguments;
  std::string expected;
};

TEST(BadCommandLineTest, IsRefusedWithTheNearestName) {
  const std::vector<LineCase> cases{
      {{}, "stampede: a subcommand is required; see `stampede --help`\n"},
      {{"rnu"},
       "stampede: unknown subcommand \"rnu\"; did you mean \"run\"? See `stampede --help`\n"},
      {{"run"}, "stampede run: FILE is required; see `stampede run --help`\n"},
      {{"run", "x.yaml", "--block", "3"},
       "stampede run: unknown option \"--block\"; did you mean \"--blocks\"? See `stampede run "
       "--help`\n"},
      {{"run", "x.yaml", "y.yaml"},
       "stampede run: unexpected argument \"y.yaml\"; see `stampede run --help`\n"},
      {{"run", "x.yaml", "--blocks", "many"},
       "stampede run: Could not convert: --blocks = many; see `stampede run --help`\n"},
      {{"run", "/nonexistent/x.yaml"},
       "/nonexistent/x.yaml: cannot be read: No such file or directory\n"},
      {{"run", "/"}, "/: is a directory; expected a YAML file\n"},
      {{"sweep", "lock.use"},
       "sweep: lock.use: expected key=value,value, for example lock.use=global,per_user\n"},
      {{"sweep", "lock.use=global"},
       "sweep: expected at least one key with several values, for example "
       "lock.use=global,per_user\n"},
      {{"sweep", "lok.use=global,per_user", "--duration", "1s"},
       "sweep: lok: unknown key; did you mean \"lock\"?\n"},
      {{"load", "nonsense"},
       "stampede load: unexpected argument \"nonsense\"; see `stampede load --help`\n"},
      {{"plugins", "lok"},
       "stampede plugins: unknown kind \"lok\"; expected \"lock\", \"store\", \"frontend\", "
       "\"transport\", \"gate\" or \"ranking\"\n"},
  };
  for (const auto& wrong : cases) {
    SCOPED_TRACE(wrong.arguments.empty() ? "" : wrong.arguments.front());
    const Folder folder;
    const auto ended = run(folder, "stampede", wrong.arguments);
    EXPECT_EQ(ended.status.code, 1);
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(ended.error, wrong.expected);
  }
}

// --only, --set, --seed, --scale and --blocks against a sound file.
TEST(BadCommandLineTest, NamesTheOptionThatDoesNotFitTheFile) {
  const Folder folder;
  const auto ended = run_experiment(folder, tiny_experiment(""),
                                    {"--only", "sqlit", "--set", "lock.usee=global", "--set",
                                     "nonsense", "--seed", "-1", "--scale", "0", "--blocks", "0"});
  EXPECT_EQ(ended.status.code, 1);
  EXPECT_EQ(without(folder.path(), ended.error),
            "--blocks: expected 1 to 1000, got 0\n"
            "--seed: expected 0 or more, got -1\n"
            "--scale: expected more than 0 and at most 1000, got 0\n"
            "--set: nonsense: expected key=value, for example lock.use=per_user\n"
            "--set: lock.usee: unknown option; did you mean \"use\"?\n"
            "--only: sqlit: matches no cell; cells: \"memory\" or \"sqlite\"\n");
}

}  // namespace
}  // namespace stampede::e2e
