# The next version of intake, sla and the contract: next.py SERVICES OUT copies the three folders of SERVICES to OUT with one more field of an
# event (case.opened: upgrade_note, which intake sets) and one of a state (sla: upgrade_seen, which sla sets where it finds the note).
# test_upgrade.c runs redress-intake-next and redress-sla-next, which are built from it, beside today's. A line that is not found stops the build.
import os
import shutil
import sys

CHANGES = {
    "contract/contract.h": ("    int64_t repeats; /* case.repeated: how many by now */\n", "    const char *upgrade_note;\n"),
    "contract/contract_inbound.c": (
        '     .doc = "The complaint\'s time: the clock starts here."},\n    SUBMISSION,\n',
        '    {FIELD(complaint, upgrade_note), MAY(FIELD_NAME), .doc = "Of the next version."},\n',
    ),
    "intake/intake.c": ("        data->opened_at = ev->time_ms;\n", '        data->upgrade_note = "next";\n'),
    "sla/sla_state.h": ("    int64_t forget_at;    /* over, and gone then */\n", "    int64_t upgrade_seen;\n"),
    "sla/sla_state.c": (
        '     .doc = "The case is over and goes then."},\n',
        '    {FIELD(sla_state, upgrade_seen), .type = FIELD_INT, HIDDEN, .doc = "Of the next version."},\n',
    ),
    "sla/sla_facts.c": ("    copy_customer(state, &complaint, in->arena);\n", "    if (complaint.upgrade_note) state->upgrade_seen = 1;\n"),
}


def main():
    services, out = sys.argv[1:]
    for folder in ("contract", "intake", "sla"):
        os.makedirs(f"{out}/{folder}", exist_ok=True)
        for name in os.listdir(f"{services}/{folder}"):
            if name.endswith((".c", ".h")):
                shutil.copyfile(f"{services}/{folder}/{name}", f"{out}/{folder}/{name}")
    for name, (before, added) in CHANGES.items():
        with open(f"{out}/{name}", encoding="utf-8") as file:
            text = file.read()
        if text.count(before) != 1:
            sys.exit(f"tests/fault/next.py: services/{name}: expected once, found {text.count(before)} times: {before}")
        with open(f"{out}/{name}", "w", encoding="utf-8") as file:
            file.write(text.replace(before, before + added))


main()
