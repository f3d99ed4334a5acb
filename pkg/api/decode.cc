#include "pkg/api/decode.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "pkg/api/decode_parts.h"

namespace keelvip::api {
namespace {

std::map<std::string, std::string> decode_map(ObjectReader& reader, std::string_view name) {
  std::map<std::string, std::string> map;
  const Node* node = reader.find(name);
  if (node == nullptr) {
    return map;
  }
  const Node::Object* members = node->object();
  if (members == nullptr) {
    reader.refuse(name, wrong_type("an object", *node));
    return map;
  }
  for (const Member& member : *members) {
    const std::string* text = member.value.text();
    if (text == nullptr) {
      reader.errors().add(member.value.position, reader.path(name),
                          fmt::format("every value {}", wrong_type("a string", member.value)));
    } else {
      map.emplace(member.key, *text);
    }
  }
  return map;
}

/// Whether what follows is worth decoding: no, if this is another kind of thing.
bool check_type(ObjectReader& reader, Errors& errors) {
  const Node* version = reader.require("apiVersion");
  const Node* kind = reader.require("kind");
  if (kind != nullptr && (kind->text() == nullptr || *kind->text() != kKind)) {
    const std::string* text = kind->text();
    errors.add(kind->position, "kind",
               text == nullptr
                   ? wrong_type("a string", *kind)
                   : fmt::format("unknown kind \"{}\": must be {}", shown(*text), kKind));
    return false;
  }
  if (version != nullptr && (version->text() == nullptr || *version->text() != kApiVersion)) {
    errors.add(version->position, "apiVersion", fmt::format("must be \"{}\"", kApiVersion));
  }
  return true;
}

bool is_list(const Node& root) {
  const Node* kind = root.find("kind");
  const std::string* text = kind != nullptr ? kind->text() : nullptr;
  return text != nullptr && (*text == "List" || *text == "VirtualIPList");
}

Document refused(const Node& root, Errors& errors) {
  return {root.position, "", tl::unexpected(errors.take()), {}};
}

std::optional<Document> refuse_list_envelope(const Node& root) {
  Errors errors;
  ObjectReader reader(root, "", errors);
  reader.ignore("kind");
  reader.ignore("metadata");
  const auto version = reader.text("apiVersion");
  const bool plain = *root.find("kind")->text() == "List";
  const std::string_view expected = plain ? "v1" : kApiVersion;
  if (version && *version != expected) {
    reader.refuse("apiVersion", fmt::format("must be \"{}\"", expected));
  } else if (!reader.has("apiVersion")) {
    reader.refuse("apiVersion", "is required");
  }
  const Node* items = reader.require("items");
  if (items != nullptr && items->array() == nullptr) {
    reader.refuse("items", wrong_type("a list", *items));
  }
  reader.refuse_unknown();
  return errors.empty() ? std::nullopt : std::optional(refused(root, errors));
}

}  // namespace

Metadata decode_metadata(const Node& node, Errors& errors) {
  Metadata metadata;
  ObjectReader reader(node, "metadata", errors);
  reader.require("name");
  if (const auto name = reader.text("name")) {
    if (is_dns_subdomain(*name)) {
      metadata.name = *name;
    } else {
      reader.refuse("name",
                    "must be lower-case letters, digits, \"-\" and \".\", start and end with a "
                    "letter or digit, and have at most 253 characters");
    }
  }
  metadata.labels = decode_map(reader, "labels");
  metadata.annotations = decode_map(reader, "annotations");
  constexpr std::int64_t kMaxGeneration = std::numeric_limits<std::int64_t>::max();
  metadata.generation = reader.integer("generation", {1, kMaxGeneration}).value_or(1);
  // What an API server adds; a copy of its answer is a valid document.
  for (const char* name : {"uid", "resourceVersion", "creationTimestamp", "managedFields",
                           "ownerReferences", "finalizers", "selfLink", "generateName",
                           "deletionTimestamp", "deletionGracePeriodSeconds"}) {
    reader.ignore(name);
  }
  reader.refuse_unknown({{"namespace", "a VirtualIP belongs to the cluster, not to a namespace"}});
  return metadata;
}

Document decode(const Node& root, const PasswordReader& read_password) {
  Errors errors;
  ObjectReader reader(root, "", errors);
  if (!errors.empty() || !check_type(reader, errors)) {
    return refused(root, errors);
  }
  Document document{root.position, "", tl::unexpected(std::vector<FieldError>{}), {}};
  VirtualIp vip;
  vip.origin.position = root.position;
  if (const Node* metadata = reader.require("metadata")) {
    vip.metadata = decode_metadata(*metadata, errors);
    document.name = vip.metadata.name;
  }
  if (const Node* spec = reader.require("spec")) {
    vip.spec = decode_spec(*spec, read_password, document.claims, errors);
  }
  reader.ignore("status");
  reader.refuse_unknown();
  if (errors.empty()) {
    document.object = std::move(vip);
  } else {
    document.object = tl::unexpected(errors.take());
  }
  return document;
}

std::vector<Document> decode_all(const Node& root, const PasswordReader& read_password) {
  std::vector<Document> documents;
  if (!is_list(root)) {
    documents.push_back(decode(root, read_password));
    return documents;
  }
  if (auto document = refuse_list_envelope(root)) {
    documents.push_back(std::move(*document));
    return documents;
  }
  const Node::Array& items = *root.find("items")->array();
  for (std::size_t i = 0; i < items.size(); ++i) {
    documents.push_back(decode(items[i], read_password));
    Document& document = documents.back();
    if (!document.object) {
      for (FieldError& error : document.object.error()) {
        const char* dot = error.field.empty() ? "" : ".";
        error.field = fmt::format("items[{}]{}{}", i, dot, error.field);
      }
    }
  }
  return documents;
}

}  // namespace keelvip::api
