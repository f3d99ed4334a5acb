#include "pkg/sim/host_kernel.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "pkg/base/check.h"

namespace keelvip::sim {
namespace {

using Place = std::tuple<net::InterfaceIndex, net::Prefix>;

Place place_of(const net::Address& address) {
  return {address.interface, address.prefix};
}

base::Result<void> fail(base::Error error) {
  return base::unexpected(std::move(error));
}

}  // namespace

HostKernel::Port& HostKernel::port(std::string_view name) {
  const auto found = std::ranges::find(
      ports_, name, [](const Port& p) -> std::string_view { return p.link.name; });
  KEELVIP_CHECK(found != ports_.end());
  return *found;
}

void HostKernel::add_link(std::string name, net::MacAddress mac, std::vector<net::Prefix> addresses,
                          std::size_t segment) {
  Port port;
  port.link.name = std::move(name);
  port.link.mac = mac;
  port.link.mtu = 1500;
  port.link.ethernet = true;
  port.link.up = true;
  port.link.running = true;
  port.addresses = std::move(addresses);
  port.segment = segment;
  ports_.push_back(std::move(port));
  connect(ports_.back());
}

void HostKernel::connect(Port& port) {
  port.present = true;
  port.link.index = {++last_index_};
  port.link.up = true;
  port.link.running = true;
  facts_.links.push_back(port.link);
  for (const net::Prefix& prefix : port.addresses) {
    put({port.link.index, prefix, false});
  }
  link_changed(port);
}

void HostKernel::recreate_link(std::string_view name) {
  if (Port& there = port(name); !there.present) {
    connect(there);
  }
}

void HostKernel::delete_link(std::string_view name) {
  Port& gone = port(name);
  if (!gone.present) {
    return;
  }
  gone.present = false;
  remove_on(gone.link.index, false);
  std::erase_if(facts_.links, [&](const net::Link& link) { return link.index == gone.link.index; });
  link_changed(gone);
}

void HostKernel::set_up(std::string_view name, bool up) {
  Port& changed = port(name);
  if (!changed.present || changed.link.up == up) {
    return;
  }
  changed.link.up = up;
  // As Linux does: taking an interface down removes its IPv6 addresses; the link-local one returns.
  if (!up) {
    remove_on(changed.link.index, true);
  } else {
    for (const net::Prefix& prefix : changed.addresses) {
      if (find(changed.link.index, prefix) == facts_.addresses.size()) {
        put({changed.link.index, prefix, false});
      }
    }
  }
  link_changed(changed);
}

void HostKernel::set_carrier(std::string_view name, bool carrier) {
  Port& changed = port(name);
  if (!changed.present || changed.link.running == carrier) {
    return;
  }
  changed.link.running = carrier;
  changed.link.carrier_losses += carrier ? 0U : 1U;
  link_changed(changed);
}

void HostKernel::link_changed(Port& port) {
  const auto link = std::ranges::find(facts_.links, port.link.index, &net::Link::index);
  if (link != facts_.links.end()) {
    *link = port.link;
  }
  changed_ = true;
  scene_.tell(node_, LinkChanged{port.link.index, port.present, port.link.operational()});
}

void HostKernel::put(const net::Address& address) {
  const auto at = std::ranges::lower_bound(facts_.addresses, place_of(address), {}, place_of);
  facts_.addresses.insert(at, address);
  changed_ = true;
  scene_.tell(node_, AddressChanged{address.interface, address.prefix, true, address.ours});
}

void HostKernel::take(std::size_t position) {
  const net::Address gone = facts_.addresses[position];
  facts_.addresses.erase(facts_.addresses.begin() + static_cast<std::ptrdiff_t>(position));
  changed_ = true;
  scene_.tell(node_, AddressChanged{gone.interface, gone.prefix, false, gone.ours});
}

void HostKernel::remove_on(net::InterfaceIndex interface, bool ipv6_only) {
  for (std::size_t i = facts_.addresses.size(); i-- > 0;) {
    const net::Address& address = facts_.addresses[i];
    const bool ipv6 = address.prefix.address.family() == net::Family::kIpv6;
    if (address.interface == interface && (ipv6 || !ipv6_only)) {
      take(i);
    }
  }
}

std::size_t HostKernel::find(net::InterfaceIndex interface, const net::Prefix& prefix) const {
  const auto at = std::ranges::find(facts_.addresses, Place{interface, prefix}, place_of);
  return static_cast<std::size_t>(at - facts_.addresses.begin());
}

void HostKernel::add_foreign(std::string_view link, const net::Prefix& prefix) {
  const Port& where = port(link);
  if (!where.present) {
    return;
  }
  // "ip address replace" on one of ours makes it theirs.
  if (const std::size_t there = find(where.link.index, prefix); there != facts_.addresses.size()) {
    take(there);
  }
  put({where.link.index, prefix, false});
}

void HostKernel::remove_by_others(const net::Prefix& prefix) {
  for (std::size_t i = facts_.addresses.size(); i-- > 0;) {
    if (facts_.addresses[i].prefix == prefix) {
      take(i);
    }
  }
}

void HostKernel::overrun() {
  ++facts_.overruns;
  changed_ = true;
}

base::Result<void> HostKernel::add(const net::AddressStep& step) {
  const net::Link* link = facts_.find_link(step.interface);
  if (link == nullptr) {
    return fail(base::retry_error("No such device (ENODEV)"));
  }
  if (!link->up && step.prefix.address.family() == net::Family::kIpv6) {
    return fail(base::report_error("Permission denied (EACCES)"));
  }
  const auto same = [&](const net::Address& address) {
    return address.interface == step.interface && address.prefix.address == step.prefix.address;
  };
  const auto existing = std::ranges::find_if(facts_.addresses, same);
  if (existing == facts_.addresses.end()) {
    put({step.interface, step.prefix, true});
    lend(step);
    return {};
  }
  if (!existing->ours) {
    return fail(base::report_error("somebody else has configured it on this interface"));
  }
  if (existing->prefix != step.prefix) {
    return fail(base::retry_error("the address is still there with another prefix length"));
  }
  return {};
}

/// Linux looks for lapsed addresses about once a second.
void HostKernel::lend(const net::AddressStep& step) {
  std::erase_if(leases_, [&](const Lease& lease) {
    return lease.interface == step.interface && lease.prefix == step.prefix;
  });
  if (step.lifetime > base::Duration::zero()) {
    const base::Instant ends =
        scene_.now + step.lifetime + scene_.prng.between({}, std::chrono::seconds(1));
    leases_.push_back({step.interface, step.prefix, ends});
    scene_.queue.push(ends, EventKind::kAddressExpires, node_);
  }
}

void HostKernel::renew(const net::AddressStep& step) {
  const std::size_t there = find(step.interface, step.prefix);
  if (there != facts_.addresses.size() && facts_.addresses[there].ours) {
    lend(step);
  }
}

void HostKernel::expire() {
  for (std::size_t i = leases_.size(); i-- > 0;) {
    const Lease lease = leases_[i];
    if (lease.ends > scene_.now) {
      continue;
    }
    leases_.erase(leases_.begin() + static_cast<std::ptrdiff_t>(i));
    const std::size_t there = find(lease.interface, lease.prefix);
    if (there != facts_.addresses.size() && facts_.addresses[there].ours) {
      take(there);
    }
  }
}

base::Result<void> HostKernel::remove(const net::AddressStep& step) {
  const std::size_t there = find(step.interface, step.prefix);
  if (there == facts_.addresses.size()) {
    return {};
  }
  if (!facts_.addresses[there].ours) {
    return fail(base::report_error("it was configured by somebody else, so it is left alone"));
  }
  take(there);
  return {};
}

net::StepDone HostKernel::carry_out(const net::AddressStep& step) {
  const std::size_t there = find(step.interface, step.prefix);
  const bool foreign = there != facts_.addresses.size() && !facts_.addresses[there].ours;
  const auto attempt = [&]() -> base::Result<void> {
    switch (step.kind) {
      case net::StepKind::kAdd:
        return add(step);
      case net::StepKind::kRemove:
        return remove(step);
      case net::StepKind::kRenew:
        break;
    }
    renew(step);
    return {};
  };
  net::StepDone done{step, {}};
  switch (refusal_) {
    case Refusal::kNone:
      done.outcome = attempt();
      break;
    case Refusal::kPermission:
      done.outcome = fail(base::report_error("Operation not permitted (EPERM)"));
      break;
    case Refusal::kNoDevice:
      done.outcome = fail(base::retry_error("No such device (ENODEV)"));
      break;
    case Refusal::kNoBuffers:
      done.outcome = fail(base::retry_error("No buffer space available (ENOBUFS)"));
      break;
    case Refusal::kSilence:
      if (scene_.prng.chance(500)) {
        (void)attempt();
      }
      done.outcome = fail(base::resync_error("the kernel did not answer"));
      break;
  }
  scene_.tell(node_, StepTried{step, foreign, done.outcome.has_value()});
  return done;
}

std::shared_ptr<const net::HostFacts> HostKernel::read() {
  ++facts_.resyncs;
  changed_ = false;
  return std::make_shared<const net::HostFacts>(facts_);
}

std::size_t HostKernel::segment_of(net::InterfaceIndex interface) const {
  for (const Port& port : ports_) {
    if (port.present && port.link.index == interface && port.link.operational()) {
      return port.segment;
    }
  }
  return kNoSegment;
}

net::InterfaceIndex HostKernel::interface_on(std::size_t segment) const {
  for (const Port& port : ports_) {
    if (port.present && port.segment == segment && port.link.operational()) {
      return port.link.index;
    }
  }
  return {};
}

}  // namespace keelvip::sim
