# Manual pages and shell completion, printed by the programs themselves when they are built.
#
#   smokemesh_man_pages(COMMANDS run serve ...)
function(smokemesh_man_pages)
  cmake_parse_arguments(arg "" "" "COMMANDS" ${ARGN})
  set(man ${CMAKE_BINARY_DIR}/man/man1)
  set(completion ${CMAKE_BINARY_DIR}/completion)
  file(MAKE_DIRECTORY ${man} ${completion})
  set(files ${man}/smokemesh.1 ${man}/smokemesh-agent.1)
  set(printing COMMAND smokemesh man > ${man}/smokemesh.1
               COMMAND smokemesh-agent --man > ${man}/smokemesh-agent.1)
  foreach(command IN LISTS arg_COMMANDS)
    list(APPEND files ${man}/smokemesh-${command}.1)
    list(APPEND printing COMMAND smokemesh man ${command} > ${man}/smokemesh-${command}.1)
  endforeach()
  # Each shell has its own way to call the file.
  foreach(pair bash=@ zsh=_@ fish=@.fish)
    string(REGEX MATCH "^(.*)=(.*)$" unused ${pair})
    set(shell ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    file(MAKE_DIRECTORY ${completion}/${shell})
    foreach(program smokemesh smokemesh-agent)
      string(REPLACE "@" ${program} file ${completion}/${shell}/${name})
      list(APPEND files ${file})
      if(program STREQUAL smokemesh)
        list(APPEND printing COMMAND smokemesh completion ${shell} > ${file})
      else()
        list(APPEND printing COMMAND smokemesh-agent --completion ${shell} > ${file})
      endif()
    endforeach()
  endforeach()
  add_custom_command(
    OUTPUT ${files} ${printing}
    DEPENDS smokemesh smokemesh-agent
    COMMENT "Printing manual pages and completion")
  add_custom_target(man-pages ALL DEPENDS ${files})

  include(GNUInstallDirs)
  install(TARGETS smokemesh smokemesh-agent RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY ${man} DESTINATION ${CMAKE_INSTALL_MANDIR})
  install(DIRECTORY ${completion}/bash/
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(DIRECTORY ${completion}/zsh/ DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(DIRECTORY ${completion}/fish/
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endfunction()
