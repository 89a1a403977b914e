#include "service/absent_manager.hpp"

namespace gw::service {
namespace {

class AbsentManager final : public Manager {
 public:
  explicit AbsentManager(std::string why) : why_(std::move(why)) {}

  platform::ServiceSystem system() const override { return platform::host_service_system(); }
  std::string label() const override { return "no supported service manager detected"; }
  std::string unit() const override { return {}; }
  Scope scope() const override { return Scope::User; }
  Outcome<State> state() override { return no(); }
  std::vector<DriftIssue> drift_from(const State&, const Definition&) override { return {}; }
  Outcome<void> install(const Definition&) override { return no(); }
  Outcome<void> uninstall() override { return no(); }
  Outcome<void> start() override { return no(); }
  Outcome<void> stop() override { return no(); }
  std::optional<bool> outlives_sessions() override { return std::nullopt; }

 private:
  std::unexpected<Problem> no() const { return std::unexpected(Problem{Problem::Kind::NoManager, why_}); }

  std::string why_;
};

}  // namespace

std::unique_ptr<Manager> make_absent_manager(std::string why) {
  return std::make_unique<AbsentManager>(std::move(why));
}

}  // namespace gw::service
