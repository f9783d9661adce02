#include "plugins/transports/http/caller.hpp"

#include <curl/curl.h>

#include <stdexcept>
#include <utility>

#include "core/api/transport.hpp"

namespace stampede::transports {

namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

// Nobody knows what became of a call that was cut off: the caller publishes again, and who handled
// it already drops the duplicate.
ErrorCode code_of(CURLcode code) {
  return code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

void append_to(HeaderList& list, const std::string& header) {
  auto* const longer = curl_slist_append(list.get(), header.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

}  // namespace

class Caller::Handle {
 public:
  Handle() : curl_(curl_easy_init(), curl_easy_cleanup) {
    if (!curl_) throw std::runtime_error("libcurl cannot be initialised");
  }

  Result<Answer> perform(const std::string& url, const std::string* body,
                         std::chrono::milliseconds timeout, bool keeps_connection) {
    auto* const curl = curl_.get();
    Answer answer;
    HeaderList headers;
    append_to(headers, "Content-Type: application/json");
    append_to(headers, "Expect:");  // Never wait for a 100 Continue.
    append_to(headers, std::string(kTimeoutHeader) + ": " + std::to_string(timeout.count()));
    curl_easy_reset(curl);  // The connection stays.
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    if (body != nullptr) {
      curl_easy_setopt(curl, CURLOPT_POST, 1L);
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->c_str());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    if (!keeps_connection) {
      curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
      curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    }
    const auto code = curl_easy_perform(curl);
    if (code != CURLE_OK) return fail(code_of(code), url + ": " + curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    return answer;
  }

 private:
  std::unique_ptr<CURL, void (*)(CURL*)> curl_;
};

Caller::Caller(bool keeps_connections) : keeps_connections_(keeps_connections) {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // Counted, and safe to repeat.
}

Caller::~Caller() = default;

Result<Answer> Caller::get(const std::string& url, Deadline deadline) {
  return call(url, nullptr, deadline);
}

Result<Answer> Caller::post(const std::string& url, const std::string& body, Deadline deadline) {
  return call(url, &body, deadline);
}

Result<Answer> Caller::call(const std::string& url, const std::string* body, Deadline deadline) {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  if (left <= milliseconds(0)) return fail(ErrorCode::kTimeout, url + ": no time is left");
  std::unique_ptr<Handle> handle;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      handle = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!handle) handle = std::make_unique<Handle>();
  auto answer = handle->perform(url, body, std::min<milliseconds>(left, std::chrono::hours(1)),
                                keeps_connections_);
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
  return answer;
}

}  // namespace stampede::transports
