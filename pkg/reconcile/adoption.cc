#include "pkg/reconcile/adoption.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "pkg/reconcile/health_fold.h"
#include "pkg/reconcile/speaker_setup.h"
#include "pkg/vrrp/timers.h"

namespace keelvip::reconcile {
namespace {

/// The Speaker says within a wake-up that a hand-over is over; if it does not, addresses must not
/// stay for its sake.
constexpr base::Duration kPatience = base::Milliseconds{1000};

void carry_addresses(const AssignedRouter& router, const AssignedRouter& before,
                     const RouterTrack& old, RouterTrack& track) {
  for (std::size_t i = 0; i < router.addresses.size(); ++i) {
    const auto known = std::ranges::find(before.addresses, router.addresses[i]);
    if (known != before.addresses.end()) {
      track.addresses[i] =
          old.addresses[static_cast<std::size_t>(known - before.addresses.begin())];
    }
  }
}

std::vector<RouterTrack> carry_routers(const Assignment& assignment, const Assignment& before,
                                       const std::vector<RouterTrack>& old, base::Now now) {
  std::vector<RouterTrack> tracks(assignment.routers.size());
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const AssignedRouter& router = assignment.routers[i];
    RouterTrack& track = tracks[i];
    const auto known = std::ranges::lower_bound(before.routers, router.id, {}, &AssignedRouter::id);
    if (known != before.routers.end() && known->id == router.id) {
      const RouterTrack& kept = old[static_cast<std::size_t>(known - before.routers.begin())];
      std::vector<AddressTrack> addresses(router.addresses.size());
      track = kept;
      track.addresses = std::move(addresses);
      carry_addresses(router, *known, kept, track);
      if (router.settings != known->settings) {
        track.rival.reset();  // the next report tells whether it still is one
      }
    } else {
      track.addresses.resize(router.addresses.size());
      track.report.id = router.id;
      track.since = now.wall;
      ++track.entered[static_cast<std::size_t>(track.shown)];
    }
    track.settings_current = false;
  }
  return tracks;
}

std::uint32_t newer_version(const api::SpecSet& specs, const std::string& name) {
  const auto rejected = std::ranges::find_if(specs.rejected, [&](const api::Rejected& r) {
    return r.previous_in_force && r.name == name;
  });
  return rejected != specs.rejected.end()
             ? static_cast<std::uint32_t>(rejected - specs.rejected.begin())
             : kNoPosition;
}

std::uint32_t position_of(const api::SpecSet& specs, const std::string& name) {
  const auto found = std::ranges::lower_bound(
      specs.accepted, name, {},
      [](const api::VirtualIp& v) -> const std::string& { return v.metadata.name; });
  return found != specs.accepted.end() && found->metadata.name == name
             ? static_cast<std::uint32_t>(found - specs.accepted.begin())
             : kNoPosition;
}

/// Takes over conditions and transitions of VIPs that stay, and trusts the checks that join a VIP
/// which takes part: its node was good enough until now.
void carry_vips(State& state, const Assignment& before, std::vector<VipTrack> old) {
  const Assignment& assignment = state.assignment;
  std::set<health::CheckId> trusted;
  Verdicts heard(assignment.vips.size());
  state.vips.assign(assignment.vips.size(), {});
  for (std::uint32_t i = 0; i < assignment.vips.size(); ++i) {
    const api::VirtualIp& resource = assignment.resource(i);
    const std::uint32_t known = position_of(*before.specs, resource.metadata.name);
    const auto& checks = resource.spec.health_checks;
    heard[i].resize(checks.size());
    if (known != kNoPosition) {
      state.vips[i] = std::move(old[known]);
      const auto takes_part = [&](std::uint32_t router) {
        return router != kNoPosition &&
               state.routers[router].report.role != vrrp::Role::kInitialize;
      };
      const bool running = std::ranges::any_of(assignment.vips[i].routers, takes_part);
      for (std::size_t c = 0; c < checks.size(); ++c) {
        health::CheckId id{resource.metadata.name, checks[c].name};
        const health::Tracker* tracker = state.checks.find(id);
        heard[i][c] = tracker != nullptr ? tracker->verdict() : health::Verdict::kUnknown;
        if (state.trusted.contains(id) || (running && tracker == nullptr)) {
          trusted.insert(std::move(id));
        }
      }
    }
    state.vips[i].rejected = newer_version(*assignment.specs, resource.metadata.name);
  }
  state.verdicts_heard = std::move(heard);
  state.trusted = std::move(trusted);
}

std::vector<RetiredRouter> retire(const State& state, const Assignment& before,
                                  const std::vector<RouterTrack>& old,
                                  const std::vector<vrrp::RouterConfig>& configs, base::Now now) {
  std::vector<RetiredRouter> retired;
  for (std::size_t i = 0; i < before.routers.size(); ++i) {
    const AssignedRouter& router = before.routers[i];
    const auto stays =
        std::ranges::lower_bound(state.assignment.routers, router.id, {}, &AssignedRouter::id);
    const bool gone = stays == state.assignment.routers.end() || stays->id != router.id;
    const vrrp::RouterReport& report = old[i].report;
    const bool answers = report.role == vrrp::Role::kActive || report.hands_over;
    if (!gone || !answers) {
      continue;
    }
    RetiredRouter leaver;
    leaver.config = configs[i];
    leaver.config.participate = false;
    leaver.config.hand_over = true;
    for (const net::Prefix& prefix : router.addresses) {
      leaver.addresses.push_back({configs[i].settings.interface, prefix.address});
    }
    leaver.leaves_by = state.config.revision + 1;
    const vrrp::RouterSettings& settings = leaver.config.settings;
    leaver.until =
        now.instant + kPatience + vrrp::hand_over_limit(settings.version, settings.advert_interval);
    retired.push_back(std::move(leaver));
  }
  return retired;
}

/// Nobody renews what specs no longer ask for, so it is lent once more, for as long as it may take.
/// `desired` is that of the last round, under the specs before.
std::vector<net::AddressStep> last_renewals(const Desired& desired,
                                            const std::vector<vrrp::RouterConfig>& configs,
                                            const std::vector<RetiredRouter>& retired,
                                            base::Now now) {
  std::vector<net::AddressStep> steps;
  for (const DesiredAddress& address : desired.addresses) {
    const auto leaver = std::ranges::find(retired, configs[address.router].id,
                                          [](const RetiredRouter& r) { return r.config.id; });
    if (leaver != retired.end() && address.lifetime > base::Duration::zero()) {
      steps.push_back({net::StepKind::kRenew, address.interface, address.prefix,
                       address.without_route,
                       std::chrono::ceil<std::chrono::seconds>(leaver->until - now.instant)});
    }
  }
  return steps;
}

void tell_rejected(const api::SpecSet& specs, const api::SpecSet& before,
                   Occurrences& occurrences) {
  for (const api::Rejected& rejected : specs.rejected) {
    if (std::ranges::find(before.rejected, rejected) != before.rejected.end()) {
      continue;
    }
    for (const api::FieldError& error : rejected.errors) {
      occurrences.push_back(
          {Severity::kError,
           "Spec refused",
           {{"file",
             fmt::format("{}:{}:{}", rejected.source, error.position.line, error.position.column)},
            {"vip", rejected.name},
            {"field", error.field},
            {"reason", error.reason},
            {"previous_in_force", rejected.previous_in_force ? "true" : "false"}}});
    }
  }
}

/// The commonest mistake of a first installation is a node name that no document lists.
void tell_not_selected(const State& state, Occurrences& occurrences) {
  for (std::size_t i = 0; i < state.assignment.vips.size(); ++i) {
    if (!state.assignment.vips[i].selected) {
      occurrences.push_back({Severity::kInfo,
                             "Virtual IP is not for this node: spec.nodes does not list it",
                             {{"vip", state.assignment.specs->accepted[i].metadata.name},
                              {"node", state.settings.node}}});
    }
  }
}

}  // namespace

Adoption adopt_specs(State& state, RouterIds& ids, std::shared_ptr<const api::SpecSet> specs,
                     base::Now now, Occurrences& occurrences) {
  const Assignment before =
      std::exchange(state.assignment, make_assignment(std::move(specs), state.settings.node, ids));
  const api::SpecSet& in_force = *state.assignment.specs;
  tell_rejected(in_force, *before.specs, occurrences);
  occurrences.push_back({Severity::kInfo,
                         "Specs read",
                         {{"revision", std::to_string(in_force.revision)},
                          {"accepted", std::to_string(in_force.accepted.size())},
                          {"rejected", std::to_string(in_force.rejected.size())}}});
  tell_not_selected(state, occurrences);

  Adoption adoption;
  adoption.retired = retire(state, before, state.routers, state.config.routers, now);
  if (!adoption.retired.empty()) {
    adoption.renewals = last_renewals(state.desired, state.config.routers, adoption.retired, now);
  }
  state.routers = carry_routers(state.assignment, before, state.routers, now);
  carry_vips(state, before, std::move(state.vips));
  adoption.checks_changed = state.checks.adopt(checks_of(state.assignment), now);
  refresh_verdicts(state, occurrences);
  adoption.routers_changed = seat_routers(state);
  state.ledger.specs_changed();
  state.specs_read_at = now.wall;
  return adoption;
}

}  // namespace keelvip::reconcile
