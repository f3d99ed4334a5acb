// Position and Origin: where in which file a value stands, for messages that a person can follow.
// Values; given by the parsers, carried along with the objects, never interpreted. Used by every
// reader of specs and by the status.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace keelvip::api {

/// Lines and columns count from 1, 0 means unknown.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
};

/// Where an object was read.
struct Origin {
  std::string source;  // file path; empty for an object that came over the API
  Position position;   // where its document starts

  friend bool operator==(const Origin&, const Origin&) = default;
};

}  // namespace keelvip::api
