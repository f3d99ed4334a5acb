#include "pkg/agent/speaker_loop.h"

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "pkg/base/check.h"
#include "pkg/runtime/clock.h"
#include "pkg/runtime/event_loop.h"
#include "pkg/vrrp/speaker.h"

namespace keelvip::agent {
namespace {

/// Packets taken in before deadlines are looked at again: what queues up while this thread stalls
/// for several adverts of a thousand routers, yet few enough that a flood does not silence us.
constexpr std::size_t kReceiveBudget = 8192;

/// Packets that come within this time after others are gathered before they are taken in: a
/// thousand adverts sent in one call would otherwise be a thousand wake-ups here. A hundredth of
/// the shortest advert interval, at most this; a packet that comes alone is never made to wait.
constexpr base::Duration kGather = std::chrono::milliseconds(1);

/// How soon to try again where the system refuses to wait for a socket.
constexpr base::Duration kUseRetry = std::chrono::milliseconds(500);

/// How often the counters are published when no role changes.
constexpr base::Duration kReportInterval = std::chrono::seconds(1);

/// Where one is heard or not; also of what is about such a place.
using Place = std::pair<net::InterfaceIndex, net::Family>;

template <typename Thing>
Place place_of(const Thing& thing) {
  return {thing.interface, thing.family};
}

class SpeakerLoop {
 public:
  SpeakerLoop(wire::Receiver& receiver, wire::Sender& sender, Channels& channels,
              guard::Testament& testament)
      : receiver_(receiver), sender_(sender), channels_(channels), testament_(testament) {
    watch(receiver_.fd(), [this] { packets_wait_ = true; });
    watch(channels_.speaker_config.fd(), [this] { config_waits_ = true; });
    watch(channels_.listen_report.fd(), [this] { hearing_waits_ = true; });
  }

  void run(runtime::Heartbeat& heartbeat, runtime::StopSignal& stop) {
    watch(stop.fd(), [] {});
    while (!stop.requested()) {
      heartbeat.beat(runtime::monotonic_now());
      loop_.wait(next_turn());
      turn();
    }
  }

 private:
  void watch(int fd, runtime::EventLoop::Handler handler) {
    KEELVIP_CHECK(loop_.watch(fd, runtime::Interest::kRead, std::move(handler)).has_value());
  }

  [[nodiscard]] base::Instant next_turn() const {
    return std::min({speaker_.next_deadline(), gather_until_, next_report_, next_use_,
                     runtime::monotonic_now() + kIdleTurn});
  }

  /// What had arrived at `now` is taken in before any deadline up to it is acted on: after a stall,
  /// in the midst of this function too, the advert that keeps a Backup from taking over may be
  /// waiting in the socket (RFC 9568 6.4.2).
  void turn() {
    if (std::exchange(config_waits_, false)) {
      adopt();
    }
    const base::Instant now = runtime::monotonic_now();
    const bool due = speaker_.next_deadline() <= now;
    if (std::exchange(packets_wait_, false) || gather_until_ != base::kNever || due) {
      take_in_packets(now);
    }
    // After what waits in a socket that is not read any more.
    if (std::exchange(hearing_waits_, false) || now >= next_use_) {
      hear(now);
    }
    speaker_.advance(now);
    if (net::FrameBatch& frames = speaker_.frames(); !frames.empty()) {
      sender_.send(frames);
      frames.clear();
    }
    if (speaker_.role_changes() != reported_changes_ || now >= next_report_) {
      publish_report(now);
    }
    if (speaker_.last_words_changes() != written_changes_) {
      write_last_words();
    }
  }

  void take_in_packets(base::Instant now) {
    const std::size_t taken = receiver_.receive(
        kReceiveBudget, [&](const net::ReceivedPacket& packet) { speaker_.receive(packet, now); });
    if (taken == 0 && gather_until_ == base::kNever) {
      return;
    }
    const bool in_a_burst = now - std::exchange(last_packets_, now) < gather_;
    if (gather_until_ == base::kNever) {
      if (in_a_burst) {
        loop_.pause(receiver_.fd());
        gather_until_ = now + gather_;
      }
    } else if (now >= gather_until_) {
      if (taken > 0) {
        gather_until_ = now + gather_;
      } else {
        gather_until_ = base::kNever;
        loop_.resume(receiver_.fd(), runtime::Interest::kRead);
      }
    }
  }

  void adopt() {
    const vrrp::SpeakerConfig* config = channels_.speaker_config.take();
    if (config == nullptr) {
      return;
    }
    config_ = config;
    wanted_.clear();
    gather_ = kGather;
    for (const vrrp::RouterConfig& router : config->routers) {
      if (router.participate || router.hand_over) {  // its successor is to be heard
        wanted_.push_back({router.settings.interface, router.settings.family, router.group_losses});
        gather_ = std::min<base::Duration>(gather_,
                                           base::Duration(router.settings.advert_interval) / 100);
      }
    }
    // A router that ends may know an older joining of the group.
    std::ranges::sort(wanted_, std::greater{});
    const auto older = std::ranges::unique(wanted_, {}, place_of<wire::ListenTarget>);
    wanted_.erase(older.begin(), older.end());
    if (wanted_ != targets_) {
      want();
      order();
    }
    speak(runtime::monotonic_now());
  }

  /// A place that was not wanted may be left this very moment, so that what was said of it before
  /// does not count.
  void want() {
    ++order_number_;
    std::map<Place, std::uint64_t> since;
    for (const wire::ListenTarget& target : wanted_) {
      const auto before = wanted_since_.find(place_of(target));
      since[place_of(target)] = before == wanted_since_.end() ? order_number_ : before->second;
    }
    targets_ = wanted_;
    wanted_since_ = std::move(since);
  }

  void order() {
    ListenOrder& order = channels_.listen_order.draft();
    order.number = order_number_;
    order.targets = targets_;
    order.in_use = heard_ == nullptr ? 0 : heard_->hearing.revision;
    channels_.listen_order.publish();
  }

  void hear(base::Instant now) {
    if (const ListenReport* newest = channels_.listen_report.take()) {
      heard_ = newest;
    }
    if (heard_ == nullptr) {
      return;
    }
    const wire::Hearing& hearing = heard_->hearing;
    const auto unread = receiver_.use(hearing.sockets);
    next_use_ = unread.empty() ? base::kNever : now + kUseRetry;
    unheard_.clear();
    for (const auto& failures : {std::span(unread), std::span(hearing.failures)}) {
      for (const auto& [target, error] : failures) {
        unheard_.push_back({target.interface, target.family, error.message});
      }
    }
    next_report_ = now;
    order();
    speak(now);
  }

  [[nodiscard]] bool hears(const vrrp::RouterSettings& settings) const {
    const Place place = place_of(settings);
    const auto is_here = [&](const auto& thing) { return place_of(thing) == place; };
    const auto since = wanted_since_.find(place);
    return heard_ != nullptr && since != wanted_since_.end() && heard_->order >= since->second &&
           std::ranges::none_of(unheard_, is_here) &&
           std::ranges::any_of(heard_->hearing.sockets, is_here);
  }

  /// Who cannot hear an Active would become one beside it; not so an owner, whom nobody can
  /// preempt.
  void speak(base::Instant now) {
    const auto is_deaf = [this](const vrrp::RouterConfig& router) {
      return router.participate && router.settings.priority != vrrp::kOwner &&
             !hears(router.settings);
    };
    if (config_ == nullptr) {
      return;
    }
    if (std::ranges::none_of(config_->routers, is_deaf)) {
      speaker_.adopt(*config_, now);
      return;
    }
    vrrp::SpeakerConfig audible = *config_;
    for (vrrp::RouterConfig& router : audible.routers) {
      router.participate = router.participate && !is_deaf(router);
    }
    speaker_.adopt(audible, now);
  }

  /// After the adverts and the report, on which others wait.
  void write_last_words() {
    last_words_.clear();
    speaker_.last_words(last_words_);
    testament_.write_last_words(last_words_);
    written_changes_ = speaker_.last_words_changes();
  }

  void publish_report(base::Instant now) {
    speaker_.report(channels_.speaker_report.draft());
    channels_.speaker_report.draft().unheard = unheard_;
    channels_.speaker_report.draft().losses = losses();
    channels_.speaker_report.publish();
    reported_changes_ = speaker_.role_changes();
    next_report_ = now + kReportInterval;
  }

  [[nodiscard]] vrrp::LinkLosses losses() const {
    const wire::SendCounters& sent = sender_.counters();
    return {.unsent_link_down = sent.link_down,
            .unsent_no_device = sent.no_device,
            .unsent_no_buffers = sent.no_buffers,
            .unsent_too_large = sent.too_large,
            .unsent_other = sent.other,
            .unread = receiver_.counters().overflows};
  }

  wire::Receiver& receiver_;
  wire::Sender& sender_;
  Channels& channels_;
  guard::Testament& testament_;
  runtime::EventLoop loop_;
  vrrp::Speaker speaker_;
  const vrrp::SpeakerConfig* config_ = nullptr;  // the newest; lies in the channel
  std::vector<wire::ListenTarget> targets_;
  std::vector<wire::ListenTarget> wanted_;
  // Of the targets: the order that has wanted it since.
  std::map<Place, std::uint64_t> wanted_since_;
  std::uint64_t order_number_ = 0;
  const ListenReport* heard_ = nullptr;  // the newest; lies in the channel
  std::vector<vrrp::Unheard> unheard_;
  std::uint64_t reported_changes_ = 0;
  std::uint64_t written_changes_ = 0;
  net::FrameBatch last_words_;
  bool packets_wait_ = false;
  bool config_waits_ = false;
  bool hearing_waits_ = false;
  base::Instant next_use_ = base::kNever;
  base::Duration gather_{};
  base::Instant gather_until_ = base::kNever;  // kNever: not gathering
  base::Instant last_packets_{};
  base::Instant next_report_ = runtime::monotonic_now();
};

}  // namespace

void run_speaker_loop(wire::Receiver& receiver, wire::Sender& sender, Channels& channels,
                      guard::Testament& testament, runtime::Heartbeat& heartbeat,
                      runtime::StopSignal& stop) {
  const guard::Lifeline::Hold life(testament.speaker_line());
  SpeakerLoop(receiver, sender, channels, testament).run(heartbeat, stop);
}

}  // namespace keelvip::agent
