// Input: a JSON file as it may stand in the configuration directory.
#include "documents.h"
#include "input.h"
#include "libfuzzer.h"
#include "pkg/api/json_parser.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = keelvip::fuzz::Input(data, size).take_text();
  keelvip::fuzz::check_documents(text, keelvip::api::parse_json(text));
  return 0;
}
