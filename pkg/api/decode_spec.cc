#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pkg/api/decode_parts.h"

namespace keelvip::api {
namespace {

constexpr std::size_t kMaxNodes = 255;          // no virtual router has more distinct priorities
constexpr std::size_t kMaxInterfaceBytes = 15;  // IFNAMSIZ less the terminating zero
constexpr std::size_t kMaxPasswordBytes = 8;
constexpr std::uint8_t kOwner = 255;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string decode_interface(ObjectReader& reader) {
  const auto name = reader.text("interface");
  if (!name) {
    return {};
  }
  // What the kernel accepts as a name, less what cannot be printed.
  const bool valid = !name->empty() && name->size() <= kMaxInterfaceBytes && *name != "." &&
                     *name != ".." && is_printable(*name) &&
                     name->find_first_of("/: ") == std::string::npos;
  if (!valid) {
    reader.refuse("interface", fmt::format("must be the name of a network interface: 1 to {} "
                                           "characters without \"/\", \":\" and spaces",
                                           kMaxInterfaceBytes));
  }
  return *name;
}

bool is_node_name(std::string_view name) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= 253 && word(name.front()) && word(name.back()) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return word(c) || c == '-' || c == '.' || c == '_'; });
}

NodePriority decode_node(const Node& node, const std::string& path, std::uint8_t fallback,
                         Errors& errors) {
  ObjectReader reader(node, path, errors);
  NodePriority entry;
  reader.require("name");
  const auto name = reader.text("name");
  entry.name = name.value_or("");
  if (name && !is_node_name(*name)) {
    reader.refuse("name",
                  "must be the name of a node: letters, digits, \"-\", \".\" and \"_\", starting "
                  "and ending with a letter or digit");
  }
  entry.priority =
      static_cast<std::uint8_t>(reader.integer("priority", {1, 255}).value_or(fallback));
  reader.refuse_unknown();
  return entry;
}

std::vector<NodePriority> decode_nodes(const Node& node, const std::string& path,
                                       std::uint8_t fallback, Errors& errors) {
  std::vector<NodePriority> nodes;
  const Node::Array& items = read_list(node, path, kMaxNodes, errors);
  if (node.array() != nullptr && node.array()->empty()) {
    errors.add(node.position, path,
               "must name a node; leave it out if every node may hold the VIP");
  }
  std::map<std::string, std::size_t> seen;
  std::optional<std::size_t> owner;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string item_path = fmt::format("{}[{}]", path, i);
    nodes.push_back(decode_node(items[i], item_path, fallback, errors));
    const NodePriority& entry = nodes.back();
    if (!entry.name.empty() && !seen.emplace(entry.name, i).second) {
      errors.add(items[i].position, item_path + ".name",
                 fmt::format("node \"{}\" is in the list already, as {}[{}]", entry.name, path,
                             seen[entry.name]));
    }
    if (entry.priority != kOwner) {
      continue;
    }
    if (owner) {
      errors.add(items[i].position, item_path + ".priority",
                 fmt::format("255 means that the node owns the addresses, and {}[{}] does already",
                             path, *owner));
    }
    owner = owner.value_or(i);
  }
  return nodes;
}

Preemption decode_preemption(const Node& node, const std::string& path, Errors& errors) {
  ObjectReader reader(node, path, errors);
  Preemption preemption;
  const auto mode = reader.word("mode", kPreemptionModes);
  preemption.mode = mode.value_or(preemption.mode);
  const auto delay = reader.integer("delaySeconds", {1, 1000});
  if (preemption.mode == Preemption::Mode::kDelayed) {
    preemption.delay = std::chrono::seconds(delay.value_or(0));
    if (!reader.has("delaySeconds")) {
      reader.refuse("delaySeconds", "is required with mode Delayed");
    }
  } else if (reader.has("delaySeconds") && (mode || !reader.has("mode"))) {
    reader.refuse("delaySeconds", "is only for mode Delayed");
  }
  reader.refuse_unknown();
  return preemption;
}

/// Says what is wrong with a password, never the password.
std::optional<std::string> find_password_fault(std::string_view password) {
  if (password.empty() || password.size() > kMaxPasswordBytes) {
    return fmt::format("must have 1 to {} bytes (VRRP version 2 has no room for more), not {}",
                       kMaxPasswordBytes, password.size());
  }
  if (!is_printable(password)) {
    return "must be printable ASCII";
  }
  return std::nullopt;
}

std::string_view trim_newline(std::string_view text) {
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
    if (text.ends_with('\r')) {
      text.remove_suffix(1);
    }
  }
  return text;
}

Authentication decode_authentication(const Node& node, const std::string& path,
                                     const PasswordReader& read_password, Errors& errors) {
  ObjectReader reader(node, path, errors);
  Authentication authentication;
  (void)reader.word("type", kAuthenticationTypes);
  if (const auto password = reader.text("password")) {
    if (const auto fault = find_password_fault(*password)) {
      reader.refuse("password", *fault);
    }
    authentication.password = Secret(*password);
  }
  const auto file = reader.text("passwordFile");
  if (reader.node().object() != nullptr && reader.has("password") == reader.has("passwordFile")) {
    errors.add(node.position, path, "must have exactly one of password and passwordFile");
  } else if (file) {
    authentication.password_file = *file;
    const auto content = file->empty() || !read_password
                             ? base::unexpected(base::report_error("no such file can be read here"))
                             : read_password(*file);
    if (!content) {
      reader.refuse("passwordFile", content.error().message);
    } else if (const auto fault = find_password_fault(trim_newline(*content))) {
      reader.refuse("passwordFile", fmt::format("the password in the file {}", *fault));
    } else {
      authentication.password = Secret(std::string(trim_newline(*content)));
    }
  }
  reader.refuse_unknown_unseen();
  return authentication;
}

Announce decode_announce(const Node& node, const std::string& path, Errors& errors) {
  ObjectReader reader(node, path, errors);
  Announce announce;
  using base::Milliseconds;
  if (const auto count = reader.integer("burstCount", {1, 100})) {
    announce.burst_count = static_cast<std::uint32_t>(*count);
  }
  if (const auto interval = reader.integer("burstIntervalMilliseconds", {0, 1000})) {
    announce.burst_interval = Milliseconds(*interval);
  }
  if (const auto delay = reader.integer("secondBurstDelayMilliseconds", {0, 300'000})) {
    announce.second_burst_delay = Milliseconds(*delay);
  }
  if (const auto refresh = reader.integer("refreshSeconds", {0, 86'400})) {
    announce.refresh = std::chrono::seconds(*refresh);
  }
  reader.refuse_unknown();
  return announce;
}

Lease decode_lease(const Node& node, const std::string& path, Errors& errors) {
  ObjectReader reader(node, path, errors);
  Lease lease;
  if (const auto duration = reader.integer("durationSeconds", {0, 86'400})) {
    lease.duration = std::chrono::seconds(*duration);
  }
  reader.refuse_unknown();
  return lease;
}

/// The rules that hang on the version. It is unset if it is wrong: then they say nothing.
void check_version_rules(ObjectReader& reader, Spec& spec, bool version_is_wrong) {
  const bool v2 = spec.vrrp_version == 2;
  const IntegerRange range =
      version_is_wrong ? IntegerRange{10, 255'000, 10}
      : v2             ? IntegerRange{1000, 255'000, 1000, "VRRP version 2 counts in whole seconds"}
           : IntegerRange{10, 40'950, 10, "VRRP version 3 counts in hundredths of a second"};
  const std::int64_t fallback = v2 ? 1000 : 200;
  const std::int64_t interval =
      reader.integer("advertIntervalMilliseconds", range).value_or(fallback);
  spec.advert_interval = base::Centiseconds(interval / 10);
  if (version_is_wrong) {
    return;
  }
  if (v2 && std::any_of(spec.addresses.begin(), spec.addresses.end(), [](const net::Prefix& p) {
        return p.address.family() == net::Family::kIpv6;
      })) {
    reader.refuse("vrrpVersion", "2 is for IPv4 addresses only: use version 3");
  }
  if (!v2 && spec.authentication) {
    reader.refuse("authentication",
                  "is only for vrrpVersion 2: VRRP version 3 has no authentication");
  }
  if (v2 && spec.checksum_ipv4 != ChecksumIpv4::kAuto) {
    reader.refuse("checksumIPv4", "is only for vrrpVersion 3: version 2 has one form");
  }
}

}  // namespace

Spec decode_spec(const Node& node, const PasswordReader& read_password, ClaimPositions& claims,
                 Errors& errors) {
  ObjectReader reader(node, "spec", errors);
  Spec spec;
  if (const Node* addresses = reader.require("addresses")) {
    spec.addresses =
        decode_addresses(*addresses, reader.path("addresses"), claims.addresses, errors);
  }
  spec.interface = decode_interface(reader);
  if (const Node* vrid = reader.require("virtualRouterID")) {
    claims.virtual_router_id = vrid->position;
  }
  const auto vrid = reader.integer("virtualRouterID", {1, 255});
  spec.virtual_router_id = static_cast<std::uint8_t>(vrid.value_or(0));
  const auto version = reader.integer("vrrpVersion", {2, 3});
  spec.vrrp_version = static_cast<std::uint8_t>(version.value_or(3));
  (void)reader.find("advertIntervalMilliseconds");  // read last; named here in the order of users
  const auto priority = reader.integer("priority", {1, 255});
  spec.priority = static_cast<std::uint8_t>(priority.value_or(spec.priority));
  if (const Node* nodes = reader.find("nodes")) {
    spec.nodes = decode_nodes(*nodes, reader.path("nodes"), spec.priority, errors);
  }
  if (const Node* preemption = reader.find("preemption")) {
    spec.preemption = decode_preemption(*preemption, reader.path("preemption"), errors);
  }
  if (const Node* authentication = reader.find("authentication")) {
    spec.authentication = decode_authentication(*authentication, reader.path("authentication"),
                                                read_password, errors);
  }
  const auto checksum = reader.word("checksumIPv4", kChecksumForms);
  spec.checksum_ipv4 = checksum.value_or(spec.checksum_ipv4);
  if (const Node* announce = reader.find("announce")) {
    spec.announce = decode_announce(*announce, reader.path("announce"), errors);
  }
  if (const Node* lease = reader.find("lease")) {
    spec.lease = decode_lease(*lease, reader.path("lease"), errors);
  }
  if (const Node* checks = reader.find("healthChecks")) {
    spec.health_checks = decode_checks(*checks, reader.path("healthChecks"), errors);
  }
  check_version_rules(reader, spec, reader.has("vrrpVersion") && !version);
  const bool only_link_local =
      !spec.addresses.empty() &&
      std::all_of(spec.addresses.begin(), spec.addresses.end(),
                  [](const net::Prefix& p) { return p.address.is_link_local(); });
  if (only_link_local && !reader.has("interface")) {
    reader.refuse("interface",
                  "is required when every address is link-local: no subnet tells which it is");
  }
  reader.refuse_unknown();
  return spec;
}

}  // namespace keelvip::api
