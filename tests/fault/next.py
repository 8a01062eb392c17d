# The next version of the six workers and the contract: next.py SERVICES OUT copies their folders of SERVICES to OUT with one more field of
# two events (case.opened and case.classified: upgrade_note, which intake and classification set) and one of four states (sla, compensation,
# notification, cohort: upgrade_seen, which they set where they find such a note). test_upgrade.c runs redress-*-next, which are built from it,
# beside today's. A line that is not found stops the build.
import os
import shutil
import sys

EVENT_FIELD = '    {FIELD(%s, upgrade_note), MAY(FIELD_NAME), .doc = "Of the next version."},\n'
STATE_FIELD = '    {FIELD(%s, upgrade_seen), .type = FIELD_INT, HIDDEN, .doc = "Of the next version."},\n'
OWN_FIELD = '    {OWN(upgrade_seen, FIELD_INT), .doc = "Of the next version."},\n'

# By file: after which line comes what.
CHANGES = {
    "contract/contract.h": [
        ("    int64_t repeats; /* case.repeated: how many by now */\n", "    const char *upgrade_note;\n"),
        ("    const char *sketch; /* of the text (classification/sketch.h); NULL: none */\n", "    const char *upgrade_note;\n"),
    ],
    "contract/contract_inbound.c": [
        ('     .doc = "The complaint\'s time: the clock starts here."},\n    SUBMISSION,\n', EVENT_FIELD % "complaint"),
    ],
    "contract/contract_log.c": [
        ('    {FIELD(classified, rules_version), MUST(FIELD_NAME), .doc = "Version of the rules."},\n', EVENT_FIELD % "classified"),
    ],
    "intake/intake.c": [("        data->opened_at = ev->time_ms;\n", '        data->upgrade_note = "next";\n')],
    "classification/classification_verdict.c": [
        ("    classified->rules_version = policy->rules_version;\n", '    classified->upgrade_note = "next";\n'),
    ],
    "sla/sla_state.h": [("    int64_t forget_at;    /* over, and gone then */\n", "    int64_t upgrade_seen;\n")],
    "sla/sla_state.c": [('     .doc = "The case is over and goes then."},\n', STATE_FIELD % "sla_state")],
    "sla/sla_facts.c": [
        ("    copy_customer(state, &complaint, in->arena);\n", "    if (complaint.upgrade_note) state->upgrade_seen = 1;\n"),
    ],
    "compensation/compensation.h": [("    int64_t forget_at, wake_at;\n", "    int64_t upgrade_seen;\n")],
    "compensation/compensation_state.c": [
        ('    {OWN(forget_at, FIELD_TIME), .doc = "The closed case is forgotten then."},\n', OWN_FIELD),
    ],
    "compensation/compensation.c": [
        ("    state->opened_at = complaint->opened_at;\n", "    if (complaint->upgrade_note) state->upgrade_seen = 1;\n"),
    ],
    "notification/notification.h": [("    int64_t forget_at, wake_at;\n", "    int64_t upgrade_seen;\n")],
    "notification/notification_state.c": [
        ('    {OWN(forget_at, FIELD_TIME), .doc = "A closed case is forgotten then."},\n', OWN_FIELD),
    ],
    "notification/notification_case.c": [
        ("    turn->state->opened_at = complaint->opened_at;\n", "    if (complaint->upgrade_note) turn->state->upgrade_seen = 1;\n"),
    ],
    "cohort/cohort.h": [("    int64_t judged_day;       /* the last day that was looked at; 0: none */\n", "    int64_t upgrade_seen;\n")],
    "cohort/cohort_state.c": [('    {OWN(judged_day, FIELD_INT), .doc = "looked at up to this day."},\n', OWN_FIELD)],
    "cohort/cohort.c": [
        ("    *changed_out = take_pending(turn->state, data.case_id, &pending);\n", "    if (data.upgrade_note) turn->state->upgrade_seen = 1;\n"),
    ],
}


def main():
    services, out = sys.argv[1:]
    for folder in {name.split("/")[0] for name in CHANGES}:
        os.makedirs(f"{out}/{folder}", exist_ok=True)
        for name in os.listdir(f"{services}/{folder}"):
            if name.endswith((".c", ".h")):
                shutil.copyfile(f"{services}/{folder}/{name}", f"{out}/{folder}/{name}")
    for name, changes in CHANGES.items():
        with open(f"{out}/{name}", encoding="utf-8") as file:
            text = file.read()
        for before, added in changes:
            if text.count(before) != 1:
                sys.exit(f"tests/fault/next.py: services/{name}: expected once, found {text.count(before)} times: {before}")
            text = text.replace(before, before + added)
        with open(f"{out}/{name}", "w", encoding="utf-8") as file:
            file.write(text)


main()
