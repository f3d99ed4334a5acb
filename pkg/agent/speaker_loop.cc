#include "pkg/agent/speaker_loop.h"

#include <algorithm>
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

/// How often the counters are published when no role changes.
constexpr base::Duration kReportInterval = std::chrono::seconds(1);

/// How soon to try again where nothing can be heard.
constexpr base::Duration kListenRetry = std::chrono::milliseconds(500);

class SpeakerLoop {
 public:
  SpeakerLoop(wire::Receiver& receiver, wire::Sender& sender, Channels& channels,
              guard::Testament& testament)
      : receiver_(receiver), sender_(sender), channels_(channels), testament_(testament) {
    watch(receiver_.fd(), [this] { packets_wait_ = true; });
    watch(channels_.speaker_config.fd(), [this] { adopt(); });
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
    return std::min({speaker_.next_deadline(), gather_until_, next_report_, next_listen_,
                     runtime::monotonic_now() + kIdleTurn});
  }

  /// What has arrived is taken in before any deadline is acted on: after a stall the advert that
  /// keeps a Backup from taking over may be waiting in the socket (RFC 9568 6.4.2).
  void turn() {
    if (std::exchange(packets_wait_, false) || gather_until_ != base::kNever) {
      take_in_packets(runtime::monotonic_now());
    }
    const base::Instant now = runtime::monotonic_now();
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
    if (now >= next_listen_) {
      listen(now);
    }
  }

  void take_in_packets(base::Instant now) {
    const std::size_t taken = receiver_.receive(
        kReceiveBudget, [&](const net::ReceivedPacket& packet) { speaker_.receive(packet, now); });
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
    const base::Instant now = runtime::monotonic_now();
    speaker_.adopt(*config, now);
    wanted_.clear();
    gather_ = kGather;
    for (const vrrp::RouterConfig& router : config->routers) {
      if (router.participate || router.hand_over) {  // its successor is to be heard
        wanted_.push_back({router.settings.interface, router.settings.family});
        gather_ = std::min<base::Duration>(gather_,
                                           base::Duration(router.settings.advert_interval) / 100);
      }
    }
    std::ranges::sort(wanted_);
    const auto repeated = std::ranges::unique(wanted_);
    wanted_.erase(repeated.begin(), repeated.end());
    if (wanted_ != targets_) {
      targets_ = wanted_;
      listen(now);
    }
  }

  void listen(base::Instant now) {
    const bool complete = receiver_.listen(targets_).empty();
    next_listen_ = complete ? base::kNever : now + kListenRetry;
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
    channels_.speaker_report.publish();
    reported_changes_ = speaker_.role_changes();
    next_report_ = now + kReportInterval;
  }

  wire::Receiver& receiver_;
  wire::Sender& sender_;
  Channels& channels_;
  guard::Testament& testament_;
  runtime::EventLoop loop_;
  vrrp::Speaker speaker_;
  std::vector<wire::ListenTarget> targets_;
  std::vector<wire::ListenTarget> wanted_;
  std::uint64_t reported_changes_ = 0;
  std::uint64_t written_changes_ = 0;
  net::FrameBatch last_words_;
  bool packets_wait_ = false;
  base::Duration gather_{};
  base::Instant gather_until_ = base::kNever;  // kNever: not gathering
  base::Instant last_packets_{};
  base::Instant next_report_ = runtime::monotonic_now();
  base::Instant next_listen_ = base::kNever;
};

}  // namespace

void run_speaker_loop(wire::Receiver& receiver, wire::Sender& sender, Channels& channels,
                      guard::Testament& testament, runtime::Heartbeat& heartbeat,
                      runtime::StopSignal& stop) {
  const guard::Lifeline::Hold life(testament.speaker_line());
  SpeakerLoop(receiver, sender, channels, testament).run(heartbeat, stop);
}

}  // namespace keelvip::agent
