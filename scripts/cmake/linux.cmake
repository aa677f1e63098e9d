find_package(PkgConfig REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers only
pkg_check_modules(LIBNL REQUIRED libnl-3.0)
find_library(LIBNL_ARCHIVE libnl-3.a REQUIRED)

target_include_directories(azcni_options SYSTEM INTERFACE ${LIBNL_INCLUDE_DIRS})
target_link_libraries(azcni_options INTERFACE nlohmann_json::nlohmann_json)
