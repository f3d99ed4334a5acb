#include "cmd/keelvip/table.h"

#include <sstream>

#include <doctest/doctest.h>

namespace keelvip::cmd {
namespace {

std::string printed(const Table& table, std::size_t indent = 0) {
  std::ostringstream out;
  table.print(out, indent);
  return out.str();
}

TEST_CASE("columns are as wide as their widest cell and no line ends in blanks") {
  Table table({"NAME", "ROLE", "AGE"});
  table.add_row({"web", "Active", "5m"});
  table.add_row({"a-long-name", "Backup", ""});
  CHECK(printed(table) ==
        "NAME          ROLE     AGE\n"
        "web           Active   5m\n"
        "a-long-name   Backup   <none>\n");
  CHECK(printed(table, 2).starts_with("  NAME"));
}

TEST_CASE("letters of several bytes take one column") {
  Table table({"A", "B"});
  table.add_row({"\xc3\xa9", "x"});
  CHECK(printed(table) == "A   B\n\xc3\xa9   x\n");
}

TEST_CASE("a cell cannot steer the terminal or break the line") {
  Table table({"A", "B"});
  table.add_row({"x\x1b[31m\ny", "z"});
  table.add_row(
      {"x\xc2\x9b"
       "31my",
       "z"});  // the one-character form of ESC [
  CHECK(printed(table).find("x?[31m?y   z\n") != std::string::npos);
  CHECK(printed(table).find("x?31my     z\n") != std::string::npos);
}

}  // namespace
}  // namespace keelvip::cmd
