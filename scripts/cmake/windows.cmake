# Header-only packages of the building machine, reached through a folder of links: its /usr/include as a
# whole would put another system's headers before Windows'.
set(header_links ${PROJECT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${header_links})
foreach(package nlohmann boost fmt spdlog CLI)
  find_path(${package}_parent ${package} PATHS /usr/include /usr/local/include
    NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  file(CREATE_LINK ${${package}_parent}/${package} ${header_links}/${package} SYMBOLIC)
endforeach()

target_include_directories(azcni_options SYSTEM INTERFACE ${header_links})
target_compile_definitions(azcni_options INTERFACE
  WIN32_LEAN_AND_MEAN NOMINMAX UNICODE _UNICODE _WIN32_WINNT=0x0A00)
target_link_libraries(azcni_options INTERFACE ws2_32 mswsock iphlpapi ole32 advapi32)
target_link_options(azcni_options INTERFACE -fstack-protector-strong)  # its library is one of its own there
