/* yaml: the only user of libyaml. Reads a YAML file into a tree with line numbers; an alias, a tag,
 * a second document or a duplicate key is refused. Plain scalars are typed as in YAML 1.2's core
 * schema (null, true/false, integers, reals); anything quoted is a text, and `24:00`, `1h`, `09:00`
 * are texts. */
#ifndef REDRESS_YAML_H
#define REDRESS_YAML_H

#include "data/tree.h"

/* Errors: "FILE:LINE: what". Limits: 4 MiB, 64 levels. A file without a document (comments only)
 * gives a TREE_NULL. */
int yaml_read_file(struct arena *arena, const char *path, const struct tree **tree_out,
                   struct err *err) MUST_CHECK;
int yaml_read(struct arena *arena, const char *name, const char *bytes, size_t len,
              const struct tree **tree_out, struct err *err) MUST_CHECK;

#endif
