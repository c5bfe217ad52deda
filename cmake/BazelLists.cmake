# Writes build/sources.bzl: every product library and binary with its files and dependencies, for
# bazel-compat/. CMake is the source of truth; a test compares the committed copy.

set(_bazel_deps
    absl::status=absl absl::statusor=absl absl::strings=absl absl::cord=absl absl::time=absl absl::base=absl
    absl::synchronization=absl protobuf::libprotobuf=protobuf gRPC::grpc++=grpc
    spdlog::spdlog=spdlog yaml-cpp::yaml-cpp=yaml_cpp yaml-cpp=yaml_cpp
    nlohmann_json::nlohmann_json=json CLI11::CLI11=cli11 PkgConfig::PQXX=pqxx
    PkgConfig::HIREDIS=hiredis PkgConfig::RE2=re2 CURL::libcurl=curl OpenSSL::SSL=ssl
    OpenSSL::Crypto=ssl SQLite::SQLite3=sqlite Threads::Threads=threads GTest::gmock_main=gtest
    GTest::gmock=gtest GTest::gtest=gtest GTest::gtest_main=gtest)

function(_bazel_targets folder result)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  get_property(children DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    _bazel_targets(${child} below)
    list(APPEND targets ${below})
  endforeach()
  set(${result} ${targets} PARENT_SCOPE)
endfunction()

function(_bazel_strings indent result)
  set(text "")
  list(REMOVE_DUPLICATES ARGN)
  foreach(item IN LISTS ARGN)
    string(APPEND text "${indent}\"${item}\",\n")
  endforeach()
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

function(_bazel_entry target result)
  get_target_property(folder ${target} SOURCE_DIR)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${folder})
  get_target_property(type ${target} TYPE)
  set(srcs "")
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    if(source MATCHES "\\.cc$")
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} NORMALIZE)
      file(RELATIVE_PATH source ${PROJECT_SOURCE_DIR} ${source})
      list(APPEND srcs ${source})
    endif()
  endforeach()
  set(deps "")
  foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
    get_target_property(links ${target} ${property})
    foreach(link IN LISTS links)
      string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
      if(link MATCHES "^smokemesh_")
        list(APPEND deps ":${link}")
      else()
        foreach(pair IN LISTS _bazel_deps)
          if(pair MATCHES "^(.*)=(.*)$" AND link STREQUAL CMAKE_MATCH_1)
            list(APPEND deps "@smokemesh_deps//:${CMAKE_MATCH_2}")
          endif()
        endforeach()
      endif()
    endforeach()
  endforeach()
  list(SORT deps)
  _bazel_strings("            " srcs ${srcs})
  _bazel_strings("            " deps ${deps})
  set(${result} "    \"${target}\": {
        \"folder\": \"${folder}\",
        \"srcs\": [
${srcs}        ],
        \"deps\": [
${deps}        ],
    },
" PARENT_SCOPE)
endfunction()

function(smokemesh_write_bazel_lists)
  set(libraries "")
  set(binaries "")
  foreach(folder shared agent coordinator)
    _bazel_targets(${PROJECT_SOURCE_DIR}/${folder} targets)
    list(SORT targets)
    foreach(target IN LISTS targets)
      get_target_property(type ${target} TYPE)
      if(type MATCHES "LIBRARY")
        _bazel_entry(${target} entry)
        string(APPEND libraries "${entry}")
      elseif(type STREQUAL "EXECUTABLE")
        _bazel_entry(${target} entry)
        string(APPEND binaries "${entry}")
      endif()
    endforeach()
  endforeach()
  set(tests "")
  if(TARGET unit_shared_template_test)
    _bazel_entry(unit_shared_template_test tests)
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/sources.bzl @ONLY NEWLINE_STYLE UNIX CONTENT
"\"\"\"Files of each target. Written by CMake into build/sources.bzl; copy it here when it changes.\"\"\"

LIBRARIES = {
@libraries@}

BINARIES = {
@binaries@}

TESTS = {
@tests@}

PROTOS = [
    \"smokemesh/v1/plan.proto\",
    \"smokemesh/v1/result.proto\",
    \"smokemesh/v1/agent_policy.proto\",
    \"smokemesh/v1/agent_session.proto\",
    \"smokemesh/v1/run_service.proto\",
]
")
endfunction()
