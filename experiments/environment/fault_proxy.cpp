#include "experiments/environment/fault_proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace stampede::environment {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Socket = std::shared_ptr<tcp::socket>;

// How the proxy behaves now; used by its thread only.
struct Behaviour {
  std::chrono::nanoseconds delay{0};
  bool partitioned = false;
  bool resets = false;
};

// RST instead of FIN, as from a host that forgot the connection.
void abort_connection(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

// One direction of one connection.
class Pump : public std::enable_shared_from_this<Pump> {
 public:
  Pump(Socket from, Socket to, const Behaviour& behaviour, bool is_request)
      : from_(std::move(from)),
        to_(std::move(to)),
        behaviour_(behaviour),
        is_request_(is_request),
        timer_(from_->get_executor()) {}

  void read() {
    from_->async_read_some(asio::buffer(bytes_),
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             if (error) return self->close();
                             self->size_ = size;
                             self->pass_on();
                           });
  }

  void join() {
    if (std::exchange(held_, false)) pass_on();
  }

  bool has_ended() const { return ended_; }

 private:
  void pass_on() {
    if (behaviour_.partitioned) {
      held_ = true;
    } else if (is_request_ && behaviour_.delay.count() > 0) {
      timer_.expires_after(behaviour_.delay);
      timer_.async_wait([self = shared_from_this()](error_code error) {
        if (!error) self->write();
      });
    } else {
      write();
    }
  }

  void write() {
    asio::async_write(*to_, asio::buffer(bytes_.data(), size_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return self->close();
                        self->read();
                      });
  }

  // Either side has ended: so does the other, with what was on its way to it.
  void close() {
    ended_ = true;
    error_code ignored;
    to_->shutdown(tcp::socket::shutdown_send, ignored);
  }

  const Socket from_;
  const Socket to_;
  const Behaviour& behaviour_;
  const bool is_request_;
  asio::steady_timer timer_;
  std::array<char, 16'384> bytes_;
  std::size_t size_ = 0;
  bool held_ = false;
  bool ended_ = false;
};

}  // namespace

struct FaultProxy::State {
  struct Connection {
    Socket client;
    Socket server;
    std::shared_ptr<Pump> requests;
    std::shared_ptr<Pump> answers;
  };

  explicit State(int target_port)
      : target(asio::ip::address_v4::loopback(), static_cast<unsigned short>(target_port)) {}

  ~State() {
    context.stop();
    if (thread.joinable()) thread.join();
  }

  void accept() {
    auto client = std::make_shared<tcp::socket>(context);
    acceptor.async_accept(*client, [this, client](error_code error) {
      if (error == asio::error::operation_aborted) return;
      if (!error) connect(client);
      accept();
    });
  }

  void connect(const Socket& client) {
    if (behaviour.resets) return abort_connection(*client);
    auto server = std::make_shared<tcp::socket>(context);
    server->async_connect(target, [this, client, server](error_code error) {
      if (error) return abort_connection(*client);
      error_code ignored;
      client->set_option(tcp::no_delay(true), ignored);
      server->set_option(tcp::no_delay(true), ignored);
      auto requests = std::make_shared<Pump>(client, server, behaviour, true);
      auto answers = std::make_shared<Pump>(server, client, behaviour, false);
      std::erase_if(connections, [](const Connection& connection) {
        return connection.requests->has_ended() && connection.answers->has_ended();
      });
      connections.push_back({client, server, requests, answers});
      requests->read();
      answers->read();
    });
  }

  void reset() {
    behaviour.resets = true;
    for (auto& connection : connections) {
      abort_connection(*connection.client);
      abort_connection(*connection.server);
    }
    connections.clear();
  }

  void join() {
    behaviour.partitioned = false;
    for (auto& connection : connections) {
      connection.requests->join();
      connection.answers->join();
    }
  }

  template <typename Change>
  void change(Change change) {
    asio::post(context, change);
  }

  const tcp::endpoint target;
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  Behaviour behaviour;  // These belong to the thread.
  std::vector<Connection> connections;
  std::thread thread;
};

FaultProxy::FaultProxy(std::unique_ptr<State> state) : state_(std::move(state)) {}
FaultProxy::FaultProxy(FaultProxy&&) noexcept = default;
FaultProxy& FaultProxy::operator=(FaultProxy&&) noexcept = default;
FaultProxy::~FaultProxy() = default;

Result<FaultProxy> FaultProxy::start(int target_port) {
  auto state = std::make_unique<State>(target_port);
  error_code error;
  state->acceptor.open(tcp::v4(), error);
  if (!error) state->acceptor.bind({asio::ip::address_v4::loopback(), 0}, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("the fault proxy cannot listen: {}", error.message()));
  }
  state->accept();
  state->thread = std::thread([raw = state.get()] { raw->context.run(); });
  return FaultProxy(std::move(state));
}

int FaultProxy::port() const { return state_->acceptor.local_endpoint().port(); }

void FaultProxy::slow(std::chrono::nanoseconds delay) {
  state_->change([raw = state_.get(), delay] { raw->behaviour.delay = delay; });
}

void FaultProxy::partition() {
  state_->change([raw = state_.get()] { raw->behaviour.partitioned = true; });
}

void FaultProxy::join() {
  state_->change([raw = state_.get()] { raw->join(); });
}

void FaultProxy::reset() {
  state_->change([raw = state_.get()] { raw->reset(); });
}

void FaultProxy::accept_again() {
  state_->change([raw = state_.get()] { raw->behaviour.resets = false; });
}

}  // namespace stampede::environment
