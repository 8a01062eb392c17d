# Makes one C file of texts: const char <PREFIX>_<name>[] for each file of FILES, declared in HEADER.
file(WRITE ${OUT} "/* Made by common/embed.cmake. */\n#include \"${HEADER}\"\n")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," text "${text}")
  file(APPEND ${OUT} "const char ${PREFIX}_${name}[] = {${text}0};\n")
endforeach()
