// FieldError: one reason why a document is refused: where, which field, and what is allowed
// instead. Made by the parsers and the decoder, shown by `validate`, the status and the log. A
// value; it holds no secrets.
#pragma once

#include <string>

#include "pkg/api/origin.h"

namespace keelvip::api {

/// One reason why a document is refused.
struct FieldError {
  Position position;
  std::string field;   // path such as "spec.healthChecks[0].httpGet.port"; empty: the document
  std::string reason;  // a sentence fragment for people, without secrets

  friend bool operator==(const FieldError&, const FieldError&) = default;
};

}  // namespace keelvip::api
