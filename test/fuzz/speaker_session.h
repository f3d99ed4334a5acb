// Session: a Speaker with several virtual routers, its clock, and what must hold whatever it hears:
// a packet that is not let in changes nothing, one that is let in touches one router, answers are
// bounded, a turn does all that is due, and what is sent is what a receiver takes.
#pragma once

#include <cstddef>
#include <vector>

#include "input.h"
#include "pkg/vrrp/speaker_rig.h"

namespace keelvip::fuzz {

class Session {
 public:
  Session();

  /// One step of the story that `input` tells.
  void step(Input& input);

 private:
  void live(base::Duration duration);
  void hear(const vrrp::PeerPacket& packet);
  void reconfigure(Input& input);
  void adopt();
  void turn();

  [[nodiscard]] vrrp::PeerPacket read_advert(Input& input) const;
  /// Counts and clears.
  std::size_t take_adverts();

  vrrp::Speaker speaker_;
  vrrp::SpeakerConfig config_;
  std::vector<vrrp::RouterConfig> absent_;
  base::Instant now_{};
  vrrp::SpeakerReport before_;  // the last packet, and after it; kept for their memory
  vrrp::SpeakerReport after_;
};

}  // namespace keelvip::fuzz
