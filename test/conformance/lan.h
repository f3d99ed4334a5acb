// Lan: nodes with real Speakers on one wire that delivers at once, and a clock that jumps from
// deadline to deadline. Writes down everything that happens, for the conformance transcripts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/vrrp/peer_packet.h"
#include "pkg/vrrp/speaker.h"

namespace keelvip::conformance {

struct Node {
  std::string name;
  vrrp::Speaker speaker;
  vrrp::SpeakerConfig config;
  vrrp::SpeakerReport seen;  // as of the last thing written down
  base::Instant deadline_seen = base::kNever;
  bool connected = true;

  /// nullptr when it has no such router.
  [[nodiscard]] vrrp::RouterConfig* find_router(std::uint32_t id);
};

class Lan {
 public:
  /// By one letter, 'a' to 'z'; made on first use.
  Node& node(std::string_view name);
  void remove_node(std::string_view name);

  void adopt(Node& node);
  void receive(Node& node, const vrrp::PeerPacket& packet);
  void run(base::Duration duration);
  /// Time passes and nobody wakes: a stall of every node.
  void stall(base::Duration duration) { now_ += duration; }
  /// Wakes every node that has something due.
  void wake();

  void print_frames_as_hex(bool hex) { hex_ = hex; }
  void print_counters(bool counters) { counters_ = counters; }

  [[nodiscard]] base::Instant now() const { return now_; }

  void say(std::string text);
  /// What was written down since the last call, and every node's next deadline if it moved.
  [[nodiscard]] std::string take_log();

 private:
  struct Line {
    base::Instant first;
    base::Instant last;
    std::size_t times = 1;
    std::string text;
  };

  /// After each call into a Speaker: writes down and delivers its frames, then its changes.
  void settle(Node& node);
  void deliver(const Node& sender, net::InterfaceIndex interface,
               const std::vector<std::byte>& frame);
  void note_changes(Node& node);

  std::map<std::string, Node, std::less<>> nodes_;
  base::Instant now_{};
  std::vector<Line> log_;
  bool hex_ = false;
  bool counters_ = true;
};

}  // namespace keelvip::conformance
