/* redress-classification: says what a complaint is about and how severe it is. */
#include "classification.h"
#include "runtime/worker.h"

int main(int argc, char **argv) {
    return worker_main(&classification_spec, argc, argv);
}
