// Rows of a file, one after the other: lines, JSON lines or CSV. Holds one row.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sys/stream_files.hpp"

namespace noetl::nats {

struct Row {
  std::uint64_t index = 0;                  ///< among all rows, from 0; for whoever counts them
  std::uint64_t line = 0;                   ///< of the file, from 1: where the row begins; 0: not from a file
  Json value = nullptr;                     ///< an object for CSV (column: text), anything for JSON lines, null for lines
  std::string text = {};                    ///< the line itself; empty for CSV
  std::optional<std::string> problem = {};  ///< it cannot be read, and why; the next one can
};

enum class RowFormat { lines, jsonl, csv };

class RowReader {
 public:
  /// `format`: lines, jsonl, csv, or auto: by the end of the name (.csv; .jsonl, .ndjson, .json), else JSON lines when the
  /// first character is `{`, else lines. Errors: as FileReader::open; invalid_argument for the header row of a CSV file.
  [[nodiscard]] static Result<RowReader> open(const std::string& path, const std::string& format, const Wait& wait);

  /// Nothing at the end. Empty lines are rows of `lines` only. Errors: the file cannot be read, cancelled.
  [[nodiscard]] Result<std::optional<Row>> next(const Wait& wait);
  /// No row is there now: `next` would wait for whoever fills the pipe.
  [[nodiscard]] bool would_wait() const { return lines_.would_wait(); }
  [[nodiscard]] RowFormat format() const { return format_; }
  /// Of CSV.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }

 private:
  explicit RowReader(sys::LineReader lines) : lines_(std::move(lines)) {}
  [[nodiscard]] Result<std::optional<std::string_view>> next_line(const Wait& wait);
  [[nodiscard]] Result<void> read_columns(const Wait& wait);
  [[nodiscard]] Result<std::optional<Row>> next_json(const Wait& wait);
  [[nodiscard]] Result<std::optional<Row>> next_csv(const Wait& wait);
  /// A record, which may have line feeds in quotes; nothing at the end.
  [[nodiscard]] Result<std::optional<Row>> next_record(const Wait& wait);

  sys::LineReader lines_;
  RowFormat format_ = RowFormat::lines;
  std::optional<std::string> first_;  ///< a line that was read to see what it is
  bool first_given_ = false;
  std::vector<std::string> columns_;
};

}  // namespace noetl::nats
