/* redress-sla: puts deadlines on cases, watches them, says what became of them. */
#include "runtime/worker.h"
#include "sla.h"

int main(int argc, char **argv) {
    return worker_main(&sla_spec, argc, argv);
}
