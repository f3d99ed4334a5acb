#include "pkg/vrrp/announcer.h"

#include <algorithm>
#include <utility>

#include "pkg/net/frames.h"

namespace keelvip::vrrp {

using base::Instant;

void Announcer::configure(const RouterSettings& settings, Instant now) {
  const bool moved = mac_ != settings.mac || interface_ != settings.interface;
  const bool refresh_begins =
      settings_.refresh == base::Duration::zero() && settings.announce.refresh > settings_.refresh;
  settings_ = settings.announce;
  mac_ = settings.mac;
  interface_ = settings.interface;

  std::vector<Entry> before = std::exchange(entries_, {});
  entries_.reserve(settings.addresses.size());
  for (const AdvertisedAddress& wanted : settings.addresses) {
    const auto known = std::ranges::find(before, wanted.address, &Entry::address);
    Entry entry = known == before.end() ? Entry{} : *known;
    const bool confirmed = entry.generation != wanted.announce_generation;
    entry.address = wanted.address;
    entry.generation = wanted.announce_generation;
    if (confirmed || moved) {
      entry.first = started_ && entry.generation != 0;
      rest(entry);
    } else if (refresh_begins && started_ && entry.generation != 0 && entry.next == base::kNever) {
      entry.remaining = 1;
      entry.next = now + settings_.refresh;
    }
    entries_.push_back(entry);
  }
  find_deadline();
}

void Announcer::rest(Entry& entry) {
  entry.remaining = 0;
  entry.second_burst = false;
  entry.next = base::kNever;
}

void Announcer::start() {
  started_ = true;
  for (Entry& entry : entries_) {
    rest(entry);
    entry.first = entry.generation != 0;
  }
  find_deadline();
}

void Announcer::stop() {
  started_ = false;
  for (Entry& entry : entries_) {
    rest(entry);
    entry.first = false;
  }
  find_deadline();
}

void Announcer::repeat(Instant now) {
  for (Entry& entry : entries_) {
    if (started_ && entry.generation != 0 && !entry.first) {
      begin(entry, now);
      entry.next = now;
    }
  }
  find_deadline();
}

void Announcer::begin(Entry& entry, Instant now) {
  entry.remaining = std::max(settings_.burst_count, 1U);
  entry.second_burst = settings_.second_burst_delay > base::Duration::zero();
  entry.burst_begin = now;
}

/// Plans the frame after the one that has just been sent and was due at `scheduled`.
void Announcer::sent(Entry& entry, Instant scheduled, Instant now) {
  --entry.remaining;
  base::Duration gap = settings_.burst_interval;
  if (entry.remaining == 0 && entry.second_burst) {
    entry.second_burst = false;
    entry.remaining = std::max(settings_.burst_count, 1U);
    gap = std::max(settings_.second_burst_delay - (scheduled - entry.burst_begin), gap);
  } else if (entry.remaining == 0 && settings_.refresh > base::Duration::zero()) {
    entry.remaining = 1;
    gap = settings_.refresh;
  } else if (entry.remaining == 0) {
    entry.next = base::kNever;
    return;
  }
  // After a stall the missed frames are not made up for in a bunch.
  entry.next = scheduled + gap > now ? scheduled + gap : now + gap;
}

void Announcer::send(const Entry& entry, net::FrameBatch& frames) const {
  if (entry.address.family() == net::Family::kIpv4) {
    frames.append(interface_, net::gratuitous_arp(mac_, entry.address));
  } else {
    frames.append(interface_, net::unsolicited_neighbor_advertisement(mac_, entry.address));
  }
}

std::size_t Announcer::send_first(Instant now, std::size_t limit, net::FrameBatch& frames) {
  std::size_t count = 0;
  for (Entry& entry : entries_) {
    if (entry.first && count < limit) {
      entry.first = false;
      begin(entry, now);
      send(entry, frames);
      sent(entry, now, now);
      ++count;
    }
  }
  find_deadline();
  return count;
}

std::size_t Announcer::send_due(Instant now, std::size_t limit, net::FrameBatch& frames) {
  std::size_t count = 0;
  for (Entry& entry : entries_) {
    if (entry.next <= now && count < limit) {
      send(entry, frames);
      sent(entry, entry.next, now);
      ++count;
    }
  }
  find_deadline();
  return count;
}

std::size_t Announcer::accompany(Instant now, base::Duration gap, net::FrameBatch& frames) {
  // An advert may leave a little early, or the one before has left a little late.
  constexpr base::Duration kLeeway = std::chrono::milliseconds(5);
  const bool early = accompanied_ != Instant::min() && now - accompanied_ < gap - kLeeway;
  if (!started_ || early || settings_.refresh == base::Duration::zero()) {
    return 0;
  }
  accompanied_ = now;
  std::size_t count = 0;
  for (Entry& entry : entries_) {
    if (entry.generation == 0 || entry.first) {
      continue;
    }
    send(entry, frames);
    ++count;
    if (entry.remaining == 1 && !entry.second_burst) {
      entry.next = now + settings_.refresh;  // this one counts as the refresh
    }
  }
  find_deadline();
  return count;
}

void Announcer::find_deadline() {
  first_ = 0;
  deadline_ = base::kNever;
  for (const Entry& entry : entries_) {
    first_ += entry.first ? 1U : 0U;
    deadline_ = std::min(deadline_, entry.next);
  }
}

}  // namespace keelvip::vrrp
