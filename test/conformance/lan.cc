#include "lan.h"

#include <algorithm>

#include <fmt/core.h>

#include "arguments.h"
#include "counters.h"
#include "print_frame.h"

namespace keelvip::conformance {

vrrp::RouterConfig* Node::find_router(std::uint32_t id) {
  const auto found = std::ranges::find(config.routers, vrrp::RouterId{id}, &vrrp::RouterConfig::id);
  return found == config.routers.end() ? nullptr : &*found;
}

Node& Lan::node(std::string_view name) {
  if (name.size() != 1 || name < "a" || name > "z") {
    malformed(fmt::format("a node is one letter, not {}", name));
  }
  const auto [at, fresh] = nodes_.try_emplace(std::string(name));
  at->second.name = name;
  return at->second;
}

void Lan::remove_node(std::string_view name) {
  nodes_.erase(std::string(name));
}

void Lan::say(std::string text) {
  // A period that repeats is one line.
  if (!log_.empty() && log_.back().text == text) {
    log_.back().last = now_;
    ++log_.back().times;
  } else {
    log_.push_back({now_, now_, 1, std::move(text)});
  }
}

std::string Lan::take_log() {
  std::string all;
  for (const Line& line : log_) {
    all += line.times == 1 ? fmt::format("{} {}\n", print(line.first), line.text)
                           : fmt::format("{} {} ({} times until {})\n", print(line.first),
                                         line.text, line.times, print(line.last));
  }
  log_.clear();
  for (auto& [name, node] : nodes_) {
    if (node.deadline_seen != node.speaker.next_deadline()) {
      node.deadline_seen = node.speaker.next_deadline();
      all += fmt::format("next of {}: {}\n", name, print(node.deadline_seen));
    }
  }
  return all;
}

void Lan::note_changes(Node& node) {
  vrrp::SpeakerReport report;
  node.speaker.report(report);
  for (const vrrp::RouterReport& router : report.routers) {
    const auto before = std::ranges::find(node.seen.routers, router.id, &vrrp::RouterReport::id);
    const bool known = before != node.seen.routers.end();
    const vrrp::Role from = known ? before->role : vrrp::Role::kInitialize;
    const std::string who = fmt::format("{}{}", node.name, router.id.value);
    if (from != router.role) {
      say(fmt::format("{} {} -> {} ({})", who, to_string(from), to_string(router.role),
                      to_string(router.reason)));
    }
    if (counters_) {
      const auto old = known ? before->statistics : vrrp::RouterStatistics{};
      for (const std::string& change : counter_changes(old, router.statistics)) {
        say(fmt::format("{} {}", who, change));
      }
    }
  }
  if (counters_) {
    for (const std::string& change : counter_changes(node.seen.statistics, report.statistics)) {
      say(fmt::format("{} {}", node.name, change));
    }
  }
  node.seen = std::move(report);
}

void Lan::deliver(const Node& sender, net::InterfaceIndex interface,
                  const std::vector<std::byte>& frame) {
  for (auto& [name, receiver] : nodes_) {
    if (&receiver == &sender || !receiver.connected || !sender.connected || !is_vrrp(frame)) {
      continue;
    }
    receiver.speaker.receive(vrrp::PeerPacket::from_frame(interface, frame).view(), now_);
    settle(receiver);
  }
}

void Lan::settle(Node& node) {
  struct Sent {
    net::InterfaceIndex interface;
    std::vector<std::byte> bytes;
  };
  std::vector<Sent> sent;
  for (std::size_t i = 0; i < node.speaker.frames().size(); ++i) {
    const auto frame = node.speaker.frames()[i];
    sent.push_back({frame.interface, {frame.bytes.begin(), frame.bytes.end()}});
  }
  node.speaker.frames().clear();
  for (const Sent& frame : sent) {
    say(fmt::format("{} sends {}", node.name, print_frame(frame.bytes, hex_)));
  }
  note_changes(node);
  for (const Sent& frame : sent) {
    deliver(node, frame.interface, frame.bytes);
  }
}

void Lan::adopt(Node& node) {
  std::ranges::sort(node.config.routers, {}, &vrrp::RouterConfig::id);
  ++node.config.revision;
  node.speaker.adopt(node.config, now_);
  settle(node);
}

void Lan::receive(Node& node, const vrrp::PeerPacket& packet) {
  node.speaker.receive(packet.view(), now_);
  settle(node);
}

void Lan::wake() {
  for (auto& [name, node] : nodes_) {
    while (node.speaker.next_deadline() <= now_) {
      node.speaker.advance(now_);
      settle(node);
    }
  }
}

void Lan::run(base::Duration duration) {
  const base::Instant end = now_ + duration;
  const bool counters = std::exchange(counters_, false);
  for (;;) {
    base::Instant next = base::kNever;
    for (auto& [name, node] : nodes_) {
      next = std::min(next, node.speaker.next_deadline());
    }
    if (next > end) {
      break;
    }
    now_ = std::max(now_, next);
    wake();
  }
  now_ = end;
  counters_ = counters;
}

}  // namespace keelvip::conformance
