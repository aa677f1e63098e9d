#include "nic_texts.h"

#include <algorithm>
#include <set>

#include "azcni/base/error.h"
#include "azcni/base/json.h"

namespace azcni::ipam {
namespace {

/// As a message has it: whatever somebody wrote there, it stays one short line of UTF-8.
std::string quoted(std::string text) {
  constexpr std::size_t kMax = 43;  // of an IPv6 address with its length
  if (text.size() > kMax) text.replace(kMax, std::string::npos, "...");
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return "\"" + to_utf8(text) + "\"";
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return text == "true" || text == "1";
}

/// What is left out, for people: the first few entries stand for all.
class Skipped {
 public:
  void add(const std::string& entry) {
    constexpr int kTold = 3;
    if (++count_ <= kTold) told_ += (told_.empty() ? "" : "; ") + entry;
    if (count_ == kTold + 1) told_ += "; ...";
  }

  std::string summary() const {
    if (count_ == 0) return {};
    return (count_ == 1 ? "1 entry is" : std::to_string(count_) + " entries are") +
           " skipped: " + told_;
  }

 private:
  int count_ = 0;
  std::string told_;
};

class Reader {
 public:
  void read(const NicText& text) {
    const auto mac = net::parse_mac(text.mac);
    if (!mac && text.mac != "*")
      return lose("MacAddress " + quoted(text.mac), "12 hex digits or \"*\"");
    NicMetadata nic{mac, is_true(text.is_primary), {}};
    for (const SubnetText& subnet : text.subnets) read(subnet, nic);
    metadata_.nics.push_back(std::move(nic));
  }

  Metadata take() {
    metadata_.skipped = skipped_.summary();
    if (metadata_.has_gaps && !has_address_)
      throw Error(ErrorCode::kMetadata, "no address in it can be used; " + metadata_.skipped);
    return std::move(metadata_);
  }

 private:
  void read(const SubnetText& text, NicMetadata& nic) {
    const auto prefix = net::parse_prefix(text.prefix);
    if (!prefix) return lose("Prefix " + quoted(text.prefix), "a CIDR");
    SubnetMetadata subnet{prefix->network(), {}};
    std::set<net::Prefix> seen;
    for (const AddressText& each : text.addresses) {
      const auto block = block_for_containers(each, subnet.prefix);
      if (!block || !seen.insert(*block).second) continue;
      has_address_ = true;
      if (block->length == block->address.bits()) {
        subnet.addresses.push_back(block->address);
      } else {
        subnet.blocks.push_back(*block);
      }
    }
    nic.subnets.push_back(std::move(subnet));
  }

  /// Or a single address.
  std::optional<net::Prefix> block_for_containers(const AddressText& text,
                                                  const net::Prefix& subnet) {
    if (is_true(text.is_primary)) return std::nullopt;
    std::optional<net::Prefix> block = net::parse_prefix(text.address);
    if (const auto address = net::parse_ip(text.address)) block = net::Prefix::single(*address);
    if (block && subnet.contains(*block)) return block->network();
    const std::string entry = "Address " + quoted(text.address) + " in " + net::to_string(subnet);
    if (block) {
      skipped_.add(entry + ": not of this subnet");
    } else {
      lose(entry, "an IP address");
    }
    return std::nullopt;
  }

  void lose(const std::string& entry, const std::string& expected) {
    skipped_.add(entry + ": expected " + expected);
    metadata_.has_gaps = true;
  }

  Metadata metadata_;
  Skipped skipped_;
  bool has_address_ = false;
};

}  // namespace

Metadata read_nics(const std::vector<NicText>& nics) {
  Reader reader;
  for (const NicText& nic : nics) reader.read(nic);
  return reader.take();
}

}  // namespace azcni::ipam
