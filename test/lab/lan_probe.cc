// lan_probe: a client on the laboratory's LAN. It sends an echo request to each VIP at a steady
// pace, hears the answers, the VRRP adverts and the ARP/NA claims with the kernel's time stamps,
// and tells as JSON what it saw: outages, who answered, who advertised, two holders at once.
//
// A line "report" on standard input prints the report so far on one line; the end of input prints
// the last one and ends the program, so that a probe never outlives the test that started it.
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lan_port.h"
#include "lan_record.h"

namespace keelvip::lab {
namespace {

constexpr std::string_view kUsage =
    R"(usage: lan_probe --interface NAME... [--vip ADDRESS...] [--interval-us N] [--own-arp]
                 [--ask-holders-ms N] [--patience-ms N]
  --interval-us     between two packets to one VIP (default 1000)
  --own-arp         keep the VIPs' MAC addresses here instead of in the kernel, whose neighbour
                    table is small and shared by the whole machine; follow every ARP/NA claim
  --ask-holders-ms  ask the whole LAN this often who has each VIP (use it on a node of its own:
                    the answers refresh the neighbour table); default: never
  --patience-ms     an answer that takes longer counts as lost (default 200)
)";

struct Options {
  std::vector<std::string> interfaces;
  std::vector<Address> vips;
  Time interval = 1'000'000;
  Time ask_holders = 0;
  Time patience = 200'000'000;
  bool own_arp = false;
};

[[noreturn]] void wrong_usage(const std::string& what) {
  std::fprintf(stderr, "lan_probe: %s\n%s", what.c_str(), std::string(kUsage).c_str());
  std::exit(2);
}

Time number(const std::string& text, Time unit) {
  Time value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) {
    wrong_usage("not a positive number: " + text);
  }
  return value * unit;
}

Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--own-arp") {
      options.own_arp = true;
      continue;
    }
    if (++i == arguments.size()) {
      wrong_usage("unknown option, or one without its value: " + name);
    }
    const std::string& value = arguments[i];
    if (name == "--interface") {
      options.interfaces.push_back(value);
    } else if (name == "--vip") {
      const std::optional<Address> vip = Address::parse(value);
      vip ? options.vips.push_back(*vip) : wrong_usage("not an address: " + value);
    } else if (name == "--interval-us") {
      options.interval = number(value, 1000);
    } else if (name == "--ask-holders-ms") {
      options.ask_holders = number(value, 1'000'000);
    } else if (name == "--patience-ms") {
      options.patience = number(value, 1'000'000);
    } else {
      wrong_usage("unknown option: " + name);
    }
  }
  if (options.interfaces.empty()) {
    wrong_usage("--interface is missing");
  }
  return options;
}

class Probe {
 public:
  explicit Probe(Options options);
  void run();

 private:
  struct Target {
    VipRecord record;
    const Port* port;        // the interface that reaches it
    std::optional<Mac> mac;  // --own-arp: where it is believed to be
  };

  void watch(int descriptor);
  void tick();
  void ask_holders();
  void read_port(int socket);
  void saw(const Port& port, const Seen& seen, Time now);
  [[nodiscard]] bool read_orders();
  void send_echoes(const std::vector<std::size_t>& indices);
  [[nodiscard]] Target* find(const Address& address);
  void report();

  Options options_;
  std::vector<Port> ports_;
  std::optional<EchoSocket> echo_v4_;
  std::optional<EchoSocket> echo_v6_;
  std::vector<Target> targets_;
  std::map<Address, std::size_t> by_address_;
  std::vector<std::size_t> moved_;  // --own-arp: claimed by another MAC, no answer from it yet
  Record record_;
  std::uint16_t echo_id_;
  bool realtime_;
  Descriptor epoll_;
  Descriptor send_timer_;
  Descriptor ask_timer_;
  Time tick_;
  std::uint64_t ticks_ = 0;
  std::uint64_t late_ticks_ = 0;
  std::size_t next_target_ = 0;
  double credit_ = 0;  // packets that this tick owes
  std::uint64_t round_ = 0;
  unsigned dropped_ = 0;
};

bool become_realtime() {
  const sched_param priority{20};
  return mlockall(MCL_CURRENT) == 0 && sched_setscheduler(0, SCHED_RR, &priority) == 0;
}

Probe::Probe(Options options)
    : options_(std::move(options)),
      echo_id_(static_cast<std::uint16_t>(getpid())),
      realtime_(become_realtime()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      send_timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      ask_timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      tick_(std::min<Time>(options_.interval, 1'000'000)) {
  for (const std::string& name : options_.interfaces) {
    ports_.emplace_back(name);
  }
  for (const Address& vip : options_.vips) {
    const auto port = std::ranges::find_if(ports_, [&](const Port& p) { return p.reaches(vip); });
    if (port == ports_.end()) {
      wrong_usage("no interface reaches " + vip.to_string());
    }
    by_address_[vip] = targets_.size();
    targets_.push_back({VipRecord(vip), &*port, std::nullopt});
    std::optional<EchoSocket>& echo = vip.v6 ? echo_v6_ : echo_v4_;
    if (!echo) {
      echo.emplace(vip.v6);
    }
  }
}

void Probe::watch(int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    die("epoll_ctl");
  }
}

void start(const Descriptor& timer, Time period) {
  const timespec each{period / 1'000'000'000, period % 1'000'000'000};
  const itimerspec spec{each, each};
  if (timerfd_settime(timer.number(), 0, &spec, nullptr) != 0) {
    die("timerfd_settime");
  }
}

void Probe::run() {
  watch(STDIN_FILENO);
  for (const Port& port : ports_) {
    for (const Descriptor& socket : port.sockets()) {
      watch(socket.number());
    }
  }
  if (!targets_.empty()) {
    watch(send_timer_.number());
    start(send_timer_, tick_);
  }
  if (options_.ask_holders != 0) {
    watch(ask_timer_.number());
    start(ask_timer_, options_.ask_holders);
  }
  std::array<epoll_event, 16> events{};
  for (bool go_on = true; go_on;) {
    const int count = epoll_wait(epoll_.number(), events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int ready = events[static_cast<std::size_t>(i)].data.fd;
      if (ready == send_timer_.number()) {
        tick();
      } else if (ready == ask_timer_.number()) {
        ask_holders();
      } else if (ready == STDIN_FILENO) {
        go_on = read_orders();
      } else {
        read_port(ready);
      }
    }
  }
  report();
}

std::uint64_t expirations(const Descriptor& timer) {
  std::uint64_t count = 0;
  return read(timer.number(), &count, sizeof count) == sizeof count ? count : 0;
}

/// Each VIP in turn, so that all of them are asked once an interval. A late tick sends once: a
/// burst would not tell anything that its first packet does not.
void Probe::tick() {
  const std::uint64_t due = expirations(send_timer_);
  ++ticks_;
  late_ticks_ += due > 1 ? due - 1 : 0;
  credit_ += static_cast<double>(targets_.size()) * static_cast<double>(tick_) /
             static_cast<double>(options_.interval);
  std::vector<std::size_t> asked = std::exchange(moved_, {});
  for (; credit_ >= 1; credit_ -= 1) {
    asked.push_back(next_target_);
    next_target_ = (next_target_ + 1) % targets_.size();
  }
  for (const std::size_t index : asked) {
    const Target& target = targets_[index];
    if (target.mac && !target.record.answered_by(*target.mac)) {
      moved_.push_back(index);
    }
  }
  std::ranges::sort(moved_);
  moved_.erase(std::ranges::unique(moved_).begin(), moved_.end());
  send_echoes(asked);
}

void Probe::send_echoes(const std::vector<std::size_t>& indices) {
  std::vector<std::pair<Address, Bytes>> v4;
  std::vector<std::pair<Address, Bytes>> v6;
  std::map<const Port*, std::vector<Bytes>> frames;
  const Time now = time_of_day();
  for (const std::size_t index : indices) {
    Target& target = targets_[index];
    const Address& vip = target.record.address();
    const auto number = static_cast<std::uint32_t>(index);
    if (!options_.own_arp) {
      (vip.v6 ? v6 : v4)
          .emplace_back(vip, echo_request(vip.v6, echo_id_, number, target.record.sent(now)));
    } else if (target.mac) {
      frames[target.port].push_back(echo_frame(target.port->origin(), *target.mac, vip, echo_id_,
                                               number, target.record.sent(now)));
    } else {
      frames[target.port].push_back(who_has(target.port->origin(), vip));
    }
  }
  if (!v4.empty()) {
    echo_v4_->send(v4);
  }
  if (!v6.empty()) {
    echo_v6_->send(v6);
  }
  for (const auto& [port, batch] : frames) {
    port->send(batch);
  }
}

void Probe::ask_holders() {
  if (expirations(ask_timer_) == 0) {
    return;
  }
  ++round_;
  for (const Target& target : targets_) {
    target.port->send({who_has(target.port->origin(), target.record.address())});
  }
}

void Probe::read_port(int socket) {
  for (const Port& port : ports_) {
    for (const Descriptor& own : port.sockets()) {
      if (own.number() == socket) {
        port.read(socket,
                  [&](ByteView frame, Time now) { saw(port, read_frame(frame, echo_id_), now); });
      }
    }
  }
}

Probe::Target* Probe::find(const Address& address) {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : &targets_[found->second];
}

void Probe::saw(const Port& port, const Seen& seen, Time now) {
  if (const auto* advert = std::get_if<Advert>(&seen)) {
    record_.advert(*advert, port.index(), now);
    for (const Address& address : advert->addresses) {
      if (Target* target = find(address)) {
        target->record.adverted(advert->mac, now);
      }
    }
  } else if (const auto* reply = std::get_if<EchoReply>(&seen)) {
    if (reply->vip < targets_.size()) {
      targets_[reply->vip].record.answered(*reply, now);
    }
  } else if (const auto* claim = std::get_if<Claim>(&seen)) {
    Target* target = find(claim->address);
    if (target == nullptr) {
      return;
    }
    if (claim->gratuitous) {
      target->record.claimed(claim->mac, now);
    } else if (options_.ask_holders != 0) {
      record_.holds(claim->address, claim->mac, round_, now);
    }
    // A host believes the latest claim. Ask the new holder at once, not at the VIP's next turn.
    if (options_.own_arp && target->mac != claim->mac) {
      target->mac = claim->mac;
      const auto index = static_cast<std::size_t>(target - targets_.data());
      moved_.push_back(index);
      send_echoes({index});
    }
  }
}

/// False at the end of input.
bool Probe::read_orders() {
  std::array<char, 4096> text{};
  const ssize_t size = read(STDIN_FILENO, text.data(), text.size());
  for (ssize_t i = 0; i < size; ++i) {
    if (text[static_cast<std::size_t>(i)] == '\n') {
      report();
    }
  }
  return size > 0;
}

void Probe::report() {
  const Time now = time_of_day();
  for (const Port& port : ports_) {
    dropped_ += port.dropped();
  }
  std::vector<std::string> vips;
  vips.reserve(targets_.size());
  for (const Target& target : targets_) {
    vips.push_back(target.record.to_json(now, options_.patience));
  }
  std::printf(
      "{\"now\": %s, \"realtime\": %s, \"ticks\": %llu, \"late_ticks\": %llu, "
      "\"dropped\": %u, \"vips\": %s, \"adverts\": %s, \"elections\": %s, "
      "\"holders\": %s}\n",
      json_seconds(now).c_str(), realtime_ ? "true" : "false",
      static_cast<unsigned long long>(ticks_), static_cast<unsigned long long>(late_ticks_),
      dropped_, json_list(vips).c_str(), record_.adverts_json().c_str(),
      record_.elections_json().c_str(), record_.holders_json().c_str());
  std::fflush(stdout);
}

}  // namespace
}  // namespace keelvip::lab

int main(int count, char** arguments) {
  keelvip::lab::Probe(keelvip::lab::read_options({arguments + 1, arguments + count})).run();
  return 0;
}
