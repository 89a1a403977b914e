#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "http/curl_library.hpp"
#include "http/transfer.hpp"

namespace gw::http {

/// One transfer as libcurl sees it. Lives on the worker's thread.
class Exchange {
 public:
  using Clock = std::chrono::steady_clock;

  Exchange(const CurlLibrary& curl, CURLM* multi, std::shared_ptr<Transfer> transfer);
  /// Takes the transfer out of libcurl; what was not finished is cut.
  ~Exchange();

  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Hands the request to libcurl. `Code::InvalidRequest` when it cannot be sent as it is.
  Status begin();
  void resume(Clock::time_point now);
  /// libcurl is done with it: tells the transfer how it ended.
  void end(CURLcode code);
  /// How long it may still stay silent; notices progress. Zero or less: it has been silent for too long.
  Millis silence_left(Clock::time_point now);
  void end_silent();

  const std::shared_ptr<Transfer>& transfer() const { return transfer_; }
  CURL* easy() const { return easy_; }

 private:
  template <typename Value>
  bool set(CURLoption option, Value value);
  template <typename Value>
  Value info(CURLINFO what) const;
  Status read_url();
  Status add_headers();
  bool set_options();
  bool set_body();
  End failure_of(CURLcode code) const;

  std::size_t on_header(std::string_view line);
  std::size_t on_body(std::string_view part);
  static std::size_t header_callback(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t body_callback(char* data, std::size_t size, std::size_t count, void* self);

  const CurlLibrary& curl_;
  CURLM* multi_;
  std::shared_ptr<Transfer> transfer_;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  bool is_added_ = false;

  std::string place_;  // `host:port`, for people.
  bool is_loopback_ = false;

  Head head_;
  std::size_t head_bytes_ = 0;
  bool is_head_done_ = false;
  std::size_t body_bytes_ = 0;
  std::string too_large_;  // What was, when the response broke a limit.
  bool is_paused_ = false;

  std::int64_t progress_ = -1;
  Clock::time_point progress_at_;
};

}  // namespace gw::http
