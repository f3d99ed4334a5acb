// SpecSet: everything a source of specs knows at one moment: the objects in force and the documents
// that were refused, each with its reasons. A bad document never removes a good object: the source
// keeps what was last accepted under that name (or from that file) in `accepted`, and says in
// `rejected` why the newer text is not in force. Made by specfile, read by the controller.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pkg/api/field_error.h"
#include "pkg/api/origin.h"
#include "pkg/api/virtual_ip.h"

namespace keelvip::api {

/// A document, or a whole file, that is not in force.
struct Rejected {
  enum class Kind : std::uint8_t {
    kInvalid,   // it breaks a rule by itself
    kConflict,  // it is valid but cannot stand beside another object (same name, VRID or address)
  };
  Kind kind = Kind::kInvalid;
  std::string name;    // metadata.name, empty if it could not be read
  std::string source;  // file path
  std::vector<FieldError> errors;
  bool previous_in_force = false;  // an older version of the object still runs
  Position position{};             // where the document starts

  friend bool operator==(const Rejected&, const Rejected&) = default;
};

struct SpecSet {
  std::vector<VirtualIp> accepted;  // sorted by name, names unique
  std::vector<Rejected> rejected;   // sorted by source, then position
  std::uint64_t revision = 0;       // counts every change of the source, from 1

  friend bool operator==(const SpecSet&, const SpecSet&) = default;
};

}  // namespace keelvip::api
