#include "validate.h"

#include <algorithm>
#include <numeric>

#include "azcni/base/http.h"
#include "azcni/net/address.h"
#include "config.h"
#include "fields.h"
#include "neighbours.h"

namespace azcni::vnet {
namespace {

using Path = std::vector<std::string>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

/// Letters to change, add or leave out (Levenshtein).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

bool is_texts(const Json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); });
}

bool is_seconds(const Json& value) {
  if (value.is_number_unsigned()) return true;
  const std::string text = value.is_string() ? value.get<std::string>() : "x";
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <typename Parse>
bool all_parse(const Json& value, const Parse& parse) {
  return is_texts(value) && std::all_of(value.begin(), value.end(), [&](const Json& each) {
           return parse(each.get<std::string>()).has_value();
         });
}

bool is_url(const std::string& text) {
  try {
    http::parse_url(text);
    return true;
  } catch (const Error&) {
    return text.empty();
  }
}

/// What the value should have been; empty if it is that.
std::string expectation(const FieldDefinition& field, const Json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  const bool is_empty = value.is_string() && text.empty();
  switch (field.kind) {
    case FieldKind::kText: return value.is_string() ? "" : "a text";
    case FieldKind::kFlag: return value.is_boolean() ? "" : "true or false";
    case FieldKind::kNumber: return value.is_number_unsigned() ? "" : "a whole number";
    case FieldKind::kSeconds: return is_seconds(value) ? "" : "a number of seconds";
    case FieldKind::kTexts: return is_texts(value) ? "" : "a list of texts";
    case FieldKind::kAddress:
      return is_empty || net::parse_ip(text) || net::parse_prefix(text) ? "" : "an IP address";
    case FieldKind::kNetworks:
      return all_parse(value, net::parse_network) ? "" : "a list of IP addresses and CIDRs";
    case FieldKind::kCidr: return is_empty || net::parse_prefix(text) ? "" : "a CIDR";
    case FieldKind::kCidrs:
      return value.is_string() || all_parse(value, net::parse_prefix) ? "" : "a list of CIDRs";
    case FieldKind::kInterface:
      return value.is_string() && text.size() <= 15 ? "" : "the name of an interface";
    case FieldKind::kUrl: return value.is_string() && is_url(text) ? "" : "http://ADDRESS/PATH";
    case FieldKind::kObject: return value.is_object() ? "" : "an object";
    case FieldKind::kObjects: return value.is_array() ? "" : "a list of objects";
  }
  return "";
}

std::string name_of(const FieldDefinition& field) { return std::string(field.path); }

class Validator {
 public:
  explicit Validator(const NodeConfig& config) : config_(config) {}

  std::vector<Complaint> run() {
    const Json& document = config_.document;
    if (!document.is_object()) {
      complain({}, "expected an object");
      return complaints_;
    }
    const bool is_list = document.contains("plugins");
    if (is_list) {
      check_fields(document, {}, list_definitions());
      check_list(document);
    } else {
      check_plugin(document, {});
    }
    for (const std::string& each : complaints_of_neighbours(config_)) complain({"plugins"}, each);
    return complaints_;
  }

 private:
  void complain(const Path& path, const std::string& message, bool is_error = true) {
    complaints_.push_back({find_value(config_.text, path), is_error, message});
  }

  void check_list(const Json& document) {
    const Json& plugins = document.at("plugins");
    if (!plugins.is_array()) return;
    if (plugins.empty()) complain({"plugins"}, "plugins: a list without plugins is ignored");
    for (std::size_t i = 0; i < plugins.size(); ++i) {
      if (plugins[i].is_object() && plugins[i].value("type", Json()) == "azure-vnet")
        check_plugin(plugins[i], {"plugins", std::to_string(i)});
    }
  }

  /// The types and values that are documented, then what the plugin itself says of all together.
  void check_plugin(const Json& plugin, const Path& path) {
    const std::size_t before = complaints_.size();
    const auto own = field_definitions();
    std::vector<FieldDefinition> definitions(own.begin(), own.end());
    for (const FieldDefinition& field : list_definitions()) {
      if (field.kind != FieldKind::kObjects) definitions.push_back(field);
    }
    check_fields(plugin, path, definitions);
    if (complaints_.size() != before) return;
    Json complete = plugin;
    if (config_.document.contains("name")) complete["name"] = config_.document.at("name");
    try {
      parse_config(gc_request(complete, {}));
    } catch (const Error& error) {
      complain(path, error.what());
    }
  }

  void check_fields(const Json& object, const Path& path,
                    std::span<const FieldDefinition> definitions, const std::string& prefix = {}) {
    for (const auto& [key, value] : object.items()) {
      Path here = path;
      here.push_back(key);
      const std::string name = prefix + key;
      const auto known = std::find_if(
          definitions.begin(), definitions.end(),
          [&](const auto& each) { return lowered(std::string(each.path)) == lowered(name); });
      if (known == definitions.end()) {
        if (is_ours(object, prefix)) complain(here, unknown(name, prefix, definitions), false);
      } else if (!value.is_null()) {
        check_value(*known, value, here, definitions);
      }
    }
    for (const FieldDefinition& field : definitions) {
      const bool is_here = field.path.rfind(prefix, 0) == 0 &&
                           field.path.find('.', prefix.size()) == std::string::npos;
      const std::string key(is_here ? field.path.substr(prefix.size()) : "");
      const bool is_inherited = key == "name" && path.size() > 1;
      if (is_here && field.fallback == "required" && !is_inherited && !Fields(object, "").has(key))
        complain(path, name_of(field) + ": missing: " + std::string(field.meaning));
    }
  }

  /// Fields of another IPAM plugin, and of runtimes, are not ours to know.
  static bool is_ours(const Json& object, const std::string& prefix) {
    if (prefix == "ipam.") return object.value("type", Json()) == "azure-vnet-ipam";
    return prefix != "runtimeConfig." && prefix != "args.";
  }

  static std::string unknown(const std::string& name, const std::string& prefix,
                             std::span<const FieldDefinition> definitions) {
    std::string nearest;
    std::size_t least = std::max<std::size_t>(3, (name.size() - prefix.size()) / 3);
    for (const FieldDefinition& field : definitions) {
      const std::size_t now = distance(lowered(name), lowered(std::string(field.path)));
      if (now < least) {
        least = now;
        nearest = name_of(field);
      }
    }
    return name + ": no such field, ignored" +
           (nearest.empty() ? "" : "; did you mean " + nearest + "?");
  }

  void check_value(const FieldDefinition& field, const Json& value, const Path& path,
                   std::span<const FieldDefinition> definitions) {
    if (const std::string expected = expectation(field, value); !expected.empty())
      return complain(path, name_of(field) + ": expected " + expected + ", not " + value.dump());
    if (field.kind == FieldKind::kObject)
      check_fields(value, path, definitions, name_of(field) + ".");
    const std::vector<std::string> choice = field.choice();
    if (choice.empty()) return;
    const Json all = value.is_array() ? value : Json::array({value});
    for (const Json& each : all) {
      if (std::find(choice.begin(), choice.end(), each) != choice.end() || each == "") continue;
      std::string list;
      for (const std::string& one : choice) list += (list.empty() ? "" : ", ") + one;
      complain(path, name_of(field) + ": expected one of " + list + ", not " + each.dump());
    }
  }

  const NodeConfig& config_;
  std::vector<Complaint> complaints_;
};

/// nlohmann's message has the byte; people count lines.
Complaint unreadable(const NodeConfig& config) {
  if (!config.is_file) return {{}, true, config.failure};
  try {
    const Json document = Json::parse(config.text);
    return {{}, true, config.failure};
  } catch (const Json::parse_error& error) {
    std::string reason = error.what();
    if (const std::size_t colon = reason.find(": "); colon != std::string::npos)
      reason = reason.substr(colon + 2);
    return {location_of(config.text, error.byte > 0 ? error.byte - 1 : 0), true,
            "not JSON: " + reason};
  }
}

}  // namespace

std::vector<Complaint> validate(const NodeConfig& config) {
  if (!config.failure.empty()) return {unreadable(config)};
  return Validator(config).run();
}

}  // namespace azcni::vnet
