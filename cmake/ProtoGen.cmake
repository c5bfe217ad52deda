# Generates C++ from protos. Messages and gRPC stubs are two libraries, so that a library which must
# not know gRPC can link the messages alone.
#
#   smokemesh_proto_library(NAME GRPC_NAME PROTOS...)
function(smokemesh_proto_library name grpc_name)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/gen)
  set(root ${CMAKE_CURRENT_SOURCE_DIR})
  file(MAKE_DIRECTORY ${out})
  foreach(proto IN LISTS ARGN)
    string(REGEX REPLACE "\\.proto$" "" base ${proto})
    set(messages ${out}/${base}.pb.cc ${out}/${base}.pb.h)
    add_custom_command(
      OUTPUT ${messages} VERBATIM
      COMMAND protobuf::protoc --proto_path=${root} --cpp_out=${out} ${proto}
      DEPENDS ${root}/${proto} protobuf::protoc)
    list(APPEND message_sources ${messages})
    file(READ ${root}/${proto} text)
    if(text MATCHES "\nservice ")
      set(stubs ${out}/${base}.grpc.pb.cc ${out}/${base}.grpc.pb.h)
      add_custom_command(
        OUTPUT ${stubs} VERBATIM
        COMMAND protobuf::protoc --proto_path=${root} --grpc_out=${out}
                --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin> ${proto}
        DEPENDS ${root}/${proto} protobuf::protoc gRPC::grpc_cpp_plugin)
      list(APPEND stub_sources ${stubs})
    endif()
  endforeach()
  add_library(${name} STATIC ${message_sources})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf)
  add_library(${grpc_name} STATIC ${stub_sources})
  target_link_libraries(${grpc_name} PUBLIC ${name} gRPC::grpc++)
  foreach(target ${name} ${grpc_name})
    target_include_directories(${target} SYSTEM PUBLIC ${out})
    target_compile_options(${target} PRIVATE -w)
    # Generated files repeat internal names: they cannot be merged into one unit.
    set_target_properties(${target} PROPERTIES UNITY_BUILD OFF CXX_CLANG_TIDY "")
    if(SMOKEMESH_SANITIZE STREQUAL "thread")
      target_compile_options(${target} PRIVATE -fno-sanitize=thread)
    endif()
  endforeach()
endfunction()
