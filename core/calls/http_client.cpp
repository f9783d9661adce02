#include "core/calls/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>
#include <utility>

#include "core/api/transport.hpp"

namespace stampede::calls {

namespace {

using std::chrono::milliseconds;

// A machine that is gone answers nothing at all: that is known after so long.
constexpr milliseconds kConnectTimeout{1'000};
constexpr milliseconds kLongest{std::chrono::hours(1)};

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

class Headers {
 public:
  Headers() = default;
  ~Headers() { curl_slist_free_all(list_); }
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;

  void add(const std::string& header) {
    auto* const longer = curl_slist_append(list_, header.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    list_ = longer;
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

struct HttpClient::Message {
  const std::string* body = nullptr;  // Null for a GET.
  std::string_view correlation;
};

class HttpClient::Handle {
 public:
  Handle() : curl_(curl_easy_init(), curl_easy_cleanup) {
    if (!curl_) throw std::runtime_error("libcurl cannot be initialised");
  }

  Result<HttpAnswer> perform(const std::string& url, const Message& message, milliseconds timeout) {
    auto* const curl = curl_.get();
    HttpAnswer answer;
    Headers headers;
    headers.add("Content-Type: application/json");
    headers.add("Expect:");  // Never wait for a 100 Continue.
    headers.add(std::string(kTimeoutHeader) + ": " + std::to_string(timeout.count()));
    if (!message.correlation.empty()) {
      headers.add("X-Correlation-Id: " + std::string(message.correlation));
    }
    curl_easy_reset(curl);  // The connection stays.
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    if (message.body != nullptr) {
      curl_easy_setopt(curl, CURLOPT_POST, 1L);
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, message.body->c_str());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(message.body->size()));
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectTimeout.count()));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    const auto code = curl_easy_perform(curl);
    if (code != CURLE_OK) return fail(code_of(code), url + ": " + curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    return answer;
  }

 private:
  // libcurl has one code for a call that takes too long and for a connection that does.
  ErrorCode code_of(CURLcode code) const {
    if (code != CURLE_OPERATION_TIMEDOUT) return ErrorCode::kUnavailable;
    curl_off_t connected = 0;
    curl_easy_getinfo(curl_.get(), CURLINFO_PRETRANSFER_TIME_T, &connected);
    return connected > 0 ? ErrorCode::kTimeout : ErrorCode::kUnavailable;
  }

  std::unique_ptr<CURL, void (*)(CURL*)> curl_;
};

HttpClient::HttpClient() {
  curl_global_init(CURL_GLOBAL_DEFAULT);  // Counted, and safe to repeat.
}

HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::get(const std::string& url, Deadline deadline) {
  return call(url, {}, deadline);
}

Result<HttpAnswer> HttpClient::post(const std::string& url, const std::string& body,
                                    std::string_view correlation, Deadline deadline) {
  return call(url, {&body, correlation}, deadline);
}

Result<HttpAnswer> HttpClient::call(const std::string& url, const Message& message,
                                    Deadline deadline) {
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
  auto answer = handle->perform(url, message, std::min<milliseconds>(left, kLongest));
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(handle));
  return answer;
}

}  // namespace stampede::calls
