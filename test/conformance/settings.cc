#include "settings.h"

#include <algorithm>
#include <span>

namespace keelvip::conformance {
namespace {

using vrrp::PreemptionMode;

std::uint8_t number_of(std::string_view node) {
  return static_cast<std::uint8_t>(11 + (node.front() - 'a'));
}

vrrp::Preemption preemption_from(const std::string& text) {
  if (text == "immediate") {
    return {};
  }
  if (text == "never") {
    return {PreemptionMode::kNever, {}};
  }
  return {PreemptionMode::kDelayed, duration_from(text)};
}

vrrp::ChecksumPolicy policy_from(const std::string& text) {
  if (text == "rfc9568") {
    return vrrp::ChecksumPolicy::kMessageOnly;
  }
  if (text == "pseudo") {
    return vrrp::ChecksumPolicy::kPseudoHeader;
  }
  return text == "auto"
             ? vrrp::ChecksumPolicy::kAuto
             : (malformed("checksum is auto, rfc9568 or pseudo"), vrrp::ChecksumPolicy{});
}

void apply_addresses(Arguments& arguments, std::string_view node, vrrp::RouterSettings& settings) {
  const std::vector<std::string> wanted = arguments.list("addresses");
  if (wanted.empty()) {
    return;
  }
  const std::vector<vrrp::AdvertisedAddress> before = std::move(settings.addresses);
  settings.addresses.clear();
  for (const std::string& text : wanted) {
    const net::IpAddress address = address_from(text);
    const auto known = std::ranges::find(before, address, &vrrp::AdvertisedAddress::address);
    settings.addresses.push_back(known == before.end() ? vrrp::AdvertisedAddress{address, 0}
                                                       : *known);
  }
  settings.family = settings.addresses.front().address.family();
  settings.primary = node_address(node, settings.family);
}

void apply_announce(Arguments& arguments, vrrp::AnnounceSettings& announce) {
  announce.burst_count =
      static_cast<std::uint32_t>(arguments.number("burst", static_cast<int>(announce.burst_count)));
  if (const auto value = arguments.find("burst-interval")) {
    announce.burst_interval = duration_from(*value);
  }
  if (const auto value = arguments.find("second-burst")) {
    announce.second_burst_delay = duration_from(*value);
  }
  if (const auto value = arguments.find("refresh")) {
    announce.refresh = duration_from(*value);
  }
}

void apply_acceptance(Arguments& arguments, vrrp::AcceptancePolicy& acceptance) {
  acceptance.require_link_local =
      arguments.yes("require-link-local", acceptance.require_link_local);
  acceptance.require_same_addresses_v2 =
      arguments.yes("require-same-addresses", acceptance.require_same_addresses_v2);
  acceptance.empty_resignation = arguments.yes("empty-resignation", acceptance.empty_resignation);
  acceptance.invert_owner_listening =
      arguments.yes("invert-owner-listening", acceptance.invert_owner_listening);
  acceptance.answer_inferior = arguments.yes("answer-inferior", acceptance.answer_inferior);
}

void apply_identity(Arguments& arguments, vrrp::RouterConfig& config) {
  vrrp::RouterSettings& settings = config.settings;
  config.participate = arguments.yes("participate", config.participate);
  config.hand_over = arguments.yes("hand-over", config.hand_over);
  settings.version =
      static_cast<vrrp::Version>(arguments.number("v", static_cast<int>(settings.version)));
  settings.vrid.value = static_cast<std::uint8_t>(arguments.number("vrid", settings.vrid.value));
  settings.interface.value = static_cast<std::uint32_t>(
      arguments.number("interface", static_cast<int>(settings.interface.value)));
  if (const auto value = arguments.find("primary")) {
    settings.primary = address_from(*value);
  }
  if (const auto value = arguments.find("mac")) {
    const auto mac = net::MacAddress::parse(*value);
    settings.mac = mac ? *mac : (malformed(mac.error().message), net::MacAddress{});
  }
}

}  // namespace

net::IpAddress node_address(std::string_view node, net::Family family) {
  const std::uint8_t number = number_of(node);
  return family == net::Family::kIpv4
             ? net::IpAddress::v4({192, 0, 2, number})
             : net::IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number});
}

vrrp::SimpleText simple_text(std::string_view password) {
  vrrp::SimpleText text{};
  std::ranges::copy(std::as_bytes(std::span(password.substr(0, text.size()))), text.begin());
  return text;
}

vrrp::RouterConfig default_router(std::string_view node, std::uint32_t id) {
  vrrp::RouterConfig config;
  config.id = {id};
  config.participate = true;
  vrrp::RouterSettings& settings = config.settings;
  settings.vrid = {51};
  settings.advert_interval = base::Centiseconds{100};
  settings.interface = {2};
  settings.primary = node_address(node, net::Family::kIpv4);
  settings.mac = {{0x02, 0, 0, 0, 0, number_of(node)}};
  settings.announce = {2, base::Milliseconds{20}, std::chrono::seconds(5), {}};
  settings.addresses = {{net::IpAddress::v4({192, 0, 2, 100}), 0}};
  return config;
}

void apply_settings(Arguments& arguments, std::string_view node, vrrp::RouterConfig& config) {
  vrrp::RouterSettings& settings = config.settings;
  apply_addresses(arguments, node, settings);
  apply_identity(arguments, config);
  settings.priority.value =
      static_cast<std::uint8_t>(arguments.number("priority", settings.priority.value));
  settings.advert_interval = base::Centiseconds{
      arguments.number("interval", static_cast<int>(settings.advert_interval.count()))};
  if (const auto value = arguments.find("preempt")) {
    settings.preemption = preemption_from(*value);
  }
  if (const auto value = arguments.find("password")) {
    settings.password = simple_text(*value);
  }
  if (const auto value = arguments.find("checksum")) {
    settings.checksum = policy_from(*value);
  }
  apply_announce(arguments, settings.announce);
  apply_acceptance(arguments, settings.acceptance);
}

}  // namespace keelvip::conformance
