#include "http/http_client.hpp"

#include <utility>

#include "http/transfer.hpp"
#include "http/worker.hpp"

namespace gw {
namespace {

class Call final : public HttpCall {
 public:
  Call(std::shared_ptr<http::Worker> worker, std::shared_ptr<http::Transfer> transfer)
      : worker_(std::move(worker)), transfer_(std::move(transfer)) {}

  ~Call() override {
    transfer_->silence();
    worker_->cancel(transfer_);
  }

  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  std::shared_ptr<http::Worker> worker_;
  std::shared_ptr<http::Transfer> transfer_;
};

}  // namespace

HttpClient::HttpClient(Loop& loop) : loop_(loop) {}

HttpClient::~HttpClient() {
  if (worker_) worker_->stop();
}

std::unique_ptr<HttpCall> HttpClient::start(HttpClientRequest request, HttpSink& sink) {
  if (!worker_) worker_ = std::make_shared<http::Worker>(GW_CURL_LIBRARY);
  auto transfer = std::make_shared<http::Transfer>(loop_, worker_, std::move(request), sink);
  worker_->begin(transfer);
  return std::make_unique<Call>(worker_, std::move(transfer));
}

}  // namespace gw
