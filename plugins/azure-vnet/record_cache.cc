#include "record_cache.h"

#include <charconv>
#include <map>

#include "azcni/base/file.h"
#include "azcni/base/log.h"

namespace azcni::vnet {
namespace {

constexpr const char* kCache = "looked/records";
constexpr std::size_t kMaxCache = 16 << 20;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
    end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) break;
  }
  return parts;
}

std::optional<unsigned> parse_number(const std::string& text) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, number).ptr != end || text.empty()) return std::nullopt;
  return number;
}

bool parse_addresses(const std::string& text, std::vector<net::Prefix>& addresses) {
  for (const std::string& each : split(text, ',')) {
    const auto address = net::parse_prefix(each);
    if (!address) return false;
    addresses.push_back(*address);
  }
  return true;
}

/// The cache's lines: of each record's path its identity, and what it is.
using Lines = std::map<std::string, std::pair<std::string, std::string>>;

Lines read_lines(const std::string& path) {
  Lines lines;
  for (const std::string& line : split(file::read(path, kMaxCache).value_or(""), '\n')) {
    const std::size_t name = line.find('\t'), identity = line.find('\t', name + 1);
    if (name == std::string::npos || identity == std::string::npos) continue;
    lines[line.substr(0, name)] = {line.substr(name + 1, identity - name - 1),
                                   line.substr(identity + 1)};
  }
  return lines;
}

void write_lines(const std::string& path, const Lines& lines) {
  std::string text;
  for (const auto& [name, line] : lines)
    text += name + "\t" + line.first + "\t" + line.second + "\n";
  try {
    file::replace(path, text);
  } catch (const Error& error) {
    log::warning("{}", error.what());  // the next look takes longer
  }
}

}  // namespace

std::string to_line(const network::EndpointRecord& record) {
  const network::EndpointSpec& it = record.spec;
  const network::Placement& at = record.placement;
  const bool is_plain = record.complete && !record.legacy && record.options.ports.empty() &&
                        record.options.to_container == network::Rate{} && !at.nic.empty() &&
                        !record.addressing.addresses.empty();
  if (!is_plain) return {};
  std::string addresses;
  for (const net::Prefix& each : record.addressing.addresses)
    addresses += (addresses.empty() ? "" : ",") + net::to_string(each);
  std::string line = it.id.container_id;
  for (const std::string& each :
       {it.id.if_name, it.network, it.host_if, net::to_string(it.host_mac),
        net::to_string(it.container_mac), addresses, std::to_string(static_cast<int>(at.mode)),
        at.nic, std::to_string(at.nic_number), at.bridge, std::to_string(mtu_of(record))})
    line += "\t" + each;
  return line;
}

std::optional<network::EndpointRecord> parse_line(const std::string& line) {
  const std::vector<std::string> parts = split(line, '\t');
  if (parts.size() != 12) return std::nullopt;
  const auto host = net::parse_mac(parts[4]), container = net::parse_mac(parts[5]);
  const auto mode = parse_number(parts[7]), nic = parse_number(parts[9]),
             mtu = parse_number(parts[11]);
  network::EndpointRecord record;
  if (!host || !container || !mode || *mode > 2 || !nic || !mtu ||
      !parse_addresses(parts[6], record.addressing.addresses))
    return std::nullopt;
  record.spec = {{parts[0], parts[1]}, parts[2], "", parts[3], *host, *container};
  record.placement = {static_cast<network::Mode>(*mode), parts[8], *nic, parts[10], *mtu};
  record.complete = true;
  return record;
}

std::vector<network::EndpointRecord> list_for_look(const Context& context) {
  const std::string path = context.store.path_of(kCache);
  const Lines known = read_lines(path);
  Lines now;
  std::vector<network::EndpointRecord> complete;
  for (const std::string& key : context.endpoints.keys()) {
    const std::string name = store::to_file_name(key);
    const std::string identity = file::identity(context.endpoints.path_of(key));
    const auto line = known.find(name);
    if (line != known.end() && !identity.empty() && line->second.first == identity) {
      if (auto record = parse_line(line->second.second)) {
        complete.push_back(std::move(*record));
        now.insert(*line);
        continue;
      }
    }
    auto record = context.endpoints.find(key);
    if (!record || !record->complete) continue;
    std::string text = to_line(*record);
    if (!identity.empty() && !text.empty()) now[name] = {identity, std::move(text)};
    complete.push_back(std::move(*record));
  }
  if (now != known) write_lines(path, now);
  return complete;
}

}  // namespace azcni::vnet
