# What the compiler and the linker can do against whoever finds a fault in us: adds it to all targets. tests/checks/hardening reads from the
# binaries that it is there. Builds with sanitizers take only what does not disturb them: positions chosen at random, and no writable tables.
include(CheckCCompilerFlag)
include(CheckCSourceCompiles)
include(CheckPIESupported)

check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
if(NOT REDRESS_SANITIZE)
  # Level 3 also checks sizes that are known only at run time (GCC 12, Clang 9, glibc 2.34). glibc says so by taking it or not.
  set(CMAKE_REQUIRED_FLAGS "-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
  check_c_source_compiles("#include <stdio.h>\n#if __USE_FORTIFY_LEVEL != 3\n#error\n#endif\nint main(void) { return 0; }" HAVE_FORTIFY_3)
  unset(CMAKE_REQUIRED_FLAGS)
  set(FORTIFY 2)
  if(HAVE_FORTIFY_3)
    set(FORTIFY 3)
  endif()
  # It needs an optimised build, and warns in others.
  add_compile_options($<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=${FORTIFY}>)
  foreach(flag -fstack-clash-protection -fcf-protection=full)
    string(MAKE_C_IDENTIFIER "HAVE${flag}" known)
    check_c_compiler_flag("-Werror ${flag}" ${known})
    if(${known})
      add_compile_options(${flag})
    endif()
  endforeach()
endif()
