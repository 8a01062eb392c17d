/* redressctl: the operator's command line (commands.h). */
#include "redressctl/commands.h"

int main(int argc, char **argv) {
    return commands_main(argc, argv);
}
