/* policy_file: a worker's policy as it lies in a folder: one file, and where the spec says so the
 * parts that it lists by name, each a file beside it. Read, the parts stand in it whole: what is
 * published under a version is all of it. */
#ifndef REDRESS_POLICY_FILE_H
#define REDRESS_POLICY_FILE_H

#include "decision/spec.h"

/* 0, or -1 with "FILE:LINE: what" in err. In place of each name under spec->policy_parts stands the
 * part's map, with its name as `file` in front, so that faults in it can say where they are. */
int policy_file_read(const struct worker_spec *spec, const char *dir, struct arena *arena,
                     const struct tree **tree_out, struct err *err) MUST_CHECK;

#endif
