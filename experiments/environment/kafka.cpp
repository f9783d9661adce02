#include "experiments/environment/kafka.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <csignal>
#include <memory>
#include <system_error>

#include "experiments/environment/ask_until.hpp"
#include "experiments/environment/free_port.hpp"

namespace stampede::environment {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kLogLines = 12;
constexpr int kMostTries = 5;
constexpr int kAnswerMs = 1'000;

fs::path log_of(const fs::path& folder) { return folder / "kafka.log"; }

// Asks the broker at an address who it is, through one connection.
class Asker {
 public:
  explicit Asker(const std::string& address) {
    std::array<char, 256> error{};
    auto* const settings = rd_kafka_conf_new();
    rd_kafka_conf_set(settings, "bootstrap.servers", address.c_str(), error.data(), error.size());
    rd_kafka_conf_set(settings, "reconnect.backoff.ms", "10", error.data(), error.size());
    rd_kafka_conf_set(settings, "reconnect.backoff.max.ms", "50", error.data(), error.size());
    // Before it is up there is nobody to connect to, which is no news.
    rd_kafka_conf_set(settings, "log_level", "0", error.data(), error.size());
    client_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, settings, error.data(), error.size()));
    if (!client_) rd_kafka_conf_destroy(settings);
  }

  // Whether it is this cluster, not another one that took the port first, and has a broker.
  bool is(const std::string& cluster) const {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (!client_ || rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, kAnswerMs) !=
                        RD_KAFKA_RESP_ERR_NO_ERROR) {
      return false;
    }
    const bool has_broker = metadata->broker_cnt > 0;
    rd_kafka_metadata_destroy(metadata);
    char* const told = rd_kafka_clusterid(client_.get(), kAnswerMs);
    const bool same = told != nullptr && cluster == told;
    rd_kafka_mem_free(client_.get(), told);
    return has_broker && same;
  }

 private:
  struct Ended {
    void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
  };
  std::unique_ptr<rd_kafka_t, Ended> client_;
};

}  // namespace

std::string Kafka::address() const { return fmt::format("127.0.0.1:{}", files_.port); }

Result<Process> Kafka::run(const KafkaPlan& plan, const KafkaFiles& files) {
  auto arguments = files.programs.arguments();
  arguments.insert(arguments.begin(), "-Djava.io.tmpdir=" + plan.folder.string());
  arguments.emplace_back("kafka.Kafka");
  arguments.push_back((plan.folder / "server.properties").string());
  return Process::start({.program = files.programs.java,
                         .arguments = std::move(arguments),
                         .log = log_of(plan.folder),
                         .cpus = plan.cpus,
                         .directory = plan.folder,
                         .outlives = plan.outlives});
}

Result<Kafka> Kafka::start(const KafkaPlan& plan, std::chrono::milliseconds patience) {
  for (int i = 1;; ++i) {
    bool port_taken = false;
    auto started = try_start(plan, patience, port_taken);
    if (started || !port_taken || i == kMostTries) return started;
  }
}

Result<Kafka> Kafka::try_start(const KafkaPlan& plan, std::chrono::milliseconds patience,
                               bool& port_taken) {
  auto programs = find_kafka();
  if (!programs) return Unexpected(programs.error());
  const auto port = free_port();
  if (!port) return Unexpected(port.error());
  const auto controller_port = free_port();
  if (!controller_port) return Unexpected(controller_port.error());
  std::error_code error;
  fs::remove_all(plan.folder, error);
  fs::create_directories(plan.folder, error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("cannot make {}: {}", plan.folder.string(), error.message()));
  }
  KafkaFiles files{.programs = std::move(*programs),
                   .folder = plan.folder,
                   .port = *port,
                   .controller_port = *controller_port};
  auto cluster = make_kafka_files(files);
  if (!cluster) return Unexpected(cluster.error());
  auto process = run(plan, files);
  if (!process) return Unexpected(process.error());
  Kafka kafka(std::move(*process), plan, std::move(files), std::move(*cluster));
  if (kafka.await(patience)) return kafka;
  const auto why = kafka.obituary();
  port_taken = why.find("Address already in use") != std::string::npos;
  return fail(ErrorCode::kUnavailable, "the private Kafka did not start: " + why);
}

bool Kafka::await(std::chrono::milliseconds patience) {
  const Asker asker(address());
  bool ready = false;
  ask_until(Clock::now() + patience, [&] {
    ready = asker.is(cluster_);
    return ready || !alive();
  });
  return ready;
}

std::string Kafka::obituary() {
  const auto ended = process_.wait(Clock::now() + 200ms);
  return fmt::format("{}; its last log lines:\n{}",
                     ended ? "it ended with " + describe(*ended) : "it still runs",
                     last_lines(log_of(plan_.folder), kLogLines));
}

void Kafka::pause() { ::kill(pid(), SIGSTOP); }

void Kafka::resume() { ::kill(pid(), SIGCONT); }

void Kafka::kill() { process_.stop(0ms); }

Result<void> Kafka::restart(std::chrono::milliseconds patience) {
  kill();
  auto process = run(plan_, files_);
  if (!process) return Unexpected(process.error());
  process_ = std::move(*process);
  if (await(patience)) return {};
  return fail(ErrorCode::kUnavailable, "the private Kafka did not start again: " + obituary());
}

}  // namespace stampede::environment
