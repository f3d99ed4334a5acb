// Router: one virtual router as the Speaker keeps it: its settings, the state that `step` computes,
// and what surrounds that state: the encoded advert, the announcements, who was heard, counters.
// Speaker thread; allocates in configure() only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pkg/base/time.h"
#include "pkg/net/packet.h"
#include "pkg/vrrp/address_list.h"
#include "pkg/vrrp/admit.h"
#include "pkg/vrrp/advertisement.h"
#include "pkg/vrrp/announcer.h"
#include "pkg/vrrp/decode.h"
#include "pkg/vrrp/encode.h"
#include "pkg/vrrp/recently_heard.h"
#include "pkg/vrrp/speaker_config.h"
#include "pkg/vrrp/speaker_report.h"
#include "pkg/vrrp/step.h"

namespace keelvip::vrrp {

/// Whether a router with this config can take part: it shall, and its settings can be put into a
/// packet.
[[nodiscard]] bool able_to_participate(const RouterConfig& config);

class Router {
 public:
  Router(const RouterConfig& config, base::Instant now);

  [[nodiscard]] const RouterConfig& config() const { return config_; }
  [[nodiscard]] const RouterSettings& settings() const { return config_.settings; }
  [[nodiscard]] const RouterState& state() const { return state_; }
  [[nodiscard]] const Expectation& expectation() const { return expectation_; }
  [[nodiscard]] RouterStatistics& statistics() { return statistics_; }
  [[nodiscard]] Announcer& announcer() { return announcer_; }

  void configure(const RouterConfig& config, base::Instant now);

  /// It is another virtual router now: what was learned from the peers of the old one is void.
  void forget_peers();

  /// Runs one event through `step` and carries its actions out. Returns whether the role changed,
  /// or whether the addresses are to answer without it.
  bool handle(const Event& event, base::Instant now, net::FrameBatch& frames);

  /// Takes note of an advert that was let in. Its event is still to be handled.
  void accepted(const Advertisement& advert, const Admission& admission, base::Instant now);

  void rejected(Rejection rejection, const net::ReceivedPacket& packet, base::Instant now);

  /// Appends due announcements, at most `limit`; returns their number.
  std::size_t announce_first(base::Instant now, std::size_t limit, net::FrameBatch& frames);
  std::size_t announce_due(base::Instant now, std::size_t limit, net::FrameBatch& frames);
  /// Beside an advert that has just been sent; see Announcer::accompany.
  void accompany(base::Instant now, base::Duration gap, net::FrameBatch& frames);

  [[nodiscard]] const AddressList& addresses() const { return addresses_; }

  /// Appends the advert that resigns, without counting it as sent, if it is Active. An owner has no
  /// last words: its addresses are the administrator's and stay, whoever dies.
  void last_words(net::FrameBatch& frames) const;
  /// Grows whenever its adverts read differently.
  [[nodiscard]] std::uint64_t rewordings() const { return rewordings_; }

  void report(RouterReport& out) const;

 private:
  void reword();
  void learn_form(const VerifiedForms& forms);
  void send(Priority priority, net::FrameBatch& frames);
  void encode(Priority priority, std::span<std::byte> out) const;
  [[nodiscard]] MessageFields fields(Priority priority) const;
  void role_changed(Role from);

  RouterConfig config_;
  RouterState state_;
  AddressList addresses_;
  Expectation expectation_;
  Announcer announcer_;
  RecentlyHeard<Peer, kMaxPeers> peers_;
  RouterStatistics statistics_;
  std::optional<RejectedAdvert> last_rejected_;
  ChecksumForm form_ = ChecksumForm::kPseudoHeader;
  std::vector<std::byte> advert_;  // the frame with the priority in force
  bool advert_stale_ = true;
  std::uint64_t rewordings_ = 0;
};

}  // namespace keelvip::vrrp
