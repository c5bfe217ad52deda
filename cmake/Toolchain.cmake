# Warnings, linker, sanitizers: flags that hold for every target of the project.
option(SMOKEMESH_WERROR "Treat warnings as errors" ON)
set(SMOKEMESH_SANITIZE "" CACHE STRING "address, undefined or thread")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                    -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options(-Wthread-safety)
endif()
if(SMOKEMESH_WERROR)
  add_compile_options(-Werror)
  # From 13 on, g++'s optimiser sees overflows in its own library's strings and vectors that are not
  # there: these stay warnings.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    foreach(warning array-bounds stringop-overflow stringop-overread restrict maybe-uninitialized
                    dangling-reference free-nonheap-object)
      add_compile_options(-Wno-error=${warning})
    endforeach()
  endif()
endif()

find_program(SMOKEMESH_MOLD mold)
find_program(SMOKEMESH_LLD ld.lld)
if(SMOKEMESH_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(SMOKEMESH_LLD)
  add_link_options(-fuse-ld=lld)
endif()

if(SMOKEMESH_SANITIZE)
  add_compile_options(-fsanitize=${SMOKEMESH_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SMOKEMESH_SANITIZE})
  if(SMOKEMESH_SANITIZE STREQUAL "thread")
    # With this macro protobuf's headers give map fields two more members than the system's library
    # and the generated files, which are compiled without the sanitizer: the first access crashes.
    add_compile_options(-U__SANITIZE_THREAD__)
  endif()
endif()
