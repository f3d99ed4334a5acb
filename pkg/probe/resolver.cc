#include "pkg/probe/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "pkg/base/check.h"
#include "pkg/runtime/thread.h"
#include "pkg/runtime/wakeup.h"

namespace keelvip::probe {

struct Resolver::Shared {
  std::mutex mutex;
  std::condition_variable asked;
  std::deque<std::string> questions;
  std::set<std::string> open;  // asked and not yet answered
  std::vector<std::pair<std::string, Addresses>> answers;
  std::size_t idle_workers = 0;
  std::size_t workers = 0;
  bool stopped = false;
  runtime::Wakeup answered;
};

namespace {

Resolver::Addresses look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code != 0) {
    return base::unexpected(
        base::retry_error(fmt::format("cannot resolve \"{}\": {}", host, ::gai_strerror(code))));
  }
  std::vector<Endpoint> endpoints;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
      endpoints.push_back(endpoint_of(*entry->ai_addr, entry->ai_addrlen, 0));
    }
  }
  ::freeaddrinfo(found);
  if (endpoints.empty()) {
    return base::unexpected(base::retry_error(fmt::format("\"{}\" has no address", host)));
  }
  return endpoints;
}

template <typename SharedState>
void work(SharedState& shared) {
  std::unique_lock lock(shared.mutex);
  while (true) {
    ++shared.idle_workers;
    shared.asked.wait(lock, [&] { return shared.stopped || !shared.questions.empty(); });
    --shared.idle_workers;
    if (shared.stopped) {
      return;
    }
    std::string host = std::move(shared.questions.front());
    shared.questions.pop_front();
    lock.unlock();
    Resolver::Addresses addresses = look_up(host);
    lock.lock();
    shared.open.erase(host);
    shared.answers.emplace_back(std::move(host), std::move(addresses));
    shared.answered.signal();
  }
}

}  // namespace

Resolver::Resolver(runtime::EventLoop& loop, Resolved resolved)
    : loop_(loop), resolved_(std::move(resolved)), shared_(std::make_shared<Shared>()) {
  const auto watched =
      loop_.watch(shared_->answered.fd(), runtime::Interest::kRead, [this] { on_answers(); });
  KEELVIP_CHECK(watched.has_value());
}

Resolver::~Resolver() {
  loop_.unwatch(shared_->answered.fd());
  const std::lock_guard lock(shared_->mutex);
  shared_->stopped = true;
  shared_->asked.notify_all();
}

void Resolver::resolve(const std::string& host) {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->open.insert(host).second) {
    return;
  }
  shared_->questions.push_back(host);
  shared_->asked.notify_one();
  if (shared_->questions.size() > shared_->idle_workers && shared_->workers < kWorkers) {
    ++shared_->workers;
    runtime::Thread worker("resolver", runtime::Urgency::kNormal,
                           [shared = shared_] { work(*shared); });
    worker.detach();
  }
}

void Resolver::on_answers() {
  shared_->answered.drain();
  std::vector<std::pair<std::string, Addresses>> answers;
  {
    const std::lock_guard lock(shared_->mutex);
    answers = std::exchange(shared_->answers, {});
  }
  for (const auto& [host, addresses] : answers) {
    resolved_(host, addresses);
  }
}

}  // namespace keelvip::probe
