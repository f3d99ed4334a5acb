#include "pkg/vrrp/announcer.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace keelvip::vrrp {
namespace {

using base::Instant;
using std::chrono::milliseconds;
using std::chrono::seconds;

net::IpAddress ip(const char* text) {
  return *net::IpAddress::parse(text);
}

/// Announces 192.0.2.100 and .101: two frames 20 ms apart, the same after 5 s, then each minute.
struct Rig {
  RouterSettings settings;
  Announcer announcer;
  net::FrameBatch frames;
  Instant now{};

  Rig() {
    settings.interface = {2};
    settings.mac = {{0x02, 0, 0, 0, 0, 0x0a}};
    settings.announce = {2, milliseconds(20), seconds(5), seconds(60)};
    settings.addresses = {{ip("192.0.2.100"), 0}, {ip("192.0.2.101"), 0}};
    announcer.configure(settings, now);
  }

  void confirm(std::size_t address) {
    ++settings.addresses[address].announce_generation;
    announcer.configure(settings, now);
  }

  /// The addresses announced by the frames since the last call, by their last byte.
  std::string said() {
    std::string text;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      const auto frame = frames[i].bytes;
      text += fmt::format("{}{}", text.empty() ? "" : " ", std::to_integer<unsigned>(frame[31]));
    }
    frames.clear();
    return text;
  }
  std::string first() {
    announcer.send_first(now, 100, frames);
    return said();
  }
  /// Goes to the next deadline; says when, in milliseconds, and what was said.
  std::string next() {
    now = announcer.deadline();
    announcer.send_due(now, 100, frames);
    return fmt::format("{}: {}", now.time_since_epoch() / milliseconds(1), said());
  }
};

}  // namespace

TEST_CASE("an address is announced once the kernel has confirmed it, and not before") {
  Rig rig;
  rig.announcer.start();
  CHECK_FALSE(rig.announcer.has_first());
  rig.confirm(0);
  CHECK(rig.announcer.has_first());
  CHECK(rig.first() == "100");
  CHECK_FALSE(rig.announcer.has_first());
}

TEST_CASE("an address that is there already is announced on becoming Active") {
  Rig rig;
  rig.confirm(0);
  CHECK_FALSE(rig.announcer.has_first());
  rig.announcer.start();
  CHECK(rig.first() == "100");
}

TEST_CASE("conformance 57: a burst, a second one after its delay, then every refresh") {
  Rig rig;
  rig.announcer.start();
  rig.confirm(0);
  rig.confirm(1);
  CHECK(rig.first() == "100 101");
  CHECK(rig.next() == "20: 100 101");
  CHECK(rig.next() == "5000: 100 101");
  CHECK(rig.next() == "5020: 100 101");
  CHECK(rig.next() == "65020: 100 101");
  CHECK(rig.next() == "125020: 100 101");
}

TEST_CASE("conformance 57: what a demoted router still had to say is never said") {
  Rig rig;
  rig.announcer.start();
  rig.confirm(0);
  rig.first();
  rig.confirm(1);
  rig.announcer.stop();
  CHECK(rig.first().empty());
  CHECK(rig.announcer.deadline() == base::kNever);
  rig.announcer.repeat(rig.now);
  CHECK(rig.announcer.deadline() == base::kNever);
}

TEST_CASE("conformance 55: only the address that was added is announced") {
  Rig rig;
  rig.settings.announce.second_burst_delay = {};
  rig.settings.announce.refresh = {};
  rig.announcer.start();
  rig.confirm(0);
  rig.first();
  rig.next();
  rig.settings.addresses.push_back({ip("192.0.2.102"), 1});
  rig.announcer.configure(rig.settings, rig.now);
  CHECK(rig.first() == "102");
  CHECK(rig.next() == "40: 102");
  CHECK(rig.announcer.deadline() == base::kNever);
}

TEST_CASE("an address that was lost is no longer announced, and again when it is back") {
  Rig rig;
  rig.announcer.start();
  rig.confirm(0);
  rig.first();
  rig.settings.addresses[0].announce_generation = 0;
  rig.announcer.configure(rig.settings, rig.now);
  CHECK(rig.announcer.deadline() == base::kNever);
  rig.settings.addresses[0].announce_generation = 2;
  rig.announcer.configure(rig.settings, rig.now);
  CHECK(rig.first() == "100");
}

TEST_CASE("another MAC address is announced for every address") {
  Rig rig;
  rig.announcer.start();
  rig.confirm(0);
  rig.first();
  rig.settings.mac = {{0x02, 0, 0, 0, 0, 0x0b}};
  rig.announcer.configure(rig.settings, rig.now);
  CHECK(rig.first() == "100");
}

TEST_CASE("a repetition announces all confirmed addresses in a whole burst") {
  Rig rig;
  rig.announcer.start();
  rig.confirm(1);
  rig.first();
  rig.now += seconds(10);
  rig.announcer.repeat(rig.now);
  CHECK(rig.next() == "10000: 101");
  CHECK(rig.next() == "10020: 101");
  CHECK(rig.next() == "15000: 101");
}

TEST_CASE("a limit cuts a burst, not an address from it") {
  Rig rig;
  rig.announcer.start();
  rig.confirm(0);
  rig.confirm(1);
  CHECK(rig.announcer.send_first(rig.now, 1, rig.frames) == 1);
  CHECK(rig.announcer.has_first());
  CHECK(rig.announcer.send_first(rig.now, 1, rig.frames) == 1);
  CHECK(rig.said() == "100 101");
}

TEST_CASE("after a stall the missed announcements are not sent in a bunch") {
  Rig rig;
  rig.announcer.start();
  rig.confirm(0);
  rig.first();
  rig.now += seconds(4);
  CHECK(rig.announcer.send_due(rig.now, 100, rig.frames) == 1);
  CHECK(rig.announcer.deadline() > rig.now);
}

TEST_CASE("a refresh that is turned on begins without a new confirmation") {
  Rig rig;
  rig.settings.announce = {1, {}, {}, {}};
  rig.announcer.configure(rig.settings, rig.now);
  rig.announcer.start();
  rig.confirm(0);
  rig.first();
  CHECK(rig.announcer.deadline() == base::kNever);
  rig.settings.announce.refresh = seconds(60);
  rig.announcer.configure(rig.settings, rig.now);
  CHECK(rig.next() == "60000: 100");
}

}  // namespace keelvip::vrrp
