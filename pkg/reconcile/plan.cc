#include "pkg/reconcile/plan.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

namespace keelvip::reconcile {
namespace {

using Place = std::tuple<net::InterfaceIndex, net::Prefix>;

Place place_of(const net::Address& address) {
  return {address.interface, address.prefix};
}
Place place_of(const DesiredAddress& address) {
  return {address.interface, address.prefix};
}

/// Why an address of ours should not be where it is.
StepReason removal_reason(const net::Address& address, std::uint32_t router,
                          const Desired& desired) {
  if (router == kNoPosition) {
    return StepReason::kNotAVirtualAddress;
  }
  // A router holds its addresses on one interface, so there is one place to look.
  const net::IpAddress& ip = address.prefix.address;
  const Place first{desired.routers[router].interface, net::Prefix{ip, 0}};
  const auto wanted =
      std::ranges::lower_bound(desired.addresses, first, {},
                               [](const DesiredAddress& candidate) { return place_of(candidate); });
  if (wanted == desired.addresses.end() || wanted->prefix.address != ip) {
    return StepReason::kRoleIsNotActive;
  }
  return wanted->interface == address.interface ? StepReason::kWrongPrefixLength
                                                : StepReason::kWrongInterface;
}

class Planner {
 public:
  Planner(const Assignment& assignment, const Desired& desired, const Observed& observed)
      : assignment_(assignment), desired_(desired), observed_(observed) {}

  Plan make() && {
    auto have = observed_.facts.addresses.begin();
    const auto end = observed_.facts.addresses.end();
    for (const DesiredAddress& wanted : desired_.addresses) {
      for (; have != end && place_of(*have) < place_of(wanted); ++have) {
        surplus(*have);
      }
      if (have != end && place_of(*have) == place_of(wanted)) {
        ++have;  // there already; if it is somebody else's, it is theirs to keep
      } else if (wanted.add) {
        missing(wanted);
      }
    }
    for (; have != end; ++have) {
      surplus(*have);
    }
    plan_.steps.insert(plan_.steps.end(), additions_.begin(), additions_.end());
    return std::move(plan_);
  }

 private:
  void surplus(const net::Address& address) {
    if (!address.ours) {
      return;
    }
    const std::uint32_t router = assignment_.router_of(address.prefix.address);
    put(plan_.steps, Step{{net::StepKind::kRemove, address.interface, address.prefix, false},
                          removal_reason(address, router, desired_),
                          router});
  }

  void missing(const DesiredAddress& wanted) {
    put(additions_, Step{{net::StepKind::kAdd, wanted.interface, wanted.prefix,
                          wanted.without_route, wanted.lifetime},
                         StepReason::kRoleIsActive,
                         wanted.router});
  }

  void put(std::vector<Step>& steps, const Step& step) {
    const HeldAddress key{step.change.interface, step.change.prefix.address};
    const bool held = std::ranges::binary_search(observed_.held, key);
    (held ? plan_.waiting : steps).push_back(step);
  }

  const Assignment& assignment_;
  const Desired& desired_;
  const Observed& observed_;
  Plan plan_;
  std::vector<Step> additions_;
};

void append_lines(std::string& text, std::span<const Step> steps, std::string_view suffix,
                  const Assignment& assignment, const net::HostFacts& facts) {
  for (const Step& step : steps) {
    const net::Link* link = facts.find_link(step.change.interface);
    text += fmt::format(
        "{} {} on {}  {}{}{}{}\n", step.change.kind == net::StepKind::kAdd ? '+' : '-',
        step.change.prefix.to_string(),
        link != nullptr ? link->name : fmt::format("interface {}", step.change.interface.value),
        step.router != kNoPosition ? assignment.vip_name(step.router) : "",
        step.router != kNoPosition ? ": " : "", to_string(step.reason), suffix);
  }
}

}  // namespace

std::string_view to_string(StepReason reason) {
  switch (reason) {
    case StepReason::kRoleIsActive:
      return "RoleIsActive";
    case StepReason::kRoleIsNotActive:
      return "RoleIsNotActive";
    case StepReason::kNotAVirtualAddress:
      return "NotAVirtualAddress";
    case StepReason::kWrongPrefixLength:
      return "WrongPrefixLength";
    case StepReason::kWrongInterface:
      break;
  }
  return "WrongInterface";
}

Plan make_plan(const Assignment& assignment, const Desired& desired, const Observed& observed) {
  return Planner(assignment, desired, observed).make();
}

std::string to_text(const Plan& plan, const Assignment& assignment, const net::HostFacts& facts) {
  if (plan.steps.empty() && plan.waiting.empty()) {
    return "Nothing to change.\n";
  }
  std::string text;
  append_lines(text, plan.steps, "", assignment, facts);
  append_lines(text, plan.waiting, " (waiting)", assignment, facts);
  return text;
}

}  // namespace keelvip::reconcile
