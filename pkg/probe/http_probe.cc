#include "pkg/probe/http_probe.h"

#include <curl/curl.h>

#include <chrono>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pkg/base/check.h"
#include "pkg/probe/http_request.h"
#include "pkg/probe/http_transfer.h"
#include "pkg/runtime/clock.h"

namespace keelvip::probe {
namespace {

// Handles kept for later attempts; more than this many at once are made and thrown away.
constexpr std::size_t kIdleHandles = 64;

void initialize_libcurl_once() {
  static const CURLcode kInitialized = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  KEELVIP_CHECK(kInitialized == CURLE_OK);
}

runtime::Interest interest_in(int what) {
  switch (what) {
    case CURL_POLL_IN:
      return runtime::Interest::kRead;
    case CURL_POLL_OUT:
      return runtime::Interest::kWrite;
    default:
      return runtime::Interest::kReadWrite;
  }
}

}  // namespace

struct HttpProbes::Engine {
  Engine(runtime::EventLoop& event_loop, std::string agent, Done when_done);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  void start(AttemptId id, const HttpRequest& request, const Endpoint& endpoint);
  void cancel(AttemptId id);
  void act(curl_socket_t socket);
  EasyHandle take_handle();
  void put_away(std::unique_ptr<HttpTransfer> transfer);

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* watched);
  static int on_timer(CURLM* multi, long milliseconds, void* self);

  runtime::EventLoop& loop;
  std::string user_agent;
  Done done;
  CURLM* multi;
  base::Instant deadline = base::kNever;
  std::unordered_map<AttemptId, std::unique_ptr<HttpTransfer>> transfers;
  std::vector<EasyHandle> idle;
};

HttpProbes::Engine::Engine(runtime::EventLoop& event_loop, std::string agent, Done when_done)
    : loop(event_loop),
      user_agent(std::move(agent)),
      done(std::move(when_done)),
      multi(::curl_multi_init()) {
  KEELVIP_CHECK(multi != nullptr);
  ::curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Engine::on_socket);
  ::curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  ::curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Engine::on_timer);
  ::curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
}

HttpProbes::Engine::~Engine() {
  for (const auto& [id, transfer] : transfers) {
    ::curl_multi_remove_handle(multi, transfer->handle());
  }
  transfers.clear();
  idle.clear();
  ::curl_multi_cleanup(multi);
}

int HttpProbes::Engine::on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                                  void* watched) {
  auto& engine = *static_cast<Engine*>(self);
  if (watched != nullptr) {
    engine.loop.unwatch(socket);
    ::curl_multi_assign(engine.multi, socket, nullptr);
  }
  if (what == CURL_POLL_REMOVE) {
    return 0;
  }
  const auto result =
      engine.loop.watch(socket, interest_in(what), [&engine, socket] { engine.act(socket); });
  if (!result) {
    return -1;  // libcurl then fails the transfers
  }
  ::curl_multi_assign(engine.multi, socket, &engine);
  return 0;
}

int HttpProbes::Engine::on_timer(CURLM* /*multi*/, long milliseconds, void* self) {
  static_cast<Engine*>(self)->deadline =
      milliseconds < 0 ? base::kNever
                       : runtime::monotonic_now() + std::chrono::milliseconds{milliseconds};
  return 0;
}

void HttpProbes::Engine::start(AttemptId id, const HttpRequest& request, const Endpoint& endpoint) {
  auto transfer = std::make_unique<HttpTransfer>(id, take_handle(), request, endpoint, user_agent);
  KEELVIP_CHECK(::curl_multi_add_handle(multi, transfer->handle()) == CURLM_OK);
  transfers.emplace(id, std::move(transfer));
}

void HttpProbes::Engine::cancel(AttemptId id) {
  if (const auto found = transfers.find(id); found != transfers.end()) {
    std::unique_ptr<HttpTransfer> transfer = std::move(found->second);
    transfers.erase(found);
    put_away(std::move(transfer));
  }
}

void HttpProbes::Engine::act(curl_socket_t socket) {
  int running = 0;
  ::curl_multi_socket_action(multi, socket, 0, &running);
  int queued = 0;
  while (const CURLMsg* message = ::curl_multi_info_read(multi, &queued)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    const CURLcode code = message->data.result;
    void* owner = nullptr;
    ::curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
    const auto& finished = *static_cast<HttpTransfer*>(owner);
    const AttemptId id = finished.id();
    Outcome outcome = finished.outcome(code);
    cancel(id);
    done(id, std::move(outcome));
  }
}

EasyHandle HttpProbes::Engine::take_handle() {
  if (idle.empty()) {
    return make_easy_handle();
  }
  EasyHandle handle = std::move(idle.back());
  idle.pop_back();
  return handle;
}

void HttpProbes::Engine::put_away(std::unique_ptr<HttpTransfer> transfer) {
  ::curl_multi_remove_handle(multi, transfer->handle());
  if (idle.size() < kIdleHandles) {
    idle.push_back(transfer->release());
  }
}

HttpProbes::HttpProbes(runtime::EventLoop& loop, std::string user_agent, Done done) {
  initialize_libcurl_once();
  engine_ = std::make_unique<Engine>(loop, std::move(user_agent), std::move(done));
}

HttpProbes::~HttpProbes() = default;

void HttpProbes::start(AttemptId id, const health::HttpProbe& probe, const Endpoint& endpoint) {
  const auto request = make_request(probe, endpoint);
  if (!request) {
    engine_->done(id, {.success = false, .reason = request.error().message});
    return;
  }
  engine_->start(id, *request, endpoint);
}

void HttpProbes::cancel(AttemptId id) {
  engine_->cancel(id);
}

std::string HttpProbes::progress(AttemptId id) const {
  const auto found = engine_->transfers.find(id);
  return found == engine_->transfers.end() ? "" : found->second->progress();
}

base::Instant HttpProbes::next_deadline() const {
  return engine_->deadline;
}

void HttpProbes::advance(base::Instant now) {
  if (now >= engine_->deadline) {
    engine_->deadline = base::kNever;
    engine_->act(CURL_SOCKET_TIMEOUT);
  }
}

}  // namespace keelvip::probe
