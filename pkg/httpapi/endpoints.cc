#include "pkg/httpapi/endpoints.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "pkg/httpapi/accept.h"
#include "pkg/httpapi/process_metrics.h"
#include "pkg/status/metrics.h"
#include "pkg/status/status_json.h"

namespace keelvip::httpapi {

namespace {

constexpr std::string_view kVirtualIps = "/apis/keelvip.io/v1alpha1/virtualips";

constexpr std::string_view kIndex =
    "keelvip agent\n"
    "\n"
    "/status     what this node knows, as JSON\n"
    "/metrics    Prometheus text, or OpenMetrics by Accept\n"
    "/livez      whether the agent's loops turn (?verbose)\n"
    "/readyz     whether specs are read and every router has left Initialize (?verbose)\n"
    "/healthz    the same as /livez\n"
    "/apis/keelvip.io/v1alpha1/virtualips[/NAME]   the VirtualIP objects, as JSON\n";

/// A page of checks in the manner of Kubernetes: a line each, and the code for machines.
class CheckList {
 public:
  explicit CheckList(std::string_view name) : name_(name) {}

  void pass(std::string_view check) {
    fmt::format_to(std::back_inserter(text_), "[+]{} ok\n", check);
  }
  void fail(std::string_view check, std::string_view why) {
    failed_ = true;
    fmt::format_to(std::back_inserter(text_), "[-]{} failed: {}\n", check, why);
  }

  [[nodiscard]] Page page(bool verbose) && {
    if (failed_) {
      return httpapi::page(503, kPlainText, fmt::format("{}{} check failed\n", text_, name_));
    }
    return httpapi::page(200, kPlainText,
                         verbose ? fmt::format("{}{} check passed\n", text_, name_) : "ok");
  }

 private:
  std::string_view name_;
  std::string text_;
  bool failed_ = false;
};

double in_seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Why the node does not take part yet in its virtual routers; empty if it does.
std::string initializing_routers(const status::Snapshot& snapshot) {
  constexpr std::size_t kMostNamed = 10;
  std::vector<std::string> names;
  if (snapshot.drain.drained) {
    return {};  // it is as it should be: waiting for it would be in the way of maintenance
  }
  for (const status::VipStatus& vip : snapshot.vips) {
    for (const status::RouterStatus& router : vip.routers) {
      if (router.role == status::NodeRole::kInitialize) {
        names.push_back(
            fmt::format("{}/{}", vip.resource->metadata.name, net::to_string(router.family)));
      }
    }
  }
  if (names.empty()) {
    return {};
  }
  const std::size_t named = std::min(names.size(), kMostNamed);
  std::string text = fmt::format(
      "in Initialize: {}",
      fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(named), ", "));
  if (names.size() > named) {
    text += fmt::format(" and {} more", names.size() - named);
  }
  return text;
}

}  // namespace

Endpoints::Endpoints(Sources sources, const HttpStatistics& statistics)
    : sources_(std::move(sources)), statistics_(statistics) {}

const status::Snapshot* Endpoints::refresh() {
  auto newest = sources_.snapshot();
  if (newest != snapshot_) {
    forget_rendered();
    snapshot_ = std::move(newest);
  }
  return snapshot_.get();
}

void Endpoints::forget_rendered() {
  snapshot_.reset();
  status_.reset();
  virtual_ips_.reset();
  metrics_ = {};
}

Page Endpoints::serve(const Request& request) {
  if (request.path == "/") {
    return page(200, kPlainText, std::string(kIndex));
  }
  if (request.path == "/livez" || request.path == "/healthz") {
    return livez(request.verbose);
  }
  if (request.path == "/readyz") {
    return readyz(request.verbose);
  }
  // No object's name has a NUL, and many JSON readers refuse an answer that repeats one.
  const bool object = request.path.starts_with(std::string(kVirtualIps) + "/") &&
                      request.path.find('\0') == std::string::npos;
  if (!object && request.path != kVirtualIps && request.path != "/status" &&
      request.path != "/metrics") {
    return failure_page(404, "there is nothing here; / lists what there is");
  }
  const status::Snapshot* snapshot = refresh();
  if (snapshot == nullptr) {
    return failure_page(503, "the agent has just started and knows nothing yet; try again");
  }
  return serve_snapshot(request, *snapshot);
}

Page Endpoints::serve_snapshot(const Request& request, const status::Snapshot& snapshot) {
  if (request.path == "/metrics") {
    return metrics(snapshot, preferred_format(request.accept));
  }
  if (request.path == "/status") {
    if (!status_) {
      status_ = std::make_shared<const std::string>(status::to_json(snapshot) + "\n");
    }
    return {200, std::string(kJson), status_};
  }
  if (request.path == kVirtualIps) {
    if (!virtual_ips_) {
      virtual_ips_ = std::make_shared<const std::string>(status::virtual_ips_json(snapshot) + "\n");
    }
    return {200, std::string(kJson), virtual_ips_};
  }
  const std::string name = request.path.substr(kVirtualIps.size() + 1);
  if (auto object = status::virtual_ip_json(snapshot, name)) {
    return page(200, kJson, *std::move(object) + "\n");
  }
  return failure_page(404, fmt::format("virtualips.keelvip.io \"{}\" not found", name));
}

Page Endpoints::metrics(const status::Snapshot& snapshot, status::ExpositionFormat format) {
  Text& rendered = metrics_[static_cast<std::size_t>(format)];
  if (!rendered) {
    status::ExpositionWriter out(format);
    status::write_metrics(snapshot, out);
    rendered = std::make_shared<const std::string>(out.take());
  }
  status::ExpositionWriter own(format);
  write_http_metrics(statistics_, own);
  write_process_metrics(own);
  return page(200, status::content_type(format),
              fmt::format("{}{}{}", *rendered, own.take(), status::exposition_end(format)));
}

Page Endpoints::livez(bool verbose) const {
  CheckList checks("livez");
  for (const LoopAge& loop : sources_.loops()) {
    if (loop.age <= loop.limit) {
      checks.pass(loop.name);
    } else if (loop.age == base::Duration::max()) {
      checks.fail(loop.name, "it has not begun to turn");
    } else {
      checks.fail(loop.name, fmt::format("its last turn was {:.1f} s ago, allowed are {:.1f} s",
                                         in_seconds(loop.age), in_seconds(loop.limit)));
    }
  }
  return std::move(checks).page(verbose);
}

Page Endpoints::readyz(bool verbose) {
  CheckList checks("readyz");
  const status::Snapshot* snapshot = refresh();
  if (snapshot == nullptr || snapshot->specs.revision == 0) {
    checks.fail("specs", "they have not been read yet");
    return std::move(checks).page(verbose);
  }
  checks.pass("specs");
  const std::string initializing = initializing_routers(*snapshot);
  if (initializing.empty()) {
    checks.pass("routers");
  } else {
    checks.fail("routers", initializing);
  }
  return std::move(checks).page(verbose);
}

}  // namespace keelvip::httpapi
