#include "commands.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/core.h>

#include "settings.h"
#include "vectors.h"

namespace keelvip::conformance {
namespace {

using vrrp::PeerPacket;

vrrp::RouterConfig& router_of(Node& node, Arguments& arguments) {
  const auto id = static_cast<std::uint32_t>(arguments.number("id", 1));
  if (vrrp::RouterConfig* config = node.find_router(id)) {
    return *config;
  }
  malformed(fmt::format("node {} has no router {}", node.name, id));
}

/// The advert of another router that agrees with `config` in all that the keys do not name.
PeerPacket advert_for(const vrrp::RouterConfig& config, Arguments& arguments) {
  vrrp::RouterConfig peer = config;
  peer.settings.priority = {};
  peer.settings.primary = node_address("b", config.settings.family);
  apply_settings(arguments, "b", peer);
  const vrrp::RouterSettings& s = peer.settings;
  std::vector<net::IpAddress> addresses;
  for (const vrrp::AdvertisedAddress& advertised : s.addresses) {
    addresses.push_back(advertised.address);
  }
  vrrp::MessageFields fields{.version = s.version,
                             .family = s.family,
                             .vrid = s.vrid,
                             .priority = s.priority,
                             .interval = s.advert_interval};
  if (s.password) {
    fields.auth_type = 1;
    fields.auth_data = *s.password;
  }
  const auto source = arguments.find("from");
  const bool rfc = arguments.text("form", "pseudo") == "rfc9568";
  PeerPacket packet =
      PeerPacket::of(fields, addresses, source ? address_from(*source) : s.primary,
                     rfc ? vrrp::ChecksumForm::kMessageOnly : vrrp::ChecksumForm::kPseudoHeader);
  packet.interface = s.interface;
  return packet;
}

/// A checksum that fits the message alone, or over IPv6 its pseudo-header.
void mend(PeerPacket& packet) {
  packet.message_byte(6) = packet.message_byte(7) = std::byte{0};
  const auto form = packet.family == net::Family::kIpv6 ? vrrp::ChecksumForm::kPseudoHeader
                                                        : vrrp::ChecksumForm::kMessageOnly;
  const std::uint16_t sum =
      vrrp::compute_checksum(std::span(packet.bytes).subspan(packet.message_offset()), form,
                             packet.source, packet.destination);
  packet.message_byte(6) = static_cast<std::byte>(sum >> 8U);
  packet.message_byte(7) = static_cast<std::byte>(sum & 0xffU);
}

void set_hop_limit(PeerPacket& packet, int hops) {
  packet.hop_limit = static_cast<std::uint8_t>(hops);
  if (packet.family == net::Family::kIpv4) {
    packet.bytes[8] = static_cast<std::byte>(hops);
  }
}

void set_destination(PeerPacket& packet, const net::IpAddress& destination) {
  packet.destination = destination;
  if (packet.family == net::Family::kIpv4) {
    std::ranges::copy(std::as_bytes(destination.bytes()), packet.bytes.begin() + 16);
  }
}

/// The keys that damage a packet, in a fixed order: bytes, length, checksum, IP header.
void damage(Arguments& arguments, PeerPacket& packet) {
  for (const std::string& change : arguments.list("bytes")) {
    const auto colon = change.find(':');
    packet.message_byte(static_cast<std::size_t>(number_from(change.substr(0, colon)))) =
        static_cast<std::byte>(number_from(change.substr(colon + 1)));
  }
  const int grow = arguments.number("grow", 0);
  packet.resize(static_cast<std::size_t>(std::ssize(packet.bytes) + grow));
  if (arguments.yes("mend", false)) {
    mend(packet);
  }
  if (const auto hops = arguments.find("ttl")) {
    set_hop_limit(packet, number_from(*hops));
  }
  if (const auto destination = arguments.find("to-address")) {
    set_destination(packet, address_from(*destination));
  }
  if (arguments.yes("router-alert", false)) {
    constexpr std::array kOption{std::byte{0x94}, std::byte{4}, std::byte{0}, std::byte{0}};
    packet.bytes[0] = std::byte{0x46};
    packet.bytes.insert(packet.bytes.begin() + 20, kOption.begin(), kOption.end());
    packet.resize(packet.bytes.size());
  }
  packet.truncated = arguments.yes("truncated", false);
}

}  // namespace

Node& Commands::target(Arguments& arguments) {
  return lan_.node(arguments.text("on", "a"));
}

void Commands::router(Arguments& arguments) {
  Node& node = target(arguments);
  const auto id = static_cast<std::uint32_t>(arguments.number("id", 1));
  if (node.find_router(id) == nullptr) {
    node.config.routers.push_back(default_router(node.name, id));
  }
  apply_settings(arguments, node.name, *node.find_router(id));
  lan_.adopt(node);
}

void Commands::remove(Arguments& arguments) {
  Node& node = target(arguments);
  std::erase(node.config.routers, router_of(node, arguments));
  lan_.adopt(node);
}

/// The kernel confirms addresses: all of them, or those named. `gone=yes`: they were lost.
void Commands::confirm(Arguments& arguments) {
  Node& node = target(arguments);
  const std::vector<std::string> named = arguments.list("addresses");
  const bool gone = arguments.yes("gone", false);
  ++confirmations_;
  for (vrrp::AdvertisedAddress& advertised : router_of(node, arguments).settings.addresses) {
    if (named.empty() || std::ranges::count(named, advertised.address.to_string()) > 0) {
      advertised.announce_generation = gone ? 0 : confirmations_;
    }
  }
  lan_.adopt(node);
  lan_.wake();
}

void Commands::receive(Arguments& arguments, PeerPacket packet) {
  damage(arguments, packet);
  lan_.receive(target(arguments), packet);
}

void Commands::advert(Arguments& arguments) {
  Node& node = target(arguments);
  receive(arguments, advert_for(router_of(node, arguments), arguments));
}

void Commands::vector(Arguments& arguments) {
  const Vector* vector = arguments.words().empty() ? nullptr : find_vector(arguments.words()[0]);
  if (vector == nullptr) {
    malformed("no such vector");
  }
  receive(arguments, PeerPacket::from_frame(net::InterfaceIndex{2}, vector->frame));
}

void Commands::expire(Arguments& arguments) {
  Node& node = target(arguments);
  node.config.expires = lan_.now() + duration_from(arguments.text("in", ""));
  lan_.adopt(node);
}

void Commands::show(Arguments& arguments) {
  Node& node = target(arguments);
  vrrp::SpeakerReport report;
  node.speaker.report(report);
  for (const vrrp::RouterReport& router : report.routers) {
    lan_.say(fmt::format("{}{} {} since {} ({}), interval {}cs, preempts {}", node.name,
                         router.id.value, to_string(router.role), print(router.since),
                         to_string(router.reason), router.active_advert_interval.count(),
                         print(router.preempt_not_before)));
    if (router.hands_over) {
      lan_.say("  hands over");
    }
    for (const vrrp::Peer& peer : router.peers) {
      lan_.say(fmt::format("  peer {} priority={} interval={}cs v{} heard {}",
                           peer.address.to_string(), peer.priority.value,
                           peer.advert_interval.count(), static_cast<int>(peer.version),
                           print(peer.last_heard)));
    }
    if (const auto& rejected = router.last_rejected) {
      lan_.say(fmt::format("  rejected {} from {} at {}", to_string(rejected->reason),
                           rejected->source.to_string(), print(rejected->at)));
    }
  }
}

void Commands::execute(std::string_view line) {
  Arguments arguments(line);
  const std::string& verb = arguments.verb();
  if (verb == "router") {
    router(arguments);
  } else if (verb == "remove") {
    remove(arguments);
  } else if (verb == "confirm") {
    confirm(arguments);
  } else if (verb == "advert") {
    advert(arguments);
  } else if (verb == "vector") {
    vector(arguments);
  } else if (verb == "expire") {
    expire(arguments);
  } else if (verb == "show") {
    show(arguments);
  } else if (verb == "run") {
    lan_.run(duration_from(arguments.text("for", "")));
  } else if (verb == "stall") {
    lan_.stall(duration_from(arguments.text("for", "")));
    lan_.wake();
  } else if (verb == "kill") {
    lan_.remove_node(arguments.text("on", "a"));
  } else if (verb == "cut" || verb == "join") {
    target(arguments).connected = verb == "join";
  } else if (verb == "hex") {
    lan_.print_frames_as_hex(true);
  } else {
    malformed(fmt::format("unknown command: {}", line));
  }
  arguments.expect_all_used();
}

}  // namespace keelvip::conformance
