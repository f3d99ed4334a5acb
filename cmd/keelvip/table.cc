#include "cmd/keelvip/table.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "pkg/api/text_check.h"
#include "pkg/base/check.h"

namespace keelvip::cmd {

namespace {

constexpr std::size_t kGap = 3;
constexpr std::string_view kNone = "<none>";

/// Characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

std::string printable(std::string_view text) {
  return api::without_controls(text);
}

Table::Table(std::vector<std::string> headers) {
  rows_.push_back(std::move(headers));
}

void Table::add_row(std::vector<std::string> cells) {
  KEELVIP_CHECK(cells.size() == rows_.front().size());
  for (std::string& cell : cells) {
    cell = cell.empty() ? std::string(kNone) : printable(cell);
  }
  rows_.push_back(std::move(cells));
}

void Table::print(std::ostream& out, std::size_t indent) const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  for (const auto& row : rows_) {
    out << std::string(indent, ' ');
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      out << row[i] << std::string(widths[i] - width(row[i]) + kGap, ' ');
    }
    out << row.back() << '\n';
  }
}

}  // namespace keelvip::cmd
