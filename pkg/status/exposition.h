// ExpositionWriter: the text formats that Prometheus scrapes, version 0.0.4 and OpenMetrics 1.0,
// from one description. Samples of a family stand together under HELP and TYPE; labels are escaped
// once and reused. Used by metrics and by httpapi for the process's own figures. Pure; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace keelvip::status {

enum class ExpositionFormat : std::uint8_t { kPrometheusText, kOpenMetrics };

/// The value of the Content-Type header.
[[nodiscard]] std::string_view content_type(ExpositionFormat format);

enum class MetricKind : std::uint8_t {
  kGauge,
  kCounter,    // its name ends in _total
  kHistogram,  // samples come from `histogram`
  kInfo,       // its name ends in _info, its value is 1
};

/// Escaped labels without braces: `virtualip="web",family="IPv4"`. Names are constants; values may
/// come from anywhere.
[[nodiscard]] std::string labels(
    std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);

class ExpositionWriter {
 public:
  explicit ExpositionWriter(ExpositionFormat format) : format_(format) {}

  /// Begins a family; `name` is the full name of its samples ("..._total" for a counter).
  void family(std::string_view name, MetricKind kind, std::string_view help);

  /// One sample of the family. `labels` is text made by labels(), or empty.
  template <typename Value>
  void sample(std::string_view labels, Value value) {
    begin_sample("", labels, "");
    end_sample(value);
  }
  /// The same with two such texts; neither is empty.
  template <typename Value>
  void sample(std::string_view labels, std::string_view more_labels, Value value) {
    begin_sample("", labels, more_labels);
    end_sample(value);
  }

  /// The samples of a histogram. `bounds` are upper bounds in seconds, ascending; `counts` are not
  /// cumulative and have one entry more, for what lies above the last bound.
  void histogram(std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum);

  /// The text so far; more families may follow it in the same exposition.
  [[nodiscard]] std::string take() { return std::exchange(text_, {}); }

 private:
  void begin_sample(std::string_view suffix, std::string_view labels, std::string_view more_labels);
  void end_sample(std::uint64_t value);
  void end_sample(std::int64_t value);
  void end_sample(double value);
  void end_sample(bool value) { end_sample(std::uint64_t{value}); }

  ExpositionFormat format_;
  std::string text_;
  std::string_view name_;  // of the current family; the caller's constant
};

/// What must follow the last family.
[[nodiscard]] std::string_view exposition_end(ExpositionFormat format);

}  // namespace keelvip::status
