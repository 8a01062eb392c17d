# systemd units and the Debian package: `cpack -G DEB` in the build folder makes redress_<version>_<architecture>.deb. What stands here is
# installed by the package alone: `cmake --install` puts programs, policies and licence somewhere and touches nothing of the system.
set(UNITS ${CMAKE_BINARY_DIR}/systemd)
file(READ ${CMAKE_CURRENT_LIST_DIR}/systemd/sandbox.in SANDBOX)
# A worker's name, the port of its instance 0 but for the last digit, what it does.
function(unit WORKER PORT ABOUT)
  set(PORT ${PORT}%i)
  set(MORE ${ARGN})
  configure_file(${CMAKE_SOURCE_DIR}/deploy/systemd/worker.service.in ${UNITS}/redress-${WORKER}@.service @ONLY)
endfunction()
unit(intake 911 "accepts complaints, activity and decisions")
unit(classification 912 "tells classes and severities")
unit(sla 913 "puts deadlines on cases, and watches them")
unit(compensation 914 "proposes what makes good, within limits")
unit(notification 915 "tells customers and colleagues")
unit(cohort 919 "warns customers before they complain")
unit(gateway 916 "sends messages and settlements on" "# Where a lane of files writes (gateway.yaml).\nStateDirectory=redress\nWorkingDirectory=/var/lib/redress\n")
configure_file(${CMAKE_CURRENT_LIST_DIR}/systemd/redress-board.service.in ${UNITS}/redress-board.service @ONLY)
configure_file(${CMAKE_CURRENT_LIST_DIR}/systemd/redress.target ${UNITS}/redress.target COPYONLY)

set(package COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY ${UNITS}/ DESTINATION lib/systemd/system ${package})
install(FILES ${CMAKE_CURRENT_LIST_DIR}/systemd/redress.sysusers DESTINATION lib/sysusers.d RENAME redress.conf ${package})
install(DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/docs DESTINATION share/doc/redress ${package} FILES_MATCHING PATTERN "*.md")
install(FILES ${CMAKE_CURRENT_LIST_DIR}/permissions.md DESTINATION share/doc/redress ${package})
install(DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/policies DESTINATION /etc/redress ${package} PATTERN corpus EXCLUDE)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/systemd/redress.env DESTINATION /etc/redress PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ ${package})
# redressctl's own pages and words, as man and the shells look for them.
set(SAID ${CMAKE_BINARY_DIR}/package/said)
file(MAKE_DIRECTORY ${SAID})
add_custom_command(OUTPUT ${SAID}/redressctl.1 ${SAID}/redressctl.bash ${SAID}/redressctl.zsh ${SAID}/redressctl.fish DEPENDS redressctl
  COMMAND redressctl help man > ${SAID}/redressctl.1
  COMMAND redressctl completion bash > ${SAID}/redressctl.bash
  COMMAND redressctl completion zsh > ${SAID}/redressctl.zsh
  COMMAND redressctl completion fish > ${SAID}/redressctl.fish VERBATIM)
add_custom_target(said ALL DEPENDS ${SAID}/redressctl.1)
add_dependencies(programs said)
install(FILES ${SAID}/redressctl.1 DESTINATION share/man/man1 ${package})
install(FILES ${SAID}/redressctl.bash DESTINATION share/bash-completion/completions RENAME redressctl ${package})
install(FILES ${SAID}/redressctl.zsh DESTINATION share/zsh/vendor-completions RENAME _redressctl ${package})
install(FILES ${SAID}/redressctl.fish DESTINATION share/fish/vendor_completions.d ${package})
# redressctl looks beside itself: there it finds the same policies.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/package/links ${CMAKE_BINARY_DIR}/package/control)
file(CREATE_LINK /etc/redress/policies ${CMAKE_BINARY_DIR}/package/links/policies SYMBOLIC)
install(DIRECTORY ${CMAKE_BINARY_DIR}/package/links/ DESTINATION share/redress ${package})

# dpkg keeps what an administrator has changed in these.
file(GLOB CONFFILES RELATIVE ${CMAKE_CURRENT_LIST_DIR} CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/policies/*.*)
list(APPEND CONFFILES redress.env)
list(TRANSFORM CONFFILES PREPEND /etc/redress/)
list(JOIN CONFFILES "\n" lines)
file(WRITE ${CMAKE_BINARY_DIR}/package/control/conffiles "${lines}\n")
file(COPY ${CMAKE_CURRENT_LIST_DIR}/debian/postinst ${CMAKE_CURRENT_LIST_DIR}/debian/prerm DESTINATION ${CMAKE_BINARY_DIR}/package/control)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME redress)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "turns customer complaints into promises that are kept")
set(CPACK_PACKAGE_DESCRIPTION "Workers over Kafka and Redis that accept, classify, put deadlines on,
compensate and answer complaints; the board, the gateway and redressctl.")
set(CPACK_PACKAGE_CONTACT "Redress <redress@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL programs package)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS tzdata)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "systemd, redis-server")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/package/control/conffiles ${CMAKE_BINARY_DIR}/package/control/postinst ${CMAKE_BINARY_DIR}/package/control/prerm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
