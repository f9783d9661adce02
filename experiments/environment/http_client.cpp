#include "experiments/environment/http_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <utility>

namespace stampede::environment {

namespace {

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(bytes, size * count);
  return size * count;
}

ErrorCode code_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
      return ErrorCode::kUnavailable;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::kTimeout;
    default:
      return ErrorCode::kInDoubt;
  }
}

}  // namespace

struct HttpClient::Handle {
  std::string base_url;
  CURL* curl = curl_easy_init();

  ~Handle() { curl_easy_cleanup(curl); }

  Result<HttpAnswer> perform(const std::string& path, std::chrono::milliseconds timeout,
                             const std::vector<std::string>& headers) {
    HttpAnswer answer;
    const auto url = base_url + path;
    curl_slist* list = curl_slist_append(nullptr, "Expect:");  // Never wait for a 100 Continue.
    for (const auto& header : headers) list = curl_slist_append(list, header.c_str());
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    const auto code = curl_easy_perform(curl);
    curl_slist_free_all(list);
    if (code != CURLE_OK) {
      return fail(code_of(code), fmt::format("{}: {}", url, curl_easy_strerror(code)));
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
    return answer;
  }
};

HttpClient::HttpClient(std::string base_url) : handle_(std::make_unique<Handle>()) {
  handle_->base_url = std::move(base_url);
}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpAnswer> HttpClient::get(const std::string& path, std::chrono::milliseconds timeout) {
  curl_easy_setopt(handle_->curl, CURLOPT_HTTPGET, 1L);
  return handle_->perform(path, timeout, {});
}

Result<HttpAnswer> HttpClient::post(const std::string& path, const std::string& body,
                                    std::chrono::milliseconds timeout,
                                    const std::vector<std::string>& headers) {
  auto all = headers;
  all.emplace_back("Content-Type: application/json");
  curl_easy_setopt(handle_->curl, CURLOPT_POST, 1L);
  curl_easy_setopt(handle_->curl, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(handle_->curl, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(body.size()));
  return handle_->perform(path, timeout, all);
}

}  // namespace stampede::environment
