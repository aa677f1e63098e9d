#include "azcni/store/store.h"

#include <algorithm>

#include "azcni/base/file.h"
#include "azcni/base/log.h"
#include "azcni/store/records.h"

namespace azcni::store {
namespace {

constexpr std::chrono::seconds kLockLimit{10};
constexpr std::size_t kMaxBytes = 64 << 20;  ///< a Go plugin's state file of a large node

}  // namespace

Store::Store(Layout layout) : layout_(std::move(layout)), boot_id_(boot_id()) {
  file::make_folder(layout_.folder);
  for (const std::string& kind : layout_.kinds) {
    if (file::make_folder(path_of(kind))) new_kinds_.push_back(kind);
  }
  file::make_folder(path_of("turns"));
  ensure_boot();
  ensure_manifest();
}

FileLock Store::lock() const { return FileLock::wait_for(path_of("lock"), kLockLimit); }

std::string Store::path_of(const std::string& name) const { return layout_.folder + "/" + name; }

bool Store::is_new(const std::string& kind) const {
  return std::find(new_kinds_.begin(), new_kinds_.end(), kind) != new_kinds_.end();
}

void Store::ensure_boot() {
  const std::string path = path_of("boot_id");
  if (file::read(path, kMaxBytes) == boot_id_) return;
  const FileLock held = lock();
  const auto known = file::read(path, kMaxBytes);
  if (known == boot_id_) return;
  if (known) {
    log::info("the machine was started anew: forgetting what containers had");
    for (const std::string& kind : layout_.lost_at_boot) {
      for (const std::string& name : file::list(path_of(kind)))
        file::remove(path_of(kind) + "/" + name);
    }
  }
  if (!known && layout_.begin) layout_.begin(*this);
  file::replace(path, boot_id_);  // last: others wait for the lock until then
}

/// The manifest is for others to see; nothing of ours depends on it, so its loss loses nothing.
void Store::ensure_manifest() {
  const Json manifest{{"format", kFormat}, {"bootId", boot_id_}, {"records", layout_.folder}};
  const std::string text = manifest.dump(2) + "\n";
  if (file::read(layout_.manifest, kMaxBytes) == text) return;
  const FileLock held = lock();
  const auto found = file::read(layout_.manifest, kMaxBytes);
  if (found == text) return;
  const Json document = Json::parse(found.value_or(""), nullptr, false);
  if (document.is_object() && layout_.is_legacy(document)) {
    if (!is_older_than_boot(layout_.manifest)) layout_.import_legacy(*this, document);
    file::replace(path_of("imported.json"), *found);
  }
  file::replace(layout_.manifest, text, file::Readers::kAll);
}

}  // namespace azcni::store
