# What every target of ours is built with: target azcni_options.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
# For size: their time is the kernel's, and each process maps its pages anew.
set(CMAKE_CXX_FLAGS_RELEASE "-Os -DNDEBUG")
# Most of a source's time goes into the headers of nlohmann, GoogleTest and spdlog: a dozen sources share
# them. -DCMAKE_UNITY_BUILD=OFF compiles each alone.
set(CMAKE_UNITY_BUILD ON CACHE BOOL "Compile a dozen sources of a target as one")
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)

if(NOT AZCNI_VERSION)
  execute_process(COMMAND git describe --tags --always --dirty WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE AZCNI_VERSION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT AZCNI_VERSION)
  set(AZCNI_VERSION "unknown")
endif()

if(WIN32)
  set(AZCNI_OS windows)
else()
  set(AZCNI_OS linux)
endif()

find_package(Threads REQUIRED)

add_library(azcni_options INTERFACE)
target_include_directories(azcni_options INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(azcni_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -ffunction-sections -fdata-sections -fstack-protector-strong
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)  # two builds of one commit give the same bytes, anywhere
# spdlog and fmt from their headers: no library to link, static or not.
target_compile_definitions(azcni_options INTERFACE
  SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY BOOST_ERROR_CODE_HEADER_ONLY JSON_HAS_FILESYSTEM=0)
target_link_options(azcni_options INTERFACE -Wl,--gc-sections)
target_link_libraries(azcni_options INTERFACE Threads::Threads)
include(scripts/cmake/${AZCNI_OS}.cmake)
if(AZCNI_SANITIZE)
  target_compile_options(azcni_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -g)
  target_link_options(azcni_options INTERFACE -fsanitize=address,undefined)
endif()

# azcni_module(NAME sources...): one folder of src/, its faces in include/azcni/NAME.
function(azcni_module name)
  add_library(azcni_${name} STATIC ${ARGN})
  target_link_libraries(azcni_${name} PUBLIC azcni_options)
  target_include_directories(azcni_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()

# azcni_plugin(NAME sources...): a library NAME-verbs, which tests link, too; and with main.cc a binary without
# dependencies.
function(azcni_plugin name)
  add_library(${name}-verbs STATIC ${ARGN})
  target_include_directories(${name}-verbs PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  add_executable(${name} main.cc)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${name}-verbs)
  if(NOT AZCNI_SANITIZE)
    target_link_options(${name} PRIVATE -static $<$<CONFIG:Release>:-s>)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  if(NOT WIN32)
    add_custom_command(TARGET ${name} POST_BUILD  # for packages
      COMMAND ${name} man > ${PROJECT_BINARY_DIR}/${name}.8
      COMMAND ${name} completion bash > ${PROJECT_BINARY_DIR}/${name}.bash)
  endif()
endfunction()
