#include "experiments/environment/kafka_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <system_error>

#include "core/config/text.hpp"
#include "experiments/environment/cache.hpp"
#include "experiments/environment/process.hpp"

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr char kVersion[] = STAMPEDE_KAFKA_VERSION;
constexpr auto kFormatPatience = 60s;
// Raised when what is formatted changes, so that an older copy is not taken for a new one.
constexpr int kFormatVersion = 1;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool has_kafka(const fs::path& folder, std::string& version) {
  constexpr std::string_view kBegin = "kafka_2.13-";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(kBegin) || entry.path().extension() != ".jar") continue;
    version = entry.path().stem().string().substr(kBegin.size());
    return true;
  }
  return false;
}

Result<fs::path> find_java() {
  std::error_code ignored;
  if (const auto home = variable("JAVA_HOME"); !home.empty()) {
    if (auto java = fs::path(home) / "bin" / "java"; fs::exists(java, ignored)) return java;
  }
  for (const auto& folder : config::split(variable("PATH"), ':')) {
    if (auto java = fs::path(folder) / "java"; !folder.empty() && fs::exists(java, ignored)) {
      return java;
    }
  }
  return fail(ErrorCode::kNotFound,
              "no Kafka: it needs java, which the PATH does not have: run ./dev setup, install the "
              "Debian package openjdk-17-jre-headless, or give transport.brokers");
}

// 128 random bits, as Kafka writes ids. The last of the 22 characters holds two bits only.
std::string random_id() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::random_device device;
  std::string id;
  for (int i = 0; i < 21; ++i) id += kAlphabet[device() % kAlphabet.size()];
  if (id.front() == '-') id.front() = 'A';  // It would look like an option.
  return id + 'A';
}

std::string settings_of(const KafkaFiles& files) {
  return fmt::format(
      "process.roles=broker,controller\n"
      "node.id=1\n"
      "controller.quorum.voters=1@127.0.0.1:{1}\n"
      "listeners=PLAINTEXT://127.0.0.1:{0},CONTROLLER://127.0.0.1:{1}\n"
      "advertised.listeners=PLAINTEXT://127.0.0.1:{0}\n"
      "controller.listener.names=CONTROLLER\n"
      "inter.broker.listener.name=PLAINTEXT\n"
      "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
      "log.dirs={2}\n"
      "auto.create.topics.enable=false\n"
      // One node keeps everything.
      "default.replication.factor=1\n"
      "offsets.topic.replication.factor=1\n"
      "offsets.topic.num.partitions=8\n"
      "transaction.state.log.replication.factor=1\n"
      "transaction.state.log.min.isr=1\n"
      // Consumers that come together are few: nothing is gained by waiting for more.
      "group.initial.rebalance.delay.ms=0\n"
      "group.min.session.timeout.ms=1000\n"
      // A small machine, for a short time.
      "num.network.threads=2\n"
      "num.io.threads=4\n"
      "log.cleaner.enable=false\n"
      "log.index.size.max.bytes=1048576\n",
      files.port, files.controller_port, (files.folder / "data").string());
}

Result<void> write(const fs::path& file, const std::string& text) {
  std::ofstream stream(file, std::ios::trunc);
  stream << text;
  if (stream.flush()) return {};
  return fail(ErrorCode::kUnavailable, "cannot write " + file.string());
}

Result<void> run_format(const KafkaFiles& files) {
  auto arguments = files.programs.arguments();
  for (const auto& argument :
       {std::string("kafka.tools.StorageTool"), std::string("format"), std::string("-t"),
        random_id(), std::string("-c"), (files.folder / "server.properties").string()}) {
    arguments.push_back(argument);
  }
  const auto log = files.folder / "format.log";
  auto process = Process::start({.program = files.programs.java,
                                 .arguments = std::move(arguments),
                                 .log = log,
                                 .directory = files.folder});
  if (!process) return Unexpected(process.error());
  const auto deadline = Clock::now() + kFormatPatience;
  while (process->read_line(deadline)) continue;  // It tells what it does.
  const auto ended = process->wait(deadline);
  if (ended && ended->ok()) return {};
  return fail(ErrorCode::kUnavailable,
              fmt::format("Kafka's storage tool failed: {}\n{}",
                          ended ? describe(*ended) : "it does not end", last_lines(log, 12)));
}

// Another bench may do the same at the same moment: whoever renames first wins.
void keep_in_cache(const fs::path& data, const fs::path& cached) {
  std::error_code error;
  const fs::path fresh = fmt::format("{}.part-{}", cached.string(), ::getpid());
  fs::copy(data, fresh, fs::copy_options::recursive, error);
  if (!error) fs::rename(fresh, cached, error);
  if (error) fs::remove_all(fresh, error);  // A cache is a convenience.
}

Result<void> make_data(const KafkaFiles& files) {
  const auto data = files.folder / "data";
  const auto cache = cache_folder();
  const auto cached =
      cache ? *cache / fmt::format("kafka-storage-{}-{}", files.programs.version, kFormatVersion)
            : fs::path();
  std::error_code error;
  if (cache && fs::exists(cached / "meta.properties", error)) {
    fs::copy(cached, data, fs::copy_options::recursive, error);
    if (!error) return {};
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot copy {}: {}", cached.string(), error.message()));
  }
  if (auto made = run_format(files); !made) return made;
  if (cache) keep_in_cache(data, cached);
  return {};
}

// The copy gets an id of its own: by it a cluster is told from another on the same port.
Result<std::string> rename_cluster(const fs::path& file) {
  constexpr std::string_view kKey = "cluster.id=";
  const auto id = random_id();
  std::ifstream stream(file);
  std::string text;
  for (std::string line; std::getline(stream, line);) {
    text += line.starts_with(kKey) ? std::string(kKey) + id + "\n" : line + "\n";
  }
  if (auto written = write(file, text); !written) return Unexpected(written.error());
  return id;
}

}  // namespace

std::vector<std::string> KafkaPrograms::arguments() const {
  return {"-Xms64m",
          "-Xmx256m",
          "-XX:+UseSerialGC",
          "-XX:-UsePerfData",  // It would leave a file in /tmp.
          "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
          "-cp",
          (jars / "*").string()};
}

Result<KafkaPrograms> find_kafka() {
  KafkaPrograms programs;
  const auto chosen = variable("STAMPEDE_KAFKA_HOME");
  if (!chosen.empty()) {
    // A Kafka as it is downloaded keeps them one folder deeper.
    programs.jars = chosen;
    std::error_code ignored;
    if (fs::exists(programs.jars / "libs", ignored)) programs.jars /= "libs";
  } else {
    const auto cache = cache_folder();
    if (!cache) return Unexpected(cache.error());
    programs.jars = *cache / fmt::format("kafka-{}", kVersion);
  }
  if (!has_kafka(programs.jars, programs.version)) {
    return fail(ErrorCode::kNotFound,
                fmt::format("no Kafka: there is no kafka_2.13-{}.jar in {}: run ./dev setup, or "
                            "give transport.brokers",
                            chosen.empty() ? kVersion : "*", programs.jars.string()));
  }
  auto java = find_java();
  if (!java) return Unexpected(java.error());
  programs.java = std::move(*java);
  return programs;
}

Result<std::string> make_kafka_files(const KafkaFiles& files) {
  auto written = write(files.folder / "server.properties", settings_of(files));
  if (!written) return Unexpected(written.error());
  if (auto made = make_data(files); !made) return Unexpected(made.error());
  return rename_cluster(files.folder / "data" / "meta.properties");
}

}  // namespace stampede::environment
