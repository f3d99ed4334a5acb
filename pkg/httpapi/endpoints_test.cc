#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "pkg/httpapi/http_client.h"
#include "pkg/status/example_snapshot.h"
#include "pkg/status/exposition_check.h"
#include "pkg/status/status_json.h"

namespace keelvip::httpapi {
namespace {

using status::ExpositionFormat;

std::shared_ptr<const status::Snapshot> example() {
  return std::make_shared<const status::Snapshot>(status::example_snapshot());
}

TEST_CASE("every endpoint answers with its content type") {
  RunningServer server(example());
  HttpClient client(server.port());
  const HttpAnswer status = client.get("/status");
  CHECK(status.status == 200);
  CHECK(status.has("Content-Type: application/json\r\n"));
  CHECK(status.body == status::to_json(status::example_snapshot()) + "\n");

  const HttpAnswer list = client.get("/apis/keelvip.io/v1alpha1/virtualips");
  CHECK(list.body == status::virtual_ips_json(status::example_snapshot()) + "\n");
  const HttpAnswer object = client.get("/apis/keelvip.io/v1alpha1/virtualips/web");
  CHECK(object.status == 200);
  CHECK(object.body == *status::virtual_ip_json(status::example_snapshot(), "web") + "\n");

  CHECK(client.get("/").body.find("/metrics") != std::string::npos);
  CHECK(client.get("/livez").status == 200);
  CHECK(client.get("/healthz").body == "ok");
  CHECK(client.get("/readyz").body == "ok");
}

TEST_CASE("/metrics speaks text or OpenMetrics, as asked, and both are well-formed") {
  RunningServer server(example());
  HttpClient client(server.port());
  const HttpAnswer text = client.get("/metrics");
  CHECK(text.has("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  CHECK(read_exposition(text.body, ExpositionFormat::kPrometheusText).errors ==
        std::vector<std::string>{});
  const HttpAnswer open = client.get(
      "/metrics",
      "Accept: "
      "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2\r\n");
  CHECK(open.has("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"));
  const auto reading = read_exposition(open.body, ExpositionFormat::kOpenMetrics);
  CHECK(reading.errors == std::vector<std::string>{});
  CHECK(reading.series.at("process_resident_memory_bytes{}") > 1e6);
  CHECK(reading.series.at("process_open_fds{}") >= 3);
  CHECK(reading.series.at("process_start_time_seconds{}") > 1.7e9);
  CHECK(reading.series.at("keelvip_http_requests_total{code=\"200\"}") == 1);
}

TEST_CASE("what is not there is a 404 that a Kubernetes client understands") {
  RunningServer server(example());
  HttpClient client(server.port());
  const HttpAnswer vip = client.get("/apis/keelvip.io/v1alpha1/virtualips/no%22pe");
  CHECK(vip.status == 404);
  CHECK(vip.body ==
        R"({"kind":"Status","apiVersion":"v1","status":"Failure",)"
        R"("message":"virtualips.keelvip.io \"no\"pe\" not found","reason":"NotFound","code":404})"
        "\n");
  CHECK(client.get("/nope").status == 404);
  // JSON readers that take no NUL still read the answer.
  CHECK(client.get("/apis/keelvip.io/v1alpha1/virtualips/%00").body.find("\\u0000") ==
        std::string::npos);
  CHECK(client.get("/status/").status == 404);
  CHECK(client.get("/apis/keelvip.io/v1alpha1/virtualips/").status == 404);
  CHECK(client.get("/livez").status == 200);
}

TEST_CASE("before the first Snapshot nothing is made up") {
  RunningServer server(nullptr);
  HttpClient client(server.port());
  CHECK(client.get("/status").status == 503);
  CHECK(client.get("/metrics").status == 503);
  CHECK(client.get("/livez").status == 200);
  const HttpAnswer ready = client.get("/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body == "[-]specs failed: they have not been read yet\nreadyz check failed\n");
  server.put(example());
  CHECK(client.get("/status").status == 200);
}

TEST_CASE("/readyz names the routers that are still in Initialize") {
  status::Snapshot snapshot = status::example_snapshot();
  snapshot.vips[1].routers[1].role = status::NodeRole::kInitialize;
  RunningServer server(std::make_shared<const status::Snapshot>(snapshot));
  HttpClient client(server.port());
  const HttpAnswer starting = client.get("/readyz");
  CHECK(starting.status == 503);
  CHECK(starting.body ==
        "[+]specs ok\n[-]routers failed: in Initialize: web/IPv6\nreadyz check failed\n");
  server.put(example());
  CHECK(client.get("/readyz?verbose").body == "[+]specs ok\n[+]routers ok\nreadyz check passed\n");
}

TEST_CASE("/readyz waits for no router of a drained node") {
  status::Snapshot snapshot = status::example_snapshot();
  snapshot.vips[1].routers[1].role = status::NodeRole::kInitialize;
  snapshot.drain.drained = true;
  RunningServer server(std::make_shared<const status::Snapshot>(snapshot));
  CHECK(HttpClient(server.port()).get("/readyz").status == 200);
}

TEST_CASE("/livez names the loop that stands still and not the others") {
  using std::chrono::seconds;
  RunningServer server(example());
  server.put({{"speaker", seconds{0}, seconds{1}}, {"controller", seconds{12}, seconds{5}}});
  HttpClient client(server.port());
  const HttpAnswer stuck = client.get("/livez");
  CHECK(stuck.status == 503);
  CHECK(stuck.body ==
        "[+]speaker ok\n[-]controller failed: its last turn was 12.0 s ago, allowed are 5.0 s\n"
        "livez check failed\n");
  server.put({{"speaker", seconds{0}, seconds{1}}});
  CHECK(client.get("/livez?verbose").body == "[+]speaker ok\nlivez check passed\n");
}

TEST_CASE("a new Snapshot is seen by the next request, an old one is rendered once") {
  RunningServer server(example());
  HttpClient client(server.port());
  CHECK(client.get("/status").body.find("\"node\":\"lb-1\"") != std::string::npos);
  status::Snapshot other = status::example_snapshot();
  other.node = "lb-2";
  server.put(std::make_shared<const status::Snapshot>(other));
  CHECK(client.get("/status").body.find("\"node\":\"lb-2\"") != std::string::npos);
}

}  // namespace
}  // namespace keelvip::httpapi
