#include "pkg/sim/scene.h"

namespace keelvip::sim {
namespace {

/// By the protocol number in the IPv4 or IPv6 header behind the Ethernet header.
bool is_advert(std::span<const std::byte> frame) {
  constexpr std::byte kVrrp{112};
  if (frame[12] == std::byte{0x08} && frame[13] == std::byte{0x00}) {
    return frame[14 + 9] == kVrrp;
  }
  return frame[12] == std::byte{0x86} && frame[14 + 6] == kVrrp;
}

}  // namespace

std::uint32_t Scene::take_slot() {
  if (free_.empty()) {
    frames_.emplace_back();
    return static_cast<std::uint32_t>(frames_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

std::span<const std::byte> Scene::send(std::size_t from, std::size_t segment,
                                       std::span<const std::byte> bytes, bool genuine) {
  const std::uint32_t slot = take_slot();
  Frame& frame = frames_[slot];
  frame.bytes.assign(bytes.begin(), bytes.end());
  frame.segment = segment;
  frame.genuine = genuine;
  frame.readers = 1;  // ourselves, until everybody has been served
  const Segment& lan = segments[segment];
  // Only nodes care for adverts, and only the listening host for announcements.
  const bool advert = is_advert(bytes);
  const std::size_t first = advert ? 0 : lan.listener();
  const std::size_t end = advert ? lan.listener() : lan.members();
  for (std::size_t to = first; to < end; ++to) {
    const Path& path = lan.path(from, to);
    if (to == from || path.cuts > 0 || prng.chance(path.lost_per_mille)) {
      continue;
    }
    const std::uint32_t copies = prng.chance(path.doubled_per_mille) ? 2 : 1;
    for (std::uint32_t i = 0; i < copies; ++i) {
      queue.push(now + prng.between(path.shortest, path.longest), EventKind::kPacketArrives, to,
                 slot);
      ++frame.readers;
    }
  }
  release(slot);
  return frame.bytes;
}

void Scene::release(std::uint32_t slot) {
  if (--frames_[slot].readers == 0) {
    released_.push_back(slot);
  }
}

void Scene::begin_step() {
  happenings.clear();
  free_.insert(free_.end(), released_.begin(), released_.end());
  released_.clear();
}

}  // namespace keelvip::sim
