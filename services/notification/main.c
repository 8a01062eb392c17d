/* redress-notification: tells customers and colleagues what happens, each of it once. */
#include "notification.h"
#include "runtime/worker.h"

int main(int argc, char **argv) {
    return worker_main(&notification_spec, argc, argv);
}
