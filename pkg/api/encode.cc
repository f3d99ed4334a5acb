#include "pkg/api/encode.h"

#include <map>
#include <string>
#include <utility>

#include "pkg/api/words.h"
#include "pkg/base/overloaded.h"

namespace keelvip::api {
namespace {

Node text_node(std::string_view text) {
  return {{}, std::string(text)};
}

Node number_node(std::int64_t number) {
  return {{}, number};
}

template <typename Unit>
Node count_node(base::Duration duration) {
  return number_node(std::chrono::duration_cast<Unit>(duration).count());
}

using base::Milliseconds;
using std::chrono::seconds;

Node encode_map(const std::map<std::string, std::string>& map) {
  Node node;
  for (const auto& [key, value] : map) {
    node.put(key, text_node(value));
  }
  return node;
}

Node encode_metadata(const Metadata& metadata) {
  Node node;
  node.put("name", text_node(metadata.name));
  node.put("generation", number_node(metadata.generation));
  if (!metadata.labels.empty()) {
    node.put("labels", encode_map(metadata.labels));
  }
  if (!metadata.annotations.empty()) {
    node.put("annotations", encode_map(metadata.annotations));
  }
  return node;
}

Node encode_nodes(const std::vector<NodePriority>& nodes) {
  Node::Array items;
  for (const NodePriority& entry : nodes) {
    Node item;
    item.put("name", text_node(entry.name));
    item.put("priority", number_node(entry.priority));
    items.push_back(std::move(item));
  }
  return {{}, std::move(items)};
}

Node encode_preemption(const Preemption& preemption) {
  Node node;
  node.put("mode", text_node(word_for(kPreemptionModes, preemption.mode)));
  if (preemption.mode == Preemption::Mode::kDelayed) {
    node.put("delaySeconds", count_node<seconds>(preemption.delay));
  }
  return node;
}

Node encode_authentication(const Authentication& authentication, Secrets secrets) {
  Node node;
  node.put("type", text_node(word_for(kAuthenticationTypes, AuthenticationType::kSimpleText)));
  if (!authentication.password_file.empty()) {
    node.put("passwordFile", text_node(authentication.password_file));
  } else {
    node.put("password",
             text_node(secrets == Secrets::kKeep ? authentication.password.reveal() : kRedacted));
  }
  return node;
}

Node encode_announce(const Announce& announce) {
  Node node;
  node.put("burstCount", number_node(announce.burst_count));
  node.put("burstIntervalMilliseconds", count_node<Milliseconds>(announce.burst_interval));
  node.put("secondBurstDelayMilliseconds", count_node<Milliseconds>(announce.second_burst_delay));
  node.put("refreshSeconds", count_node<seconds>(announce.refresh));
  return node;
}

Node encode_lease(const Lease& lease) {
  Node node;
  node.put("durationSeconds", count_node<seconds>(lease.duration));
  return node;
}

/// Of headers only Host is known to carry no credentials.
Node encode_probe(const HttpGet& probe, Secrets secrets) {
  Node node;
  node.put("scheme", text_node(word_for(kSchemes, probe.scheme)));
  node.put("host", text_node(probe.host));
  node.put("port", number_node(probe.port));
  node.put("path", text_node(probe.path));
  Node::Array headers;
  for (const auto& [name, value] : probe.headers) {
    Node header;
    header.put("name", text_node(name));
    const bool shown = secrets == Secrets::kKeep || name == "Host";
    header.put("value", text_node(shown ? std::string_view(value) : kRedacted));
    headers.push_back(std::move(header));
  }
  if (!headers.empty()) {
    node.put("httpHeaders", {{}, std::move(headers)});
  }
  return node;
}

Node encode_probe(const TcpSocket& probe, Secrets /*secrets*/) {
  Node node;
  node.put("host", text_node(probe.host));
  node.put("port", number_node(probe.port));
  return node;
}

Node encode_probe(const Exec& probe, Secrets /*secrets*/) {
  Node::Array words;
  for (const std::string& word : probe.command) {
    words.push_back(text_node(word));
  }
  Node node;
  node.put("command", {{}, std::move(words)});
  node.put("user", text_node(probe.user));
  return node;
}

Node encode_check(const HealthCheck& check, Secrets secrets) {
  Node node;
  node.put("name", text_node(check.name));
  const char* kind = std::visit(base::overloaded{
                                    [](const HttpGet&) { return "httpGet"; },
                                    [](const TcpSocket&) { return "tcpSocket"; },
                                    [](const Exec&) { return "exec"; },
                                },
                                check.probe);
  node.put(kind, std::visit([&](const auto& probe) { return encode_probe(probe, secrets); },
                            check.probe));
  node.put("periodMilliseconds", count_node<Milliseconds>(check.period));
  node.put("timeoutMilliseconds", count_node<Milliseconds>(check.timeout));
  node.put("successThreshold", number_node(check.success_threshold));
  node.put("failureThreshold", number_node(check.failure_threshold));
  Node failure;
  failure.put("action", text_node(word_for(kFailureActions, check.on_failure.action)));
  if (check.on_failure.action == OnFailure::Action::kLowerPriority) {
    failure.put("by", number_node(check.on_failure.by));
  }
  node.put("onFailure", std::move(failure));
  return node;
}

Node encode_spec(const Spec& spec, Secrets secrets) {
  Node node;
  Node::Array addresses;
  for (const net::Prefix& address : spec.addresses) {
    addresses.push_back(text_node(address.to_string()));
  }
  node.put("addresses", {{}, std::move(addresses)});
  if (!spec.interface.empty()) {
    node.put("interface", text_node(spec.interface));
  }
  node.put("virtualRouterID", number_node(spec.virtual_router_id));
  node.put("vrrpVersion", number_node(spec.vrrp_version));
  node.put("advertIntervalMilliseconds", count_node<Milliseconds>(spec.advert_interval));
  node.put("priority", number_node(spec.priority));
  if (spec.nodes) {
    node.put("nodes", encode_nodes(*spec.nodes));
  }
  node.put("preemption", encode_preemption(spec.preemption));
  if (spec.authentication) {
    node.put("authentication", encode_authentication(*spec.authentication, secrets));
  }
  node.put("checksumIPv4", text_node(word_for(kChecksumForms, spec.checksum_ipv4)));
  node.put("announce", encode_announce(spec.announce));
  node.put("lease", encode_lease(spec.lease));
  Node::Array checks;
  for (const HealthCheck& check : spec.health_checks) {
    checks.push_back(encode_check(check, secrets));
  }
  if (!checks.empty()) {
    node.put("healthChecks", {{}, std::move(checks)});
  }
  return node;
}

}  // namespace

Node encode(const VirtualIp& vip, Secrets secrets) {
  Node node;
  node.put("apiVersion", text_node(kApiVersion));
  node.put("kind", text_node(kKind));
  node.put("metadata", encode_metadata(vip.metadata));
  node.put("spec", encode_spec(vip.spec, secrets));
  return node;
}

}  // namespace keelvip::api
