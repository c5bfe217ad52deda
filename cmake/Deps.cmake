# Every library comes from Debian's packages (12 and 13).
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Protobuf REQUIRED) # module mode: Debian ships no config package
find_package(absl CONFIG REQUIRED)
find_package(gRPC CONFIG REQUIRED)
foreach(package spdlog yaml-cpp nlohmann_json CLI11)
  find_package(${package} CONFIG REQUIRED)
endforeach()
if(NOT TARGET yaml-cpp::yaml-cpp) # 0.7 exports the bare name
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()
find_package(PkgConfig REQUIRED)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET GLOBAL libpqxx>=6.4)
# The header of libpq, which libpqxx stands on, is used for connecting alone.
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET GLOBAL libpq)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET GLOBAL hiredis>=0.14)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET GLOBAL re2)
