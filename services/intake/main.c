/* redress-intake: see intake.h. */
#include "intake.h"
#include "runtime/worker.h"

int main(int argc, char **argv) {
    return worker_main(&intake_spec, argc, argv);
}
