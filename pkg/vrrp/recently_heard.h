// RecentlyHeard: who was heard on the wire, at most so many; a new one takes the place of the one
// silent longest. Speaker thread, hot path: put() does not allocate.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace keelvip::vrrp {

/// `Heard` has a `last_heard`, and same_sender() tells whether two of them are of one sender.
template <typename Heard, std::size_t kMost>
class RecentlyHeard {
 public:
  /// In place of what was heard of the same sender before.
  void put(const Heard& heard) {
    const std::span known(heard_.data(), size_);
    auto place = std::ranges::find_if(
        known, [&heard](const Heard& other) { return same_sender(heard, other); });
    if (place == known.end()) {
      if (size_ < heard_.size()) {
        ++size_;
      } else {
        place = std::ranges::min_element(known, {}, &Heard::last_heard);
      }
    }
    heard_[static_cast<std::size_t>(place - known.begin())] = heard;
  }

  /// Replaces the content of `out`, most recently heard first.
  void copy_to(std::vector<Heard>& out) const {
    out.assign(heard_.data(), heard_.data() + size_);
    std::ranges::sort(out, std::greater<>{}, &Heard::last_heard);
  }

 private:
  std::array<Heard, kMost> heard_{};
  std::size_t size_ = 0;
};

}  // namespace keelvip::vrrp
