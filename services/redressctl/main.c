/* redressctl: the operator's command line (commands.h). */
#include "commands.h"

int main(int argc, char **argv) {
    return commands_main(argc, argv);
}
