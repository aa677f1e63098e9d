#include "fake_hns.h"

#include <objbase.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace fake_hns {
namespace {

const std::string kFolder = "c:\\fake-hns\\";

std::string read(const std::string& name) {
  std::ifstream file(kFolder + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write(const std::string& name, const std::string& text, std::ios::openmode mode) {
  std::ofstream(kFolder + name, std::ios::binary | mode) << text;
}

Json parsed(const std::string& name) {
  Json json = Json::parse(read(name), nullptr, false);
  return json.is_object() ? json : Json::object();
}

/// All calls of all processes, one after the other.
class GlobalLock {
 public:
  GlobalLock() : mutex_(::CreateMutexW(nullptr, FALSE, L"Global\\fake-hns")) {
    ::WaitForSingleObject(mutex_, INFINITE);
  }
  GlobalLock(const GlobalLock&) = delete;
  GlobalLock& operator=(const GlobalLock&) = delete;
  ~GlobalLock() {
    ::ReleaseMutex(mutex_);
    ::CloseHandle(mutex_);
  }

 private:
  HANDLE mutex_;
};

/// The fault that the test wants of this call; it is used up.
Json take_fault(const std::string& name) {
  Json faults = parsed("faults.json");
  if (!faults.contains(name)) return nullptr;
  Json fault = faults[name];
  const int times = fault.value("times", 1000);
  if (times <= 1) {
    faults.erase(name);
  } else {
    faults[name]["times"] = times - 1;
  }
  write("faults.json", faults.dump(), std::ios::trunc);
  return fault;
}

bool same_subnet(const std::string& address, const std::string& prefix) {
  // Of the tests' subnets: whole bytes of IPv4, or the first four groups of IPv6.
  const auto slash = prefix.find('/');
  const int length = std::stoi(prefix.substr(slash + 1));
  const char separator = prefix.find(':') == std::string::npos ? '.' : ':';
  int parts = separator == '.' ? length / 8 : 1;
  std::size_t end = 0;
  while (parts-- > 0) end = prefix.find(separator, end) + 1;
  return address.compare(0, end, prefix, 0, end) == 0;
}

std::vector<std::string> prefixes_of(const Json& network) {
  std::vector<std::string> prefixes;
  for (const Json& subnet : network.value("Subnets", Json::array()))
    prefixes.push_back(subnet.value("AddressPrefix", ""));
  for (const Json& ipam : network.value("Ipams", Json::array())) {
    for (const Json& subnet : ipam.value("Subnets", Json::array()))
      prefixes.push_back(subnet.value("IpAddressPrefix", ""));
  }
  return prefixes;
}

std::vector<std::string> addresses_in(const Json& endpoint) {
  std::vector<std::string> addresses;
  for (const char* key : {"IPAddress", "IPv6Address"}) {
    if (endpoint.contains(key)) addresses.push_back(endpoint[key]);
  }
  for (const Json& each : endpoint.value("IpConfigurations", Json::array()))
    addresses.push_back(each.value("IpAddress", ""));
  return addresses;
}

std::uint64_t next_number(Json& state) {
  const std::uint64_t number = state.value("counter", std::uint64_t{0}) + 1;
  state["counter"] = number;
  return number;
}

}  // namespace

Response call(const std::string& name, const Json& given,
              const std::function<Json(Json& state)>& act) {
  Json fault;
  {
    const GlobalLock lock;
    Json note = given;
    note["call"] = name;
    write("calls.json", note.dump() + "\n", std::ios::app);
    fault = take_fault(name);
    if (fault.is_null()) {
      Json state = parsed("state.json");
      for (const char* kind : {"networks", "endpoints", "namespaces", "containers"}) {
        if (!state.contains(kind)) state[kind] = Json::object();
      }
      try {
        Response answer{S_OK, "", act(state)};
        write("state.json", state.dump(1), std::ios::trunc);
        return answer;
      } catch (const Refusal& refusal) {
        return {refusal.result, refusal.message, nullptr};
      }
    }
  }
  if (fault.value("hang", false)) ::Sleep(INFINITE);
  return {static_cast<HRESULT>(fault.value("result", std::uint32_t{0x80004005})),
          fault.value("error", ""), nullptr};
}

void refuse_network(const Json& state, const std::string& name, const std::string& adapter) {
  for (const auto& item : state["networks"].items()) {
    if (lower(item.value().value("Name", "")) == lower(name))
      throw Refusal{kNetworkExists, "A network with this name already exists. "};
  }
  const Json adapters = state.value("adapters", Json::array());
  if (!adapter.empty() && std::find(adapters.begin(), adapters.end(), adapter) == adapters.end())
    throw Refusal{kAdapterNotFound, "An adapter was not found. "};
}

void refuse_endpoint(const Json& state, const std::string& id, const std::string& name,
                     const std::string& network, const std::vector<std::string>& addresses) {
  const Json& networks = state["networks"];
  if (!networks.contains(network)) throw Refusal{kNetworkNotFound, "The network was not found. "};
  for (const auto& item : state["endpoints"].items()) {
    const auto taken = addresses_in(item.value());
    const bool has_one = std::any_of(addresses.begin(), addresses.end(), [&](const auto& address) {
      return std::find(taken.begin(), taken.end(), address) != taken.end();
    });
    if (item.key() == id || item.value().value("Name", "") == name || has_one)
      throw Refusal{kObjectExists, "The object already exists. "};
  }
  const auto prefixes = prefixes_of(networks[network]);
  for (const std::string& address : addresses) {
    if (std::none_of(prefixes.begin(), prefixes.end(),
                     [&](const auto& prefix) { return same_subnet(address, prefix); }))
      throw Refusal{kSubnetNotFound, "The network does not have a subnet for this endpoint. "};
  }
}

void refuse_mixed_exceptions(const std::vector<std::string>& exceptions) {
  const auto is_ipv6 = [](const std::string& each) { return each.find(':') != std::string::npos; };
  const auto count = std::count_if(exceptions.begin(), exceptions.end(), is_ipv6);
  if (count != 0 && count != static_cast<std::ptrdiff_t>(exceptions.size()))
    throw Refusal{kInvalidPolicy, "The provided policy configuration is invalid. "};
}

std::string next_mac(Json& state) {
  char text[18];
  std::snprintf(text, sizeof text, "00-15-5D-00-00-%02X",
                static_cast<unsigned>(next_number(state)));
  return text;
}

std::string next_id(Json& state) {
  char text[37];
  std::snprintf(text, sizeof text, "00000000-0000-0000-0000-%012llx",
                static_cast<unsigned long long>(next_number(state)));
  return text;
}

std::string to_utf8(const wchar_t* text) {
  const int size = ::WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
  std::string narrow(static_cast<std::size_t>(size), '\0');
  ::WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow.data(), size, nullptr, nullptr);
  narrow.pop_back();
  return narrow;
}

wchar_t* allocate(const std::string& text) {
  const int size = ::MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, nullptr, 0);
  auto* wide =
      static_cast<wchar_t*>(::CoTaskMemAlloc(static_cast<std::size_t>(size) * sizeof(wchar_t)));
  ::MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, wide, size);
  return wide;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return text;
}

}  // namespace fake_hns
