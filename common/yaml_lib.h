/* yaml_lib: libyaml's header, which has the same name as ours and lies behind it on the include path. For yaml.c only.
 */
#ifndef REDRESS_YAML_LIB_H
#define REDRESS_YAML_LIB_H

#include_next <yaml.h>

#endif
