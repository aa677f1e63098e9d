#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "azcni/base/file.h"
#include "azcni/base/json.h"
#include "azcni/base/log.h"
#include "azcni/store/store.h"

namespace azcni::store {

/// A key → a file name: letters, digits and ". _ - @" stay, the rest becomes %XX. Reversible.
std::string to_file_name(const std::string& key);
std::string from_file_name(const std::string& name);

/// The form of the records that this version writes: the key "format" of each that is an object.
inline constexpr int kFormat = 1;

/// The records of one kind. T has to_json and from_json for azcni::Json; from_json throws for what
/// it can't read. One writer at a time for each key: who that is, is the caller's business.
template <typename T>
class Records {
 public:
  Records(const Store& store, const std::string& kind) : folder_(store.path_of(kind)) {}

  /// A damaged record is set aside as *.corrupt, logged, and counts as absent. One whose format is
  /// a newer version's counts as absent, too, and is logged and left alone.
  std::optional<T> find(const std::string& key) const {
    const std::string path = path_of(key);
    const auto text = file::read(path, kMaxBytes);
    if (!text) return std::nullopt;
    try {
      const Json json = Json::parse(*text);
      if (const int format = json.is_object() ? json.value("format", kFormat) : kFormat;
          format > kFormat) {
        log::warning("record {} has format {}, of a newer version: left alone", path, format);
        return std::nullopt;
      }
      return json.get<T>();
    } catch (const std::exception& damage) {  // of the JSON library or of from_json
      log::error("record {} is damaged and set aside as .corrupt: {}", path, damage.what());
      file::rename(path, path + ".corrupt");
      return std::nullopt;
    }
  }

  void put(const std::string& key, const T& record) const {
    Json json = record;
    if (json.is_object()) json["format"] = kFormat;
    file::replace(path_of(key), json.dump());
  }

  /// With the draft that a writer who was killed may have left.
  void erase(const std::string& key) const {
    file::remove(path_of(key) + ".tmp");
    file::remove(path_of(key));
  }

  /// Names only: nothing is read.
  std::vector<std::string> keys() const {
    std::vector<std::string> keys;
    for (const std::string& name : file::list(folder_)) {
      if (name.ends_with(kSuffix))
        keys.push_back(from_file_name(name.substr(0, name.size() - kSuffix.size())));
    }
    return keys;
  }

  /// Keys of records that were set aside, and not written again.
  std::vector<std::string> damaged() const {
    std::vector<std::string> damaged;
    const std::vector<std::string> known = keys();
    for (const std::string& name : file::list(folder_)) {
      if (!name.ends_with(kDamaged)) continue;
      std::string key = from_file_name(name.substr(0, name.size() - kDamaged.size()));
      if (std::find(known.begin(), known.end(), key) == known.end())
        damaged.push_back(std::move(key));
    }
    return damaged;
  }

  std::string path_of(const std::string& key) const {
    return folder_ + "/" + to_file_name(key) + ".json";
  }

  std::vector<std::pair<std::string, T>> list() const {
    std::vector<std::pair<std::string, T>> records;
    for (const std::string& key : keys()) {
      if (auto record = find(key)) records.emplace_back(key, std::move(*record));
    }
    return records;
  }

 private:
  static constexpr std::string_view kSuffix = ".json";
  static constexpr std::string_view kDamaged = ".json.corrupt";
  static constexpr std::size_t kMaxBytes = 16 << 20;

  std::string folder_;
};

}  // namespace azcni::store
