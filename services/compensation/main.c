/* redress-compensation: proposes compensation, has it approved, orders what the customer chose. */
#include "compensation.h"
#include "runtime/worker.h"

int main(int argc, char **argv) {
    return worker_main(&compensation_spec, argc, argv);
}
