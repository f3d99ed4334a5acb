#include "pkg/api/print.h"

#include <doctest/doctest.h>

#include "pkg/api/sample_documents.h"

namespace keelvip::api {

TEST_CASE("JSON is printed as it is parsed") {
  for (const char* text : {"null", "true", "-5", "0.5", "1e+300", "\"a\\\"b\\\\c\\n\\u0001é\"",
                           "[]", "{}", "[1,[2,{\"a\":{}}],\"\"]", "{\"a\":1,\"b\":[true,null]}"}) {
    CAPTURE(text);
    CHECK(to_json(parse_one(text)) == text);
  }
  CHECK(to_json(parse_one(R"({"a":[1,{}],"b":{}})"), 2) ==
        "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {}\n}\n");
  CHECK(to_json(parse_one("1.0")) == "1.0");
}

TEST_CASE("YAML quotes what another reader could take for something else") {
  CHECK(to_yaml(parse_one(R"({"a": ["no", "1", "1.5", "192.0.2.1/24", "x y", "", "web-1", "~",
                                    "0x10", "-", "a: b", "#"], "on": [], "b": [[1, 2], {"c": {}}]})")) ==
        R"(a:
- "no"
- "1"
- "1.5"
- 192.0.2.1/24
- "x y"
- ""
- web-1
- "~"
- "0x10"
- "-"
- "a: b"
- "#"
"on": []
b:
- - 1
  - 2
- c: {}
)");
}

TEST_CASE("control characters that steer a terminal are escaped, those beyond ASCII too") {
  const Node node = parse_one("{\"\xc2\x9b\": \"a\xc2\x85z \xc3\xa4\"}");
  CHECK(to_json(node, 0) == "{\"\\u009b\":\"a\\u0085z \xc3\xa4\"}");
}

}  // namespace keelvip::api
