#include "pkg/status/exposition_check.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace keelvip::status {

namespace {

/// Cuts off and returns a name of the metrics' language; empty if there is none.
std::string_view take_name(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  const std::string_view name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  if (name.empty() || (name.front() >= '0' && name.front() <= '9')) {
    return {};
  }
  text.remove_prefix(name.size());
  return name;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) {
    return false;
  }
  text.remove_prefix(expected.size());
  return true;
}

/// Cuts off a quoted value whose only escapes are \\, \" and \n.
bool take_value(std::string_view& text) {
  if (!take(text, "\"")) {
    return false;
  }
  while (!text.empty() && text.front() != '"') {
    if (take(text, "\\")) {
      if (text.empty() || std::string_view("\\\"n").find(text.front()) == std::string_view::npos) {
        return false;
      }
    }
    text.remove_prefix(1);
  }
  return take(text, "\"");
}

/// Cuts off `{name="value",...}`; nullopt if it is malformed, else what stands between the braces.
std::optional<std::string_view> take_labels(std::string_view& text) {
  if (!take(text, "{")) {
    return std::string_view();
  }
  const std::string_view begin = text;
  do {
    if (take_name(text).empty() || !take(text, "=") || !take_value(text)) {
      return std::nullopt;
    }
  } while (take(text, ","));
  const std::string_view labels = begin.substr(0, begin.size() - text.size());
  return take(text, "}") ? std::optional(labels) : std::nullopt;
}

class Reader {
 public:
  explicit Reader(ExpositionFormat format)
      : open_metrics_(format == ExpositionFormat::kOpenMetrics) {}

  ExpositionReading read(std::string_view text) {
    if (!text.ends_with('\n')) {
      fail("the last line has no newline");
    }
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      line_ = std::string(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number_;
      read_line();
    }
    finish_histogram();
    if (open_metrics_ && !ended_) {
      fail("no # EOF");
    }
    return std::move(reading_);
  }

 private:
  void fail(std::string_view what) {
    reading_.errors.push_back(fmt::format("line {}: {}: {}", number_, what, line_));
  }

  void read_line() {
    std::string_view rest = line_;
    if (ended_) {
      fail("text after # EOF");
    } else if (open_metrics_ && line_ == "# EOF") {
      ended_ = true;
    } else if (take(rest, "# HELP ")) {
      help_ = take_name(rest);
      if (!take(rest, " ") || rest.empty() || rest.starts_with(' ')) {
        fail("HELP without text");
      }
    } else if (take(rest, "# TYPE ")) {
      const std::string name(take_name(rest));
      take(rest, " ");
      begin_family(name, std::string(rest));
    } else {
      read_sample(rest);
    }
  }

  void begin_family(const std::string& name, const std::string& type) {
    finish_histogram();
    if (help_ != name) {
      fail("TYPE without its HELP before it");
    }
    if (type != "gauge" && type != "counter" && type != "histogram" &&
        (type != "info" || !open_metrics_)) {
      fail("unknown type");
    }
    type_ = type;
    name_ = name;
    if (open_metrics_ && type == "counter") {
      name_ += "_total";
    } else if (type == "info") {
      name_ += "_info";
    }
    if ((type == "counter") != name_.ends_with("_total")) {
      fail("_total belongs to counters and to them alone");
    }
    if (!reading_.families.emplace(name_, type).second) {
      fail("family appears twice");
    }
  }

  void read_sample(std::string_view rest) {
    const std::string name(take_name(rest));
    const bool histogram =
        type_ == "histogram" &&
        (name == name_ + "_bucket" || name == name_ + "_sum" || name == name_ + "_count");
    if (name.empty() || (name != name_ && !histogram)) {
      fail("sample outside its family");
    }
    const auto found = take_labels(rest);
    if (!found || !take(rest, " ")) {
      fail("malformed labels");
      return;
    }
    const std::string labels(*found);
    const std::string_view value = rest;
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size()) {
      fail("malformed value");
    }
    if (type_ == "counter" && number < 0) {
      fail("a counter below zero");
    }
    if (!reading_.series.emplace(fmt::format("{}{{{}}}", name, labels), number).second) {
      fail("series appears twice");
    }
    if (histogram) {
      read_histogram_sample(name, labels, number);
    }
  }

  void read_histogram_sample(const std::string& name, const std::string& labels, double number) {
    if (name.ends_with("_count")) {
      count_ = number;
    } else if (name.ends_with("_bucket")) {
      if (number < last_bucket_) {
        fail("buckets are cumulative");
      }
      last_bucket_ = number;
      infinite_ = labels == "le=\"+Inf\"";
    }
  }

  void finish_histogram() {
    if (type_ == "histogram" && (!infinite_ || count_ != last_bucket_)) {
      fail("a histogram ends with +Inf, equal to its _count");
    }
    last_bucket_ = 0;
    infinite_ = false;
    count_.reset();
  }

  bool open_metrics_;
  ExpositionReading reading_;
  int number_ = 0;
  std::string line_;
  std::string help_;
  std::string type_;
  std::string name_;
  double last_bucket_ = 0;
  bool infinite_ = false;
  std::optional<double> count_;
  bool ended_ = false;
};

}  // namespace

ExpositionReading read_exposition(std::string_view text, ExpositionFormat format) {
  return Reader(format).read(text);
}

}  // namespace keelvip::status
