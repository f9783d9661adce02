// One stampede-server under test: started with a configuration in a folder of its own, asked about
// itself through its admin routes, stopped and never left behind. One thread at a time.

#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/api/result.hpp"
#include "core/config/tree.hpp"
#include "experiments/environment/http_client.hpp"
#include "experiments/environment/process.hpp"

namespace stampede::environment {

struct ServerPlan {
  std::filesystem::path program;  // stampede-server
  config::Tree config;            // As in the experiment; address, port and admin are set here.
  std::filesystem::path folder;   // Holds server.yaml and server.log; made when missing.
  std::vector<int> cpus;
  int port = 0;  // 0: any free one.
  // Whether it can be ready while no other server is there: start() does not wait for it otherwise.
  bool ready_alone = true;
};

class Server {
 public:
  // Returns once /readyz answers 200, or as soon as it listens when it cannot be ready alone. A
  // server that dies or is silent is an Error with its last log lines.
  static Result<Server> start(const ServerPlan& plan, std::chrono::milliseconds patience);

  // /readyz answers 200.
  Result<void> wait_until_ready(std::chrono::milliseconds patience);

  const std::string& url() const { return url_; }
  pid_t pid() const { return process_.pid(); }

  // Empties nothing: the store must be fresh. `seed` is the JSON of POST /admin/seed.
  Result<void> seed(const std::string& seed, std::chrono::milliseconds patience);
  // Starts the measured window: summaries begin anew.
  Result<void> open_window();
  // The JSON of GET /admin/stats.
  Result<std::string> stats();
  // Waits until no request is in flight or queued.
  Result<void> drain(std::chrono::milliseconds patience);
  // GET of an admin page, for audits: the JSON body.
  Result<std::string> admin_page(const std::string& path);

  // Sends a request as a client would, for replays.
  Result<HttpAnswer> post(const std::string& path, const std::string& body,
                          const std::vector<std::string>& headers);

  bool alive() { return !process_.poll(); }
  ExitStatus stop(std::chrono::milliseconds grace) { return process_.stop(grace); }

  // After it has died: starts it again, at the same address and with the same configuration.
  Result<void> restart(std::chrono::milliseconds patience);
  // How it died and what it said last; for the reports of failed cells.
  std::string obituary();

 private:
  Server(ServerPlan plan, Process process, std::string url, std::filesystem::path log);
  Result<void> expect_ok(Result<HttpAnswer> answer, const std::string& what);

  ServerPlan plan_;
  Process process_;
  std::string url_;
  std::filesystem::path log_;
  HttpClient client_;
};

}  // namespace stampede::environment
