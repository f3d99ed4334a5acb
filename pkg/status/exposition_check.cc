#include "pkg/status/exposition_check.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>
#include <set>

#include <fmt/format.h>

namespace keelvip::status {

namespace {

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
    static const std::regex kHelp(R"(# HELP ([a-z][a-z0-9_]*) (\S.*))");
    static const std::regex kType(R"(# TYPE ([a-z][a-z0-9_]*) (gauge|counter|histogram|info))");
    static const std::regex kSample(R"re(([a-z][a-z0-9_]*)(?:\{([^ ].*)\})? (\S+))re");
    std::smatch match;
    if (ended_) {
      fail("text after # EOF");
    } else if (open_metrics_ && line_ == "# EOF") {
      ended_ = true;
    } else if (std::regex_match(line_, match, kHelp)) {
      help_ = match[1];
    } else if (std::regex_match(line_, match, kType)) {
      begin_family(match[1], match[2]);
    } else if (std::regex_match(line_, match, kSample)) {
      read_sample(match[1], match[2], match[3]);
    } else {
      fail("neither HELP, TYPE nor sample");
    }
  }

  void begin_family(const std::string& name, const std::string& type) {
    finish_histogram();
    if (help_ != name) {
      fail("TYPE without its HELP before it");
    }
    if (type == "info" && !open_metrics_) {
      fail("text 0.0.4 knows no info");
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

  void read_sample(const std::string& name, const std::string& labels, const std::string& value) {
    const bool histogram =
        type_ == "histogram" &&
        (name == name_ + "_bucket" || name == name_ + "_sum" || name == name_ + "_count");
    if (name != name_ && !histogram) {
      fail("sample outside its family");
    }
    static const std::regex kLabels(
        R"re([a-z_][a-z0-9_]*="(?:[^"\\]|\\[\\"n])*"(?:,[a-z_][a-z0-9_]*="(?:[^"\\]|\\[\\"n])*")*)re");
    if (!labels.empty() && !std::regex_match(labels, kLabels)) {
      fail("malformed labels");
    }
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
