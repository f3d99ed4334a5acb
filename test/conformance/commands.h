// Commands: what a transcript can do, one line each (README.md lists them). For the conformance
// tests.
#pragma once

#include <cstdint>
#include <string_view>

#include "arguments.h"
#include "lan.h"

namespace keelvip::conformance {

class Commands {
 public:
  /// Ends the program when there is no such command or key.
  void execute(std::string_view line);

  [[nodiscard]] Lan& lan() { return lan_; }

 private:
  void router(Arguments& arguments);
  void remove(Arguments& arguments);
  void confirm(Arguments& arguments);
  void advert(Arguments& arguments);
  void vector(Arguments& arguments);
  void expire(Arguments& arguments);
  void show(Arguments& arguments);

  Node& target(Arguments& arguments);
  void receive(Arguments& arguments, vrrp::PeerPacket packet);

  Lan lan_;
  std::uint32_t confirmations_ = 0;
};

}  // namespace keelvip::conformance
