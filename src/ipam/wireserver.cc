#include <boost/property_tree/xml_parser.hpp>

#include <sstream>

#include "azcni/base/error.h"
#include "azcni/ipam/metadata.h"
#include "nic_texts.h"

namespace azcni::ipam {
namespace {

using Tree = boost::property_tree::ptree;

constexpr std::size_t kMaxBody = 1 << 20;
constexpr int kMaxDepth = 32;  ///< the schema has 4

std::string attribute(const Tree& element, const std::string& name) {
  return element.get<std::string>("<xmlattr>." + name, "");
}

/// The parser recurses for each level, and the stack is finite: refuse what no server sends.
void refuse_deep_nesting(const std::string& xml) {
  int depth = 0;
  for (std::size_t i = xml.find('<'); i != std::string::npos && i + 1 < xml.size();
       i = xml.find('<', i + 1)) {
    if (xml[i + 1] == '/') {
      --depth;
    } else if (xml[i + 1] != '?' && xml[i + 1] != '!') {
      const std::size_t end = xml.find('>', i);
      if (end != std::string::npos && xml[end - 1] == '/') continue;
      if (++depth > kMaxDepth)
        throw Error(ErrorCode::kMetadata, "XML nested deeper than 32 levels");
    }
  }
}

Tree parse_xml(const std::string& xml) {
  refuse_deep_nesting(xml);
  try {
    std::istringstream stream(xml);
    Tree tree;
    boost::property_tree::read_xml(stream, tree);
    return tree;
  } catch (const boost::property_tree::xml_parser_error& error) {
    throw Error(ErrorCode::kMetadata,
                "not XML: " + error.message() + " (line " + std::to_string(error.line()) + ")");
  }
}

SubnetText read_subnet(const Tree& element) {
  SubnetText subnet{attribute(element, "Prefix"), {}};
  for (const auto& [name, child] : element) {
    if (name == "IPAddress")
      subnet.addresses.push_back({attribute(child, "Address"), attribute(child, "IsPrimary")});
  }
  return subnet;
}

NicText read_nic(const Tree& element) {
  NicText nic{attribute(element, "MacAddress"), attribute(element, "IsPrimary"), {}};
  for (const auto& [name, child] : element) {
    if (name == "IPSubnet") nic.subnets.push_back(read_subnet(child));
  }
  return nic;
}

}  // namespace

Metadata parse_wireserver(const std::string& xml) {
  const Tree document = parse_xml(xml);
  const auto root = document.get_child_optional("Interfaces");
  if (!root)
    throw Error(ErrorCode::kMetadata,
                "XML of another schema: there is no element Interfaces at its root");
  std::vector<NicText> nics;
  for (const auto& [name, child] : *root) {
    if (name == "Interface") nics.push_back(read_nic(child));
  }
  if (nics.empty()) throw Error(ErrorCode::kMetadata, "Interfaces has no element Interface");
  return read_nics(nics);
}

Metadata fetch_wireserver(const http::Url& url, std::chrono::milliseconds limit) {
  const std::string body = http::get(url, {limit, kMaxBody});
  try {
    return parse_wireserver(body);
  } catch (const Error& error) {
    throw Error(error.code(), "answer of " + url.text + ": " + error.what());
  }
}

}  // namespace azcni::ipam
