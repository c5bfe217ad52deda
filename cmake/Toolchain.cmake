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
