#include "http/exchange.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/text.hpp"
#include "base/version.hpp"

namespace gw::http {
namespace {

constexpr std::string_view kStatusLine = "HTTP/";

bool is_loopback_name(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") || host == "[::1]";
}

bool holds_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

// The number in `HTTP/1.1 200 OK`; 0 when there is none.
int status_in(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  int status = 0;
  (void)std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

std::string in_seconds(Millis time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s"
                                  : std::to_string(time.count()) + " ms";
}

}  // namespace

Exchange::Exchange(const CurlLibrary& curl, CURLM* multi, std::shared_ptr<Transfer> transfer)
    : curl_(curl), multi_(multi), transfer_(std::move(transfer)), progress_at_(Clock::now()) {}

Exchange::~Exchange() {
  if (is_added_) curl_.multi_remove_handle(multi_, easy_);
  if (easy_ != nullptr) curl_.easy_cleanup(easy_);
  curl_.slist_free_all(headers_);
}

// The values are `long`, pointers or functions: libcurl reads them from a variable argument list.
template <typename Value>
bool Exchange::set(CURLoption option, Value value) {
  return curl_.easy_setopt(easy_, option, value) == CURLE_OK;
}

template <typename Value>
Value Exchange::info(CURLINFO what) const {
  Value value{};
  curl_.easy_getinfo(easy_, what, &value);
  return value;
}

Status Exchange::begin() {
  if (auto read = read_url(); !read) return read;
  easy_ = curl_.easy_init();
  if (easy_ == nullptr) return fail(Code::Unavailable, "out of memory for a request to " + place_);
  if (auto added = add_headers(); !added) return added;
  if (!set_options() || !set_body()) {
    return fail(Code::Unavailable, "the installed libcurl refuses an option needed for " + place_);
  }
  is_added_ = curl_.multi_add_handle(multi_, easy_) == CURLM_OK;
  if (!is_added_) return fail(Code::Unavailable, "libcurl does not accept the request to " + place_);
  return {};
}

Status Exchange::read_url() {
  CURLU* parts = curl_.url();
  const auto part = [&](CURLUPart which, unsigned flags) {
    char* text = nullptr;
    std::string copy;
    if (curl_.url_get(parts, which, &text, flags) == CURLUE_OK && text != nullptr) copy = text;
    curl_.free(text);
    return copy;
  };
  const bool is_url = curl_.url_set(parts, CURLUPART_URL, transfer_->request.url.c_str(), 0) == CURLUE_OK;
  const std::string scheme = is_url ? part(CURLUPART_SCHEME, 0) : std::string();
  const std::string host = is_url ? part(CURLUPART_HOST, 0) : std::string();
  place_ = host + ":" + part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
  curl_.url_cleanup(parts);
  if (host.empty()) return fail(Code::InvalidRequest, "the configured address is not a URL");
  if (scheme != "http" && scheme != "https") {
    return fail(Code::InvalidRequest, "the address of " + host + " must begin with http:// or https://");
  }
  is_loopback_ = is_loopback_name(lower_ascii(host));
  return {};
}

Status Exchange::add_headers() {
  bool is_complete = true;
  const auto add = [&](const std::string& line) {
    curl_slist* longer = curl_.slist_append(headers_, line.c_str());
    is_complete = is_complete && longer != nullptr;
    if (longer != nullptr) headers_ = longer;
  };
  add("Expect:");  // Without this, libcurl asks before it sends a large body and waits a second for the
                   // answer.
  for (const auto& [name, value] : transfer_->request.headers) {
    if (name.empty() || name.find(':') != std::string::npos || holds_control(name) ||
        holds_control(value.reveal())) {
      return fail(Code::InvalidRequest,
                  "a header configured for " + place_ + " has characters that HTTP forbids");
    }
    // libcurl drops `Name:` and sends `Name;` as a header with an empty value.
    add(value.empty() ? name + ";" : name + ": " + value.reveal());
  }
  if (!is_complete) return fail(Code::Unavailable, "out of memory for a request to " + place_);
  return {};
}

bool Exchange::set_options() {
  const HttpClientRequest& request = transfer_->request;
  const std::string agent = "openclaw/" + std::string(kVersion);
  bool is_set = set(CURLOPT_URL, request.url.c_str()) && set(CURLOPT_PROTOCOLS_STR, "http,https") &&
                set(CURLOPT_FOLLOWLOCATION, 0L) && set(CURLOPT_NOSIGNAL, 1L) &&
                set(CURLOPT_SSL_VERIFYPEER, 1L) && set(CURLOPT_SSL_VERIFYHOST, 2L) &&
                set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
                set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count())) &&
                set(CURLOPT_USERAGENT, agent.c_str()) && set(CURLOPT_HTTPHEADER, headers_) &&
                set(CURLOPT_HEADERFUNCTION, &Exchange::header_callback) && set(CURLOPT_HEADERDATA, this) &&
                set(CURLOPT_WRITEFUNCTION, &Exchange::body_callback) && set(CURLOPT_WRITEDATA, this);
  // A cancelled call must not make the thread wait for a name lookup that hangs.
  is_set = is_set && set(CURLOPT_QUICK_EXIT, 1L);
  if (is_loopback_) is_set = is_set && set(CURLOPT_PROXY, "");
  return is_set;
}

bool Exchange::set_body() {
  const HttpClientRequest& request = transfer_->request;
  if (request.body.empty()) return set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  return set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size())) &&
         set(CURLOPT_POSTFIELDS, request.body.data()) && set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void Exchange::resume(Clock::time_point now) {
  if (!is_paused_) return;
  is_paused_ = false;
  progress_at_ = now;
  curl_.easy_pause(easy_, CURLPAUSE_CONT);
}

Millis Exchange::silence_left(Clock::time_point now) {
  const Millis allowed = transfer_->request.idle_timeout;
  // Until the request can be sent, the limit for connecting counts.
  const bool is_connected = info<curl_off_t>(CURLINFO_PRETRANSFER_TIME_T) > 0;
  const std::int64_t progress = info<curl_off_t>(CURLINFO_SIZE_UPLOAD_T) +
                                info<curl_off_t>(CURLINFO_SIZE_DOWNLOAD_T) +
                                static_cast<std::int64_t>(head_bytes_);
  if (is_paused_ || !is_connected || progress != progress_) {
    progress_ = is_connected ? progress : -1;
    progress_at_ = now;
  }
  return allowed - std::chrono::duration_cast<Millis>(now - progress_at_);
}

void Exchange::end_silent() {
  transfer_->put_end(
      {HttpFailure::TimedOut, place_ + " sent nothing for " + in_seconds(transfer_->request.idle_timeout)});
}

void Exchange::end(CURLcode code) {
  if (code == CURLE_OK && is_head_done_) return transfer_->put_end({});
  transfer_->put_end(failure_of(code));
}

End Exchange::failure_of(CURLcode code) const {
  if (!too_large_.empty()) return {HttpFailure::TooLarge, place_ + ": " + too_large_};
  const std::string detail = curl_.easy_strerror(code);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {HttpFailure::Unreachable, "the name of " + place_ + " cannot be resolved"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {HttpFailure::Unreachable, "the name of the proxy for " + place_ + " cannot be resolved"};
    case CURLE_COULDNT_CONNECT: {
      const auto system_error = static_cast<int>(info<long>(CURLINFO_OS_ERRNO));
      const std::string why = system_error != 0 ? std::generic_category().message(system_error) : detail;
      return {HttpFailure::Unreachable, "cannot connect to " + place_ + ": " + why};
    }
    case CURLE_OPERATION_TIMEDOUT:
      return {HttpFailure::TimedOut,
              "no connection to " + place_ + " within " + in_seconds(transfer_->request.connect_timeout)};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return {HttpFailure::Untrusted, "no trusted TLS connection to " + place_ + ": " + detail};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {HttpFailure::BadRequest, "the address of " + place_ + " cannot be used: " + detail};
    default:
      return {HttpFailure::Closed, place_ + " ended the exchange early: " + detail};
  }
}

// Called with one whole line each time, for interim responses and for trailers too.
std::size_t Exchange::on_header(std::string_view line) {
  const std::size_t size = line.size();
  head_bytes_ += size;
  if (is_head_done_) return size;
  if (head_bytes_ > kHttpResponseHeadBytesMax) {
    too_large_ = "the response head is longer than " + std::to_string(kHttpResponseHeadBytesMax) + " bytes";
    return 0;
  }
  line = trimmed(line);
  if (line.starts_with(kStatusLine)) {
    head_ = Head{status_in(line), {}};
  } else if (line.empty()) {
    if (head_.status < 200) return size;
    is_head_done_ = true;
    transfer_->put_head(std::move(head_));
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    head_.headers.emplace_back(lower_ascii(trimmed(line.substr(0, colon))), trimmed(line.substr(colon + 1)));
  }
  return size;
}

std::size_t Exchange::on_body(std::string_view part) {
  if (body_bytes_ + part.size() > transfer_->request.body_bytes_max) {
    too_large_ =
        "the response is longer than " + std::to_string(transfer_->request.body_bytes_max) + " bytes";
    return 0;
  }
  if (!transfer_->put_body(part)) {
    is_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;  // libcurl keeps the part and brings it again.
  }
  body_bytes_ += part.size();
  return part.size();
}

std::size_t Exchange::header_callback(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->on_header({data, size * count});
}

std::size_t Exchange::body_callback(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<Exchange*>(self)->on_body({data, size * count});
}

}  // namespace gw::http
