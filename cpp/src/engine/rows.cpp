#include "engine/rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.hpp"
#include "base/names.hpp"

namespace noetl::nats {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kLongestRecord = 64 * 1024 * 1024;

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

/// One field of a record, and what is behind it. RFC 4180: a quote inside of quotes is doubled.
std::optional<std::string> read_cell(std::string_view& rest, std::string& cell) {
  cell.clear();
  if (!rest.starts_with('"')) {
    const auto end = std::min(rest.find(','), rest.size());
    cell = rest.substr(0, end);
    rest.remove_prefix(end);
    return cell.find('"') == std::string::npos ? std::nullopt
                                               : std::optional<std::string>("a quote inside of a field that is not in quotes");
  }
  rest.remove_prefix(1);
  while (true) {
    const auto quote = rest.find('"');
    if (quote == std::string_view::npos) return "a quote that is never closed";
    cell += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    cell += '"';
    rest.remove_prefix(1);
  }
  return rest.empty() || rest.starts_with(',') ? std::nullopt : std::optional<std::string>("text behind a closing quote");
}

std::optional<std::string> read_cells(std::string_view record, std::vector<std::string>& cells) {
  cells.clear();
  while (true) {
    std::string cell;
    if (auto problem = read_cell(record, cell)) return problem;
    cells.push_back(std::move(cell));
    if (record.empty()) return std::nullopt;
    record.remove_prefix(1);
  }
}

RowFormat guessed(std::string_view path, std::string_view first_line) {
  const auto ends = [&](std::string_view end) { return path.ends_with(end); };
  if (ends(".csv")) return RowFormat::csv;
  if (ends(".jsonl") || ends(".ndjson") || ends(".json") || first_line.starts_with('{')) return RowFormat::jsonl;
  return RowFormat::lines;
}

}  // namespace

Result<RowReader> RowReader::open(const std::string& path, const std::string& format, const Wait& wait) {
  NN_TRY(auto file, sys::FileReader::open(path));
  RowReader reader{sys::LineReader(std::move(file))};
  NN_TRY(const auto line, reader.lines_.next(wait));
  if (line) reader.first_ = std::string(*line);
  reader.format_ = format == "auto"    ? guessed(path, reader.first_.value_or(""))
                   : format == "csv"   ? RowFormat::csv
                   : format == "jsonl" ? RowFormat::jsonl
                                       : RowFormat::lines;
  if (reader.format_ != RowFormat::lines && reader.first_ && reader.first_->starts_with(kByteOrderMark))
    reader.first_->erase(0, kByteOrderMark.size());
  if (reader.format_ == RowFormat::csv) NN_CHECK(reader.read_columns(wait));
  return reader;
}

Result<std::optional<std::string_view>> RowReader::next_line(const Wait& wait) {
  if (first_ && !std::exchange(first_given_, true)) return std::optional<std::string_view>(*first_);
  return lines_.next(wait);
}

Result<std::optional<Row>> RowReader::next(const Wait& wait) {
  if (format_ == RowFormat::csv) return next_csv(wait);
  if (format_ == RowFormat::jsonl) return next_json(wait);
  NN_TRY(const auto line, next_line(wait));
  if (!line) return std::nullopt;
  return Row{.line = lines_.number(), .value = nullptr, .text = std::string(without_return(*line)), .problem = {}};
}

Result<std::optional<Row>> RowReader::next_json(const Wait& wait) {
  while (true) {
    NN_TRY(const auto line, next_line(wait));
    if (!line) return std::nullopt;
    if (is_blank(*line)) continue;
    Row row{
        .line = lines_.number(), .value = Json::parse(*line, nullptr, false), .text = std::string(without_return(*line)), .problem = {}};
    if (row.value.is_discarded()) row.problem = "is not JSON (one value on each line)";
    return row;
  }
}

Result<std::optional<Row>> RowReader::next_record(const Wait& wait) {
  Row row;
  std::size_t quotes = 0;
  do {
    NN_TRY(const auto line, next_line(wait));
    if (!line && row.line == 0) return std::nullopt;
    if (!line) {
      row.problem = "has a quote that is never closed";
      return row;
    }
    if (row.line == 0 && is_blank(*line)) continue;
    if (row.line == 0)
      row.line = lines_.number();
    else
      row.text += '\n';
    row.text += *line;
    quotes += static_cast<std::size_t>(std::count(line->begin(), line->end(), '"'));
    if (row.text.size() > kLongestRecord)
      return fail(Code::resource_exhausted, fmt::format("the row at line {} is longer than 64 MiB", row.line));
  } while (row.line == 0 || quotes % 2 != 0);
  if (row.text.ends_with('\r')) row.text.pop_back();
  if (!is_utf8(row.text)) row.problem = "is not UTF-8";
  return row;
}

Result<void> RowReader::read_columns(const Wait& wait) {
  NN_TRY(auto header, next_record(wait));
  if (!header) return {};
  const auto bad = [](std::string_view what) {
    return fail(Code::invalid_argument, fmt::format("file: the header row (line 1) {}", what),
                "a CSV file begins with the names of its columns");
  };
  if (header->problem) return bad(*header->problem);
  if (const auto problem = read_cells(header->text, columns_)) return bad("has " + *problem);
  for (const auto& name : columns_) {
    if (name.empty()) return bad("has a column without a name");
    if (std::count(columns_.begin(), columns_.end(), name) > 1) return bad(fmt::format("has the column {} twice", in_quotes(name)));
  }
  return {};
}

Result<std::optional<Row>> RowReader::next_csv(const Wait& wait) {
  NN_TRY(auto row, next_record(wait));
  if (!row) return std::nullopt;
  std::vector<std::string> cells;
  if (!row->problem) {
    if (const auto problem = read_cells(row->text, cells))
      row->problem = "has " + *problem;
    else if (cells.size() != columns_.size())
      row->problem = fmt::format("has {} columns, the header row has {}", cells.size(), columns_.size());
  }
  row->text.clear();
  row->value = Json::object();
  if (row->problem) return row;
  for (std::size_t i = 0; i < cells.size(); ++i) row->value[columns_[i]] = std::move(cells[i]);
  return row;
}

}  // namespace noetl::nats
