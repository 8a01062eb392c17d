/* redress-cohort: warns customers whose orders share a cause with those of others. */
#include "cohort.h"
#include "runtime/worker.h"

int main(int argc, char **argv) {
    return worker_main(&cohort_spec, argc, argv);
}
