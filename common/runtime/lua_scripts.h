/* lua_scripts: the texts of common/runtime/lua/, embedded by the build. */
#ifndef REDRESS_LUA_SCRIPTS_H
#define REDRESS_LUA_SCRIPTS_H

extern const char lua_standing[], lua_read[], lua_due[], lua_find[], lua_apply[], lua_check[],
    lua_wipe[], lua_wiped[], lua_claim[], lua_restored[], lua_claims[], lua_names[],
    lua_permitted[];

#endif
