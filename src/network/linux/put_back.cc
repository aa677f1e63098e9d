#include "put_back.h"

#include "azcni/base/error.h"
#include "azcni/base/log.h"

namespace azcni::network {
namespace {

bool lives(const EndpointSpec& endpoint, Kernel& kernel) {
  const auto link = kernel.host().find(endpoint.host_if);
  return link && link->mac == endpoint.host_mac;
}

/// Of a table, whose text fills a screen: its name.
std::string described(const Object& object) {
  const auto* ruleset = std::get_if<nft::Ruleset>(&object.value);
  return ruleset == nullptr ? "`" + to_string(object) + "`"
                            : "rules of table " + to_string(ruleset->table);
}

}  // namespace

void put_back(Kernel& kernel, const EndpointSpec& endpoint, const Footprint& wanted) {
  if (!lives(endpoint, kernel)) return;
  try {
    if (wanted.container.empty()) {
      kernel.put_host_side(wanted);
    } else {
      kernel.put(wanted);
    }
    const Footprint lost = kernel.missing(wanted);
    if (lost.empty()) return;
    throw Error(ErrorCode::kSystem,
                "restore " + endpoint.id.key() + ": " + in_words(lost).front() +
                    " was accepted, and is not there",
                "look for what removes it: a network manager, or another CNI plugin");
  } catch (const Error& error) {
    if (lives(endpoint, kernel)) throw;
    log::info("{} ended meanwhile: {}", endpoint.id.key(), error.what());
  }
}

std::vector<std::string> in_words(const Footprint& missing) {
  std::vector<std::string> words;
  for (const Object& each : missing.host) words.push_back(described(each));
  for (const Object& each : missing.container)
    words.push_back("in the container " + described(each));
  return words;
}

}  // namespace azcni::network
