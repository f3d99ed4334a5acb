#include "pkg/reconcile/explain.h"

#include <fmt/format.h>

#include "pkg/vrrp/advertisement.h"

namespace keelvip::reconcile {
namespace {

std::string interface_name(const net::HostFacts& facts, net::InterfaceIndex index) {
  const net::Link* link = facts.find_link(index);
  return link != nullptr ? link->name : fmt::format("interface {}", index.value);
}

std::string failing_check(const Assignment& assignment, std::uint32_t router, std::uint32_t check,
                          const health::Roster* checks) {
  const api::VirtualIp& resource = assignment.resource(assignment.routers[router].vip);
  const std::string& name = resource.spec.health_checks[check].name;
  const health::Tracker* tracker =
      checks != nullptr ? checks->find({resource.metadata.name, name}) : nullptr;
  if (tracker == nullptr || tracker->last_failure().empty()) {
    return fmt::format("Health check {} fails.", name);
  }
  return fmt::format("Health check {} fails: {}.", name, tracker->last_failure());
}

std::string explain_place(const Assignment& assignment, std::uint32_t router, Fitness fitness,
                          const std::string& interface) {
  const AssignedVip& vip = assignment.vips[assignment.routers[router].vip];
  switch (fitness) {
    case Fitness::kInterfaceAbsent:
      return fmt::format("Interface {} does not exist; waiting for it.",
                         assignment.interface_names[vip.interface_name]);
    case Fitness::kNoMatchingInterface:
      return fmt::format(
          "No interface has a subnet that holds {}; waiting for one (spec.interface can name it).",
          vip.locator.to_string());
    case Fitness::kNotEthernet:
      return fmt::format("{} is no Ethernet interface: adverts and ARP cannot be sent on it.",
                         interface);
    case Fitness::kInterfaceDown:
      return fmt::format("Interface {} is down; waiting for it.", interface);
    default:
      return fmt::format("Interface {} has no carrier; waiting for it.", interface);
  }
}

std::string explain_drain(const Assignment& assignment, std::uint32_t router,
                          const std::string& interface) {
  if (assignment.is_owner(router)) {
    return fmt::format(
        "This node is drained: it no longer advertises the addresses, but it owns them (priority "
        "255), so they stay on {} until somebody removes them.",
        interface);
  }
  return "This node is drained; `keelvip undrain` on it ends that.";
}

}  // namespace

std::string explain_fitness(const Assignment& assignment, const net::HostFacts& facts,
                            const Desired& desired, std::uint32_t router,
                            const health::Roster* checks, std::span<const vrrp::Unheard> unheard) {
  const DesiredRouter& state = desired.routers[router];
  const AssignedRouter& assigned = assignment.routers[router];
  const std::string interface = interface_name(facts, state.interface);
  switch (state.fitness) {
    case Fitness::kFit:
      return {};
    case Fitness::kStopping:
      return "The agent is stopping.";
    case Fitness::kDrained:
      return explain_drain(assignment, router, interface);
    case Fitness::kInterfaceAbsent:
    case Fitness::kNoMatchingInterface:
    case Fitness::kNotEthernet:
    case Fitness::kInterfaceDown:
    case Fitness::kNoCarrier:
      return explain_place(assignment, router, state.fitness, interface);
    case Fitness::kVridInUse:
      return fmt::format("VirtualIP {} has virtualRouterID {} on {} already ({}).",
                         assignment.vip_name(state.culprit), assigned.settings.vrid.value,
                         interface, net::to_string(assigned.settings.family));
    case Fitness::kAddressIsForeign: {
      const net::Address& address = facts.addresses[state.culprit];
      return fmt::format(
          "{} is on {} and Keelvip has not put it there; remove it, or give this "
          "node priority 255 if it owns the address.",
          address.prefix.to_string(), interface_name(facts, address.interface));
    }
    case Fitness::kNotAddressOwner:
      return fmt::format("Priority 255 says that this node owns {}, but {} does not have it.",
                         assigned.addresses[state.culprit].address.to_string(), interface);
    case Fitness::kNoSourceAddress:
      return fmt::format(
          "{} has no usable {} address to send adverts from.", interface,
          assigned.settings.family == net::Family::kIpv4 ? "IPv4" : "IPv6 link-local");
    case Fitness::kMtuTooSmall:
      return fmt::format(
          "An advert with all {} addresses has {} bytes, and {} takes {} (its MTU): raise that, or "
          "make several VirtualIPs of this one.",
          assigned.addresses.size(),
          vrrp::packet_size(assigned.settings.version, assigned.settings.family,
                            assigned.addresses.size()),
          interface, facts.find_link(state.interface)->mtu);
    case Fitness::kCannotListen:
      return fmt::format("No advert can be heard on {}: {}.", interface,
                         unheard[state.culprit].reason);
    case Fitness::kHealthCheckFailing:
      return failing_check(assignment, router, state.culprit, checks);
    case Fitness::kHealthCheckPending:
      return fmt::format("Health check {} has no result yet.",
                         assignment.resource(assigned.vip).spec.health_checks[state.culprit].name);
    case Fitness::kOtherFamilyInFault:
      break;
  }
  return fmt::format("The {} router of this VirtualIP cannot take part: {}.",
                     net::to_string(assignment.routers[state.culprit].settings.family),
                     to_string(desired.routers[state.culprit].fitness));
}

std::string_view explain_transition(vrrp::TransitionReason reason) {
  switch (reason) {
    case vrrp::TransitionReason::kNone:
      return "It is about to listen for adverts.";
    case vrrp::TransitionReason::kStarted:
      return "It listens for adverts.";
    case vrrp::TransitionReason::kStopped:
      return "It no longer takes part.";
    case vrrp::TransitionReason::kConfigExpired:
      return "The controller fell silent.";
    case vrrp::TransitionReason::kNoResponse:
      return "No advert was heard for three intervals and the skew.";
    case vrrp::TransitionReason::kPeerResigned:
      return "The Active resigned.";
    case vrrp::TransitionReason::kPreempted:
      return "It took over from an Active of lower priority.";
    case vrrp::TransitionReason::kHigherPriority:
      return "An advert of higher priority was heard.";
    case vrrp::TransitionReason::kHigherAddress:
      return "An advert of equal priority from a higher address was heard.";
    case vrrp::TransitionReason::kPriorityLowered:
      return "Its priority was lowered, so it resigned and stands for election again.";
    case vrrp::TransitionReason::kStalled:
      return "It was away for so long that somebody else must have taken over.";
    case vrrp::TransitionReason::kAddressOwner:
      break;
  }
  return "It owns the addresses.";
}

std::string explain_rejection(vrrp::Rejection rejection, const vrrp::RouterSettings& settings) {
  using vrrp::Rejection;
  switch (rejection) {
    case Rejection::kIncompletePacket:
      return "they end before their own headers do";
    case Rejection::kAuthenticationHeader:
      return "they are wrapped in an IPsec authentication header";
    case Rejection::kTimeToLive:
      return "their TTL is not 255, so they crossed a router or are forged";
    case Rejection::kBadSource:
      return "no router can have that address";
    case Rejection::kOwnSource:
      return "that is this node's own address: a loop, or somebody else has it too";
    case Rejection::kCastMismatch:
      return "they are not sent to the multicast group of VRRP";
    case Rejection::kVersion:
      return fmt::format("they are not of VRRP version {}, which spec.vrrpVersion has here",
                         static_cast<int>(settings.version));
    case Rejection::kType:
      return "their type is none that VRRP knows";
    case Rejection::kPacketLength:
      return "their length does not fit the number of their addresses";
    case Rejection::kChecksum:
      return "their checksum is wrong, or of a form that spec.checksumIPv4 excludes";
    case Rejection::kAuthTypeInvalid:
      return "their authentication is of a type that VRRP does not know";
    case Rejection::kAuthTypeMismatch:
      return settings.password ? "they carry no password, and spec.authentication wants one here"
                               : "they are authenticated, and there is no spec.authentication here";
    case Rejection::kAuthFailure:
      return "their password is not that of spec.authentication here";
    case Rejection::kEmptyAddressList:
      return "they list no address";
    case Rejection::kInterval:
      if (settings.version == vrrp::Version::kV3) {
        return "their interval is 0";  // any other is adopted
      }
      return fmt::format("their interval is not the {} ms of spec.advertIntervalMilliseconds here",
                         base::Milliseconds(settings.advert_interval).count());
    case Rejection::kAddressList:
      return "they list other addresses than spec.addresses here";
    case Rejection::kTruncated:
    case Rejection::kUnknownRouter:
    case Rejection::kInitialize:
    case Rejection::kOwnerIgnores:
      break;
  }
  return {};
}

}  // namespace keelvip::reconcile
