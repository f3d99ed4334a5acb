#include "address_checker.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace keelvip::sim {
namespace {

using base::Duration;
using base::Instant;
using std::chrono::milliseconds;

/// For how long a node may keep addresses without its agent: the default lease, or longer where the
/// peers wait longer, and a step that was under way.
Duration lease_of(const NodeView& node) {
  using std::chrono::seconds;
  Duration lease = seconds(3);
  for (const RouterView& router : node.routers) {
    const Duration most_skew =
        router.version == vrrp::Version::kV2 ? seconds(1) : Duration(router.interval);
    const Duration patience = 3 * Duration(router.interval) + most_skew;
    lease = std::max<Duration>(lease, std::chrono::ceil<seconds>(patience * 3 / 2) + seconds(1));
  }
  return lease + milliseconds(50);
}

}  // namespace

/// Speaker to controller to kernel and back, each late, twice: what was just ordered may have to be
/// undone.
AddressChecker::AddressChecker(const World& world, const ClusterView& view, Findings& findings,
                               Duration hand_off)
    : world_(world),
      view_(view),
      findings_(findings),
      bound_(8 * hand_off + milliseconds(4)),
      wrong_(world.nodes()),
      leases_(world.nodes()),
      silent_since_(world.nodes(), base::kNever) {}

Instant AddressChecker::limit(std::size_t node, const Wrong& wrong) const {
  return std::max(wrong.since, view_.nodes[node].disturbed_until) + bound_;
}

void AddressChecker::compare(std::size_t node, std::vector<Wrong>& wrong) const {
  const Instant now = world_.now();
  const auto& there = world_.node(node).kernel().truth().addresses;
  const vrrp::SpeakerConfig& config = world_.node(node).agent()->config();
  const auto may_hold = [&](const net::IpAddress& address) {
    return std::ranges::any_of(config.routers, [&](const vrrp::RouterConfig& router) {
      const std::size_t slot = slot_of(router.settings.vrid, router.settings.family);
      const RouterView& view = view_.nodes[node].routers[std::min(slot, kSlots - 1)];
      return slot < kSlots && (view.role == vrrp::Role::kActive || view.hands_over) &&
             std::ranges::find(router.settings.addresses, address,
                               &vrrp::AdvertisedAddress::address) !=
                 router.settings.addresses.end();
    });
  };
  for (const net::Address& address : there) {
    if (address.ours && !may_hold(address.prefix.address)) {
      wrong.push_back({address.prefix.address, false, now});
    }
  }
  for (const vrrp::RouterConfig& router : config.routers) {
    const std::size_t slot = slot_of(router.settings.vrid, router.settings.family);
    if (slot >= kSlots || view_.nodes[node].routers[slot].role != vrrp::Role::kActive) {
      continue;
    }
    for (const vrrp::AdvertisedAddress& wanted : router.settings.addresses) {
      const bool present = std::ranges::any_of(there, [&](const net::Address& address) {
        return address.prefix.address == wanted.address &&
               address.interface == router.settings.interface;
      });
      if (!present) {
        wrong.push_back({wanted.address, true, now});
      }
    }
  }
}

void AddressChecker::look(std::size_t node) {
  std::vector<Wrong>& known = wrong_[node];
  scratch_.clear();
  if (view_.nodes[node].alive && !view_.nodes[node].frozen &&
      world_.node(node).agent() != nullptr) {
    compare(node, scratch_);
  }
  for (Wrong& wrong : scratch_) {
    for (const Wrong& before : known) {
      if (before.address == wrong.address && before.missing == wrong.missing) {
        wrong.since = before.since;
      }
    }
    next_ = std::min(next_, limit(node, wrong));
  }
  known.swap(scratch_);
}

void AddressChecker::check_leases(std::size_t node) {
  if (silent_since_[node] == base::kNever) {
    return;
  }
  const Instant over = silent_since_[node] + leases_[node];
  if (world_.now() < over) {
    next_ = std::min(next_, over);
    return;
  }
  silent_since_[node] = base::kNever;
  for (const net::Address& address : world_.node(node).kernel().truth().addresses) {
    if (address.ours) {
      findings_.report("lease", world_.now(),
                       fmt::format("the agent of node {} is away and {} is still there", node,
                                   address.prefix.to_string()));
    }
  }
}

void AddressChecker::check() {
  next_ = base::kNever;
  for (std::size_t node = 0; node < wrong_.size(); ++node) {
    check_leases(node);
    for (const Wrong& wrong : wrong_[node]) {
      if (world_.now() < limit(node, wrong)) {
        next_ = std::min(next_, limit(node, wrong));
        continue;
      }
      findings_.report("addresses", world_.now(),
                       fmt::format("node {}: {} {} since {} ns", node, wrong.address.to_string(),
                                   wrong.missing ? "is missing" : "should not be there",
                                   wrong.since.time_since_epoch().count()));
    }
  }
}

void AddressChecker::exited(std::size_t node) {
  if (world_.now() < view_.nodes[node].disturbed_until) {
    return;
  }
  for (const net::Address& address : world_.node(node).kernel().truth().addresses) {
    if (address.ours) {
      findings_.report("exit-clean", world_.now(),
                       fmt::format("node {} left {} behind", node, address.prefix.to_string()));
    }
  }
}

void AddressChecker::see(const Happening& happening) {
  if (const auto* tried = std::get_if<StepTried>(&happening.fact)) {
    const bool excused = world_.now() < view_.nodes[happening.node].disturbed_until;
    if (tried->foreign && tried->step.kind == net::StepKind::kRemove && !excused) {
      findings_.report("foreign-addresses", world_.now(),
                       fmt::format("node {} wants to remove {}, which is not its own",
                                   happening.node, tried->step.prefix.to_string()));
    }
    return;
  }
  if (std::holds_alternative<FrameSent>(happening.fact) ||
      std::holds_alternative<PacketHeard>(happening.fact) ||
      std::holds_alternative<NeighborLearned>(happening.fact)) {
    return;
  }
  if (std::holds_alternative<ConfigAdopted>(happening.fact) && view_.settings_changed == 0) {
    return;
  }
  // The longest so far: what was lent by earlier specs is still lent.
  Duration& lease = leases_[happening.node];
  lease = std::max(lease, lease_of(view_.nodes[happening.node]));
  if (const auto* life = std::get_if<LifeChanged>(&happening.fact); life != nullptr) {
    const bool silent = life->life == Life::kCrashed || life->life == Life::kPaused;
    silent_since_[happening.node] = silent ? world_.now() : base::kNever;
    next_ = silent ? std::min(next_, world_.now() + lease) : next_;
    if (life->life == Life::kExited) {
      exited(happening.node);
    }
  }
  look(happening.node);
}

}  // namespace keelvip::sim
