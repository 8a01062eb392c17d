# Makes one C file of the Lua scripts: const char lua_<name>[] for each <name>.lua.
file(WRITE ${OUT} "/* Made from common/lua/. */\n#include \"lua_scripts.h\"\n")
foreach(script ${LUA})
  get_filename_component(name ${script} NAME_WE)
  file(READ ${script} text HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," text "${text}")
  file(APPEND ${OUT} "const char lua_${name}[] = {${text}0};\n")
endforeach()
