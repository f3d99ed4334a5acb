#include "pkg/guard/testament.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace keelvip::guard {

namespace {

struct WordPlace {
  std::uint32_t interface;
  std::uint32_t offset;
  std::uint32_t size;
};

struct Words {
  std::array<WordPlace, Testament::kMaxWords> places;
  std::array<std::byte, Testament::kMaxWordBytes> bytes;
};

using Removals = std::array<Removal, Testament::kMaxRemovals>;

/// One writer, who may die at any instruction; readers come after its death. `whole` changes last,
/// and what the compiler puts before a release store has happened by then.
template <typename Content>
struct TwoSides {
  std::atomic<std::uint32_t> whole = 0;
  std::array<std::uint32_t, 2> counts{};
  std::atomic<std::uint32_t> left_out = 0;
  std::array<Content, 2> sides;

  [[nodiscard]] std::uint32_t current() const { return whole.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint32_t spare() const { return 1 - current(); }

  void finish(std::uint32_t side, std::size_t written, std::size_t wanted) {
    counts.at(side) = static_cast<std::uint32_t>(written);
    whole.store(side, std::memory_order_release);
    left_out.store(static_cast<std::uint32_t>(wanted - written), std::memory_order_relaxed);
  }
  void clear() {
    counts = {};
    left_out.store(0, std::memory_order_relaxed);
  }
};

static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
              std::atomic<int>::is_always_lock_free);

}  // namespace

struct Testament::Pages {
  Lifeline speaker_line;
  Lifeline kernel_line;
  std::atomic<bool> ready = false;
  std::atomic<int> drain_order = 0;
  TwoSides<Words> words;
  TwoSides<Removals> removals;
};

base::Result<Testament> Testament::create() {
  void* memory = ::mmap(nullptr, sizeof(Pages), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    return base::unexpected(base::wrap(base::report_error(base::describe_errno(errno)),
                                       "cannot share memory with the worker"));
  }
  // Without parentheses, which would touch every page.
  return Testament(new (memory) Pages);
}

Testament::Testament(Testament&& other) noexcept : pages_(std::exchange(other.pages_, nullptr)) {}

Testament::~Testament() {
  if (pages_ != nullptr) {
    ::munmap(pages_, sizeof(Pages));
  }
}

void Testament::write_last_words(const net::FrameBatch& frames) {
  const std::uint32_t side = pages_->words.spare();
  Words& words = pages_->words.sides.at(side);
  std::size_t written = 0;
  std::size_t offset = 0;
  for (; written < std::min(frames.size(), kMaxWords); ++written) {
    const auto [interface, bytes] = frames[written];
    if (bytes.size() > kMaxWordBytes - offset) {
      break;
    }
    std::memcpy(&words.bytes.at(0) + offset, bytes.data(), bytes.size());
    words.places.at(written) = {interface.value, static_cast<std::uint32_t>(offset),
                                static_cast<std::uint32_t>(bytes.size())};
    offset += bytes.size();
  }
  pages_->words.finish(side, written, frames.size());
}

void Testament::write_removals(std::span<const net::AddressStep> steps) {
  const std::uint32_t side = pages_->removals.spare();
  Removals& removals = pages_->removals.sides.at(side);
  const std::size_t count = std::min(steps.size(), kMaxRemovals);
  for (std::size_t i = 0; i < count; ++i) {
    const net::AddressStep& step = steps[i];
    const bool v4 = step.prefix.address.family() == net::Family::kIpv4;
    Removal removal{.interface = step.interface.value,
                    .family = static_cast<std::uint8_t>(v4 ? AF_INET : AF_INET6),
                    .prefix_length = step.prefix.length,
                    .address = {}};
    std::ranges::copy(step.prefix.address.bytes(), removal.address.begin());
    removals.at(i) = removal;
  }
  pages_->removals.finish(side, count, steps.size());
}

Lifeline& Testament::speaker_line() {
  return pages_->speaker_line;
}

Lifeline& Testament::kernel_line() {
  return pages_->kernel_line;
}

void Testament::announce_ready() {
  pages_->ready.store(true, std::memory_order_release);
}

LeftOut Testament::left_out() const {
  return {pages_->words.left_out.load(std::memory_order_relaxed),
          pages_->removals.left_out.load(std::memory_order_relaxed)};
}

bool Testament::ready() const {
  return pages_->ready.load(std::memory_order_acquire);
}

std::atomic<int>& Testament::drain_order() {
  return pages_->drain_order;
}

std::size_t Testament::words() const {
  return pages_->words.counts.at(pages_->words.current());
}

net::FrameBatch::Frame Testament::word(std::size_t i) const {
  const Words& words = pages_->words.sides.at(pages_->words.current());
  const WordPlace& place = words.places.at(i);
  return {{place.interface}, std::span(words.bytes).subspan(place.offset, place.size)};
}

std::span<const Removal> Testament::removals() const {
  const std::uint32_t side = pages_->removals.current();
  return std::span(pages_->removals.sides.at(side)).first(pages_->removals.counts.at(side));
}

void Testament::clear() {
  pages_->speaker_line.reset();
  pages_->kernel_line.reset();
  pages_->ready.store(false, std::memory_order_relaxed);
  pages_->words.clear();
  pages_->removals.clear();
}

}  // namespace keelvip::guard
