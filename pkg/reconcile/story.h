// Story: a controller in a small world, for tests that tell what happens to it: a host that carries
// out steps when told to, a Speaker whose roles the test decides, a clock that the test moves, and
// everything that the controller said. Tests only.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/reconcile/controller.h"
#include "pkg/reconcile/scenario.h"

namespace keelvip::reconcile::scenario {

class Story {
 public:
  explicit Story(net::HostFacts host_facts = host(), std::string node = "lb-1")
      : controller({std::move(node), "/etc/keelvip", "1.0", "abc"}, now),
        facts(std::move(host_facts)) {}

  Commands give(const Event& event) {
    Commands commands = controller.handle(event, now);
    if (commands.speaker) {
      config = commands.speaker;
      ++configs;
    }
    steps.insert(steps.end(), commands.steps.begin(), commands.steps.end());
    if (commands.checks) {
      checks = *commands.checks;
    }
    for (const Occurrence& occurrence : commands.occurrences) {
      told.push_back(line(occurrence));
    }
    return commands;
  }

  Commands read_specs(std::vector<api::VirtualIp> accepted,
                      std::vector<api::Rejected> rejected = {}) {
    auto set = specs(std::move(accepted));
    set->rejected = std::move(rejected);
    set->revision = ++spec_revision_;
    return give(SpecsRead{set});
  }

  Commands read_host() { return give(HostRead{std::make_shared<const net::HostFacts>(facts)}); }

  /// The Speaker speaks by the last config; its router at this position of the config has the role.
  Commands report(std::size_t router, vrrp::Role role, vrrp::TransitionReason reason) {
    speak_by_config();
    speaker.routers.at(router).role = role;
    speaker.routers.at(router).reason = reason;
    speaker.routers.at(router).since = now.instant;
    return give(SpeakerReported{&speaker});
  }

  /// The Speaker takes over the last config as the RFC wants it: who may not take part resigns.
  Commands obey() {
    speak_by_config();
    for (std::size_t i = 0; i < config->routers.size(); ++i) {
      vrrp::RouterReport& router = speaker.routers[i];
      router.hands_over =
          config->routers[i].hand_over && (router.hands_over || router.role == vrrp::Role::kActive);
      const bool in = router.role != vrrp::Role::kInitialize;
      if (in != config->routers[i].participate) {
        router.role = in ? vrrp::Role::kInitialize : vrrp::Role::kBackup;
        router.reason = in ? vrrp::TransitionReason::kStopped : vrrp::TransitionReason::kStarted;
        router.since = now.instant;
      }
    }
    return give(SpeakerReported{&speaker});
  }

  Commands become_active(std::size_t router = 0) {
    return report(router, vrrp::Role::kActive, vrrp::TransitionReason::kNoResponse);
  }

  /// The Speaker says that the successors were heard, or that none came.
  Commands end_hand_over() {
    for (vrrp::RouterReport& router : speaker.routers) {
      router.hands_over = false;
    }
    speaker.made = now.instant;
    return give(SpeakerReported{&speaker});
  }

  /// The kernel carries out all steps: facts first, then the answers, as it promises.
  Commands carry_out() {
    std::vector<net::StepDone> done;
    for (const net::AddressStep& step : std::exchange(steps, {})) {
      apply(step);
      done.push_back({step, {}});
    }
    read_host();
    return give(StepsDone{std::move(done)});
  }

  /// The kernel answers all steps with this error.
  Commands fail_steps(const base::Error& error) {
    std::vector<net::StepDone> done;
    for (const net::AddressStep& step : std::exchange(steps, {})) {
      done.push_back({step, base::unexpected(error)});
    }
    return give(StepsDone{std::move(done)});
  }

  Commands end_check(std::string vip, std::string check, bool success) {
    health::CheckResult result;
    result.id = {std::move(vip), std::move(check)};
    const auto known = std::ranges::find(checks, result.id, &health::CheckSpec::id);
    KEELVIP_CHECK(known != checks.end());
    result.revision = known->revision;
    result.success = success;
    result.reason = success ? "HTTP 200" : "connection refused";
    result.ended = now.instant;
    return give(ChecksEnded{{result}});
  }

  /// The Speaker, unless it hangs, reports just before the time is over.
  void wait(base::Duration duration) {
    constexpr base::Duration kJustBefore{1};
    move_clock(duration - kJustBefore);
    if (!speaker.routers.empty() && !speaker_hangs) {
      speaker.made = now.instant;
      give(SpeakerReported{&speaker});
    }
    move_clock(kJustBefore);
  }

  Commands pass(base::Duration duration) {
    wait(duration);
    return give(TimePassed{});
  }

  void apply(const net::AddressStep& step) {
    const auto there = [&](const net::Address& a) {
      return a.interface == step.interface && a.prefix == step.prefix;
    };
    if (step.kind == net::StepKind::kRenew) {
      return;
    }
    if (step.kind == net::StepKind::kRemove) {
      std::erase_if(facts.addresses, [&](const auto& a) { return a.ours && there(a); });
    } else if (std::ranges::none_of(facts.addresses, there)) {
      facts.addresses.push_back({step.interface, step.prefix, true});
      sort_addresses(facts);
    }
  }

  void remove_address(std::string_view text) {
    std::erase_if(facts.addresses, [&](const auto& a) { return a.prefix == prefix(text); });
  }

  [[nodiscard]] bool has_address(std::string_view text) const {
    return std::ranges::any_of(facts.addresses,
                               [&](const auto& a) { return a.ours && a.prefix == prefix(text); });
  }

  [[nodiscard]] std::vector<std::string> step_texts() const {
    std::vector<std::string> texts;
    for (const net::AddressStep& step : steps) {
      texts.push_back((step.kind == net::StepKind::kAdd     ? "+"
                       : step.kind == net::StepKind::kRenew ? "="
                                                            : "-") +
                      step.prefix.to_string() + "@" + std::to_string(step.interface.value));
    }
    return texts;
  }

  [[nodiscard]] const vrrp::RouterConfig& router(std::size_t position = 0) const {
    return config->routers.at(position);
  }

  [[nodiscard]] std::uint32_t generation(std::size_t address = 0) const {
    return router().settings.addresses.at(address).announce_generation;
  }

  [[nodiscard]] status::VipStatus vip_status(std::string_view name) const {
    for (status::VipStatus& status : controller.snapshot(now).vips) {
      if (status.resource->metadata.name == name) {
        return std::move(status);
      }
    }
    KEELVIP_CHECK(false);
    return {};
  }

  /// "True Active", "False InterfaceAbsent: ..."; empty if there is no such condition.
  [[nodiscard]] std::string condition(std::string_view vip, std::string_view type) const {
    for (const api::Condition& condition : vip_status(vip).conditions) {
      if (condition.type == type) {
        return std::string(to_string(condition.status)) + " " + condition.reason + ": " +
               condition.message;
      }
    }
    return {};
  }

  [[nodiscard]] std::size_t times_told(std::string_view part) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        told, [&](const std::string& text) { return text.find(part) != std::string::npos; }));
  }

  base::Now now{base::Instant{std::chrono::seconds{1000}},
                base::WallTime{std::chrono::seconds{1'700'000'000}}};
  Controller controller;
  net::HostFacts facts;
  vrrp::SpeakerReport speaker;
  bool speaker_hangs = false;
  std::optional<vrrp::SpeakerConfig> config;
  int configs = 0;
  std::vector<net::AddressStep> steps;  // given and not yet carried out
  std::vector<health::CheckSpec> checks;
  std::vector<std::string> told;

 private:
  void move_clock(base::Duration duration) {
    now.instant += duration;
    now.wall += duration;
  }

  static std::string line(const Occurrence& occurrence) {
    std::string text(occurrence.message);
    for (const auto& [key, value] : occurrence.fields) {
      text += " " + std::string(key) + "=" + value;
    }
    return text;
  }

  void speak_by_config() {
    std::vector<vrrp::RouterReport> routers;
    for (const vrrp::RouterConfig& router : config->routers) {
      const auto known = std::ranges::find(speaker.routers, router.id, &vrrp::RouterReport::id);
      routers.push_back(known != speaker.routers.end() ? *known : vrrp::RouterReport{});
      routers.back().id = router.id;
    }
    speaker.routers = std::move(routers);
    speaker.config_revision = config->revision;
    speaker.made = now.instant;
  }

  std::uint64_t spec_revision_ = 0;
};

}  // namespace keelvip::reconcile::scenario
