/* redressctl: the operator's command line (commands.h). */
#include "base/pipes.h"
#include "redressctl/commands.h"
#include "runtime/memory.h"

int main(int argc, char **argv) {
    memory_keep_private();
    pipes_survive();
    return commands_main(argc, argv);
}
