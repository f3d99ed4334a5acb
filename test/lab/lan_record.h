// What lan_probe saw, folded as it arrives and told as JSON. One Record per run, one thread. All
// times are nanoseconds since 1970 as the kernel stamped the frames, so that a test can set them
// against the moment at which it pulled a cable or sent a signal.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lan_frames.h"

namespace keelvip::lab {

using Time = std::int64_t;

/// Consecutive answers, or claims, from one MAC address.
struct Stretch {
  Mac mac;
  Time first = 0;
  Time last = 0;
  std::uint64_t count = 0;
  Time other_advert = 0;  // the last advert for this VIP from another MAC before `first`; 0: none
};

/// One VIP as the client sees it.
class VipRecord {
 public:
  explicit VipRecord(Address address) : address_(address) {}

  [[nodiscard]] const Address& address() const { return address_; }
  [[nodiscard]] std::uint32_t sent(Time now);  // the running number of the packet that goes out
  void answered(const EchoReply& reply, Time now);
  void claimed(const Mac& mac, Time now);
  void adverted(const Mac& mac, Time now) { adverts_[mac] = now; }
  /// Whether the VIP answered from `mac` last.
  [[nodiscard]] bool answered_by(const Mac& mac) const {
    return !answers_.empty() && answers_.back().mac == mac;
  }
  /// A packet without an answer within `patience` is lost. A younger one is judged only when a
  /// later one has been answered: frames do not overtake each other on this LAN.
  [[nodiscard]] std::string to_json(Time now, Time patience) const;

 private:
  struct Packet {
    Time sent = 0;
    Time answered = 0;
  };
  struct Outage {
    Time start = 0;  // the first lost packet left
    Time end = 0;    // the first answer after it; 0: none yet
    std::uint64_t lost = 0;
  };
  [[nodiscard]] std::vector<Outage> outages(Time now, Time patience) const;

  Address address_;
  std::vector<Packet> packets_;
  std::vector<Stretch> answers_;
  std::vector<Stretch> claims_;
  std::map<Mac, Time> adverts_;
};

class Record {
 public:
  void advert(const Advert& advert, unsigned interface, Time now);
  /// An answer to who-has round `round`: two MACs in one round are two holders at once.
  void holds(const Address& address, const Mac& mac, std::uint64_t round, Time now);
  [[nodiscard]] std::string adverts_json() const;
  [[nodiscard]] std::string elections_json() const;
  [[nodiscard]] std::string holders_json() const;

 private:
  struct Router {  // who speaks for one virtual router, and with what priority
    Address source;
    unsigned priority = 0;
    friend bool operator==(const Router&, const Router&) = default;
  };
  struct Speaker {
    Advert last_advert;
    std::uint64_t count = 0;
    std::uint64_t resigned = 0;  // adverts of priority 0
    Time first = 0;
    Time last = 0;
    Time longest_gap = 0;
  };
  struct Election {
    Time time = 0;
    unsigned interface = 0;
    unsigned vrid = 0;
    Router router;
  };
  struct Holding {
    std::uint64_t round = 0;
    Mac mac;
    Time time = 0;
  };
  struct TwoHolders {
    Address address;
    Mac one;
    Mac other;
    Time first = 0;
    Time last = 0;
  };
  using RouterKey = std::tuple<unsigned, unsigned, bool>;  // interface, VRID, IPv6

  std::map<std::pair<RouterKey, Address>, Speaker> speakers_;
  std::map<RouterKey, Router> routers_;
  std::vector<Election> elections_;
  std::map<Address, Holding> holdings_;
  std::map<Address, std::map<Mac, std::uint64_t>> holders_;  // who answered how often
  std::vector<TwoHolders> two_holders_;
};

/// Pieces of JSON.
[[nodiscard]] std::string json_seconds(Time time);  // "null" for 0
[[nodiscard]] std::string json_list(const std::vector<std::string>& items);

}  // namespace keelvip::lab
