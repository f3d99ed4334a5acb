#include "pkg/sim/scenario.h"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "pkg/reconcile/assignment.h"
#include "pkg/sim/service_watch.h"

namespace keelvip::sim {
namespace {

using base::Duration;
using base::Instant;

SpecFiles files_of(std::span<const api::VirtualIp> vips) {
  auto files = std::make_shared<std::vector<api::SourceFile>>(1);
  for (const api::VirtualIp& vip : vips) {
    api::Document document;
    document.name = vip.metadata.name;
    document.claims.addresses.resize(vip.spec.addresses.size());
    document.object = vip;
    files->front().documents.push_back(std::move(document));
  }
  return files;
}

/// What takes longer than this counts as lasting, so that a day's lease is not waited for.
constexpr Duration kLongestPatience = std::chrono::hours(1);

/// Nothing that the specs ask for takes longer than this to begin.
Duration patience_for(std::span<const api::VirtualIp> vips) {
  Duration longest{};
  for (const api::VirtualIp& vip : vips) {
    const api::Spec& spec = vip.spec;
    // RFC 9568 6.1: down after three adverts and a skew of less than one.
    const Duration wait = Duration(spec.advert_interval) * 4 + spec.preemption.delay;
    Duration checks{};
    for (const api::HealthCheck& check : spec.health_checks) {
      const std::uint32_t runs = std::max(check.failure_threshold, check.success_threshold);
      checks = std::max(checks, std::min(check.period, kLongestPatience) * runs);
    }
    longest = std::max(longest, wait + checks);
  }
  return std::min(longest + std::chrono::seconds(2), kLongestPatience);
}

/// Until what a killed agent has left is gone: with many addresses later than the specs say.
Duration longest_lease(const Layout& layout, std::span<const api::VirtualIp> vips) {
  auto specs = std::make_shared<api::SpecSet>();
  specs->accepted.assign(vips.begin(), vips.end());
  Duration longest{};
  for (const Host& host : layout.hosts) {
    reconcile::RouterIds ids;
    for (const auto& router : reconcile::make_assignment(specs, host.name, ids).routers) {
      longest = std::max(longest, router.lifetime);
    }
  }
  return std::min(longest + std::chrono::seconds(2), kLongestPatience);
}

/// Between any two moments of one such span lies every place between two adverts.
Duration longest_interval(std::span<const api::VirtualIp> vips) {
  Duration longest{};
  for (const api::VirtualIp& vip : vips) {
    longest = std::max(longest, Duration(vip.spec.advert_interval));
  }
  return longest;
}

bool disturbs(const Happening& happening) {
  return std::holds_alternative<AddressChanged>(happening.fact) ||
         std::holds_alternative<RoleChanged>(happening.fact) ||
         std::holds_alternative<HandOverChanged>(happening.fact) ||
         std::holds_alternative<LifeChanged>(happening.fact);
}

class Scenario {
 public:
  Scenario(const Layout& layout, std::span<const api::VirtualIp> vips, std::uint64_t seed)
      : layout_(layout),
        vips_(vips),
        patience_(patience_for(vips)),
        world_(seed, layout.hosts.size(), layout.lans.size()),
        watch_(world_, layout, vips) {
    const SpecFiles files = files_of(vips);
    for (const Host& host : layout.hosts) {
      Node& node = world_.add_node(host.name, NodeClock(std::chrono::seconds(1000), 0));
      for (const Port& port : host.ports) {
        node.kernel().add_link(layout.lans[port.lan].interface, port.mac, port.addresses, port.lan);
      }
      node.write_specs(files);
      node.start();
    }
    world_.settle();
    watch_.look();
    watch_.begin();
  }

  Outcome run(std::span<const Failure> failures) {
    Outcome outcome;
    outcome.settled = rest();
    const std::vector<Service> before = watch_.services();
    if (!failures.empty()) {
      advance(world_.now() + world_.prng().between({}, longest_interval(vips_)));
      watch_.begin();
      for (const Failure& failure : failures) {
        strike(world_, failure, layout_, vips_);
      }
      world_.settle();
      watch_.look();
      if (std::ranges::find(failures, FailureKind::kAgentKilled, &Failure::kind) !=
          failures.end()) {
        patience_ = std::max(patience_, longest_lease(layout_, vips_));
      }
      outcome.settled = rest();
    }
    const std::vector<Service>& after = watch_.services();
    for (std::size_t vip = 0; vip < vips_.size(); ++vip) {
      Fate fate;
      fate.before = failures.empty() ? std::vector<std::size_t>{} : before[vip].holders;
      fate.after = after[vip].holders;
      fate.outage = after[vip].outage;
      fate.longest_double = after[vip].longest_double;
      fate.served = after[vip].served;
      fate.doubled = after[vip].doubled;
      judge(vip, failures, fate);
      outcome.fates.push_back(std::move(fate));
    }
    return outcome;
  }

 private:
  /// Takes the world on until nothing has changed for long enough; false if that never comes.
  bool rest() {
    const Instant limit = world_.now() + patience_ * 8;
    quiet_since_ = world_.now();
    while (world_.now() < quiet_since_ + patience_) {
      if (world_.now() >= limit) {
        return false;
      }
      advance(std::min(limit, quiet_since_ + patience_));
    }
    return true;
  }

  void advance(Instant until) {
    while (world_.now() < until) {
      world_.step(until);
      for (const Happening& happening : world_.happenings()) {
        watch_.see(happening);
        if (disturbs(happening)) {
          quiet_since_ = world_.now();
        }
      }
    }
  }

  void judge(std::size_t vip, std::span<const Failure> failures, Fate& fate) const {
    const std::size_t lan = layout_.lan_of[vip];
    fate.nobody_left = !failures.empty();
    for (const std::size_t host : layout_.holders[vip]) {
      const auto taken_by = std::ranges::find_if(
          failures, [&](const Failure& failure) { return failure.takes(host, lan); });
      const bool taken = taken_by != failures.end();
      fate.nobody_left = fate.nobody_left && (taken || withdrawn(failures, host, vip));
      if (taken && taken_by->kind == FailureKind::kCutOff && has(host, vip)) {
        fate.cut_off.push_back(host);
      }
      if (!fate.served) {
        fate.excuses.push_back(
            {host, taken ? std::string(to_string(taken_by->kind)) : reason_of(host, vip)});
      }
    }
  }

  /// By its own check, that its specs say to withdraw for.
  [[nodiscard]] bool withdrawn(std::span<const Failure> failures, std::size_t host,
                               std::size_t vip) const {
    return std::ranges::any_of(failures, [&](const Failure& failure) {
      return failure.kind == FailureKind::kCheckFails && failure.host == host &&
             failure.vip == vip &&
             vips_[vip].spec.health_checks[failure.check].on_failure.action ==
                 api::OnFailure::Action::kWithdraw;
    });
  }

  [[nodiscard]] bool has(std::size_t host, std::size_t vip) const {
    const auto& addresses = world_.node(host).kernel().truth().addresses;
    return std::ranges::any_of(vips_[vip].spec.addresses, [&](const net::Prefix& prefix) {
      return std::ranges::find(addresses, prefix, &net::Address::prefix) != addresses.end();
    });
  }

  [[nodiscard]] std::string reason_of(std::size_t host, std::size_t vip) const {
    const Node& node = world_.node(host);
    if (node.agent() == nullptr) {
      return "NoAgent";
    }
    const status::Snapshot snapshot =
        node.agent()->controller().snapshot(node.clock().now(world_.now()));
    for (const status::VipStatus& status : snapshot.vips) {
      if (status.resource->metadata.name != vips_[vip].metadata.name) {
        continue;
      }
      const auto ready = std::ranges::find(status.conditions, "Ready", &api::Condition::type);
      return ready == status.conditions.end() ? "Unknown" : ready->reason;
    }
    return "Unknown";
  }

  const Layout& layout_;
  std::span<const api::VirtualIp> vips_;
  Duration patience_;
  World world_;
  ServiceWatch watch_;
  Instant quiet_since_{};
};

}  // namespace

Outcome run_scenario(const Layout& layout, std::span<const api::VirtualIp> vips,
                     std::span<const Failure> failures, std::uint64_t seed) {
  return Scenario(layout, vips, seed).run(failures);
}

void keep_worse(Outcome& kept, Outcome other) {
  const auto badness = [](const Fate& fate) {
    return std::tuple(!fate.served, fate.doubled, fate.outage, fate.longest_double);
  };
  kept.settled = kept.settled && other.settled;
  for (std::size_t vip = 0; vip < kept.fates.size(); ++vip) {
    if (badness(other.fates[vip]) > badness(kept.fates[vip])) {
      kept.fates[vip] = std::move(other.fates[vip]);
    }
  }
}

}  // namespace keelvip::sim
