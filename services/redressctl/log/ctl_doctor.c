/* redressctl doctor: looks at everything that workers need, and says of each what to do. */
#include "base/certificate.h"
#include "base/clock.h"
#include "cohort/cohort.h"
#include "data/calendar_zone.h"
#include "redressctl/ctl.h"
#include "redressctl/help_texts.h"
#include "redressctl/log/ctl_places.h"
#include "redressctl/log/ctl_topics.h"
#include "redressctl/policy/ctl_policy.h"
#include "runtime/clocks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    REDIS_MAJOR = 7,
    DAY_MS = 24 * 3600 * 1000,
    RENEW_DAYS = 14 /* so that a week of holidays passes between two looks */
};

struct doctor {
    struct ctl ctl;
    int looked, bad;
    int brokers; /* 0: Kafka does not answer */
};

/* mend NULL: all is well. */
static void say(struct doctor *doctor, const char *what, const char *found, const char *mend) {
    struct buf buf = {0};
    struct json_out json = {.buf = &buf};

    doctor->looked++;
    doctor->bad += mend != NULL;
    if (!doctor->ctl.json) {
        ctl_line("%-4s %-28s %s", mend ? "BAD" : "ok", what, found);
        if (mend) ctl_line("     -> %s", mend);
        return;
    }
    json_begin_map(&json);
    json_key(&json, "check"), json_text(&json, what);
    json_key(&json, "good"), json_bool(&json, !mend);
    json_key(&json, "found"), json_text(&json, found);
    if (mend) json_key(&json, "mend"), json_text(&json, mend);
    json_end_map(&json);
    ctl_json(buf.at, buf.len);
    buf_free(&buf);
}

/* ---- Kafka ---- */

static void look_at_kafka(struct doctor *doctor) {
    struct arena *arena = doctor->ctl.arena;
    const char *where = config_kafka(&doctor->ctl.config, "bootstrap.servers");
    struct err err;
    struct kafka_admin *admin = kafka_admin_new(&doctor->ctl.kafka, &err);
    int brokers = admin ? kafka_admin_brokers(admin, CTL_PLACES_ASK_MS, &err) : -1;

    kafka_admin_free(admin);
    if (brokers < 0) {
        say(doctor, "kafka", err.text,
            "REDRESS_KAFKA_BOOTSTRAP_SERVERS and the other REDRESS_KAFKA_ settings say where it is "
            "and how to sign in");
        return;
    }
    doctor->brokers = brokers;
    say(doctor, "kafka",
        arena_printf(arena, "%d brokers at %s, librdkafka %s", brokers,
                     where ? where : "127.0.0.1:9092", kafka_library_version()),
        NULL);
}

static void look_at_topics(struct doctor *doctor) {
    struct arena *arena = doctor->ctl.arena;
    struct topics_faults *faults = arena_alloc(arena, sizeof *faults);
    struct err err;

    if (!doctor->brokers) return;
    if (doctor->ctl.config.demonstration) {
        say(doctor, "topics", "those of redress-devbroker", NULL);
        return;
    }
    if (ctl_topics_faults(&doctor->ctl, doctor->brokers, faults, &err) < 0) {
        say(doctor, "topics", err.text,
            "`redressctl acl` says which rights are needed to look at topics and their settings");
        return;
    }
    for (int i = 0; i < faults->count; i++)
        say(doctor, arena_printf(arena, "topic %s", faults->at[i].topic),
            arena_printf(arena, "%s: %s, expected %s", faults->at[i].setting, faults->at[i].found,
                         faults->at[i].expected),
            faults->at[i].mend);
    if (!faults->count) say(doctor, "topics", "all there, with their settings", NULL);
}

static void look_at_lag(struct doctor *doctor, const struct worker_spec *spec) {
    struct arena *arena = doctor->ctl.arena;
    struct ctl_places places;
    struct err err = {"no answer"};
    const char *what = arena_printf(arena, "worker %s", spec->name);
    int64_t lag = 0;
    int never = 0;
    int rc = ctl_places_ask(&doctor->ctl, spec, NULL, -1, &places, &err);

    for (int i = 0; rc == 0 && i < places.count; i++) {
        lag += ctl_places_lag(&places, i);
        never += places.committed[i].offset == KAFKA_NO_OFFSET;
    }
    kafka_asker_free(places.asker);
    if (rc < 0)
        say(doctor, what, err.text,
            "`redressctl topics check` and `redressctl acl` say what it needs");
    else if (never == places.count && spec == &cohort_spec) /* a shop may do without it */
        say(doctor, what, "not in use: nobody is warned before he complains", NULL);
    else if (never == places.count)
        say(doctor, what, "has never committed anything",
            arena_printf(arena, "start redress-%s", spec->name));
    else
        say(doctor, what, arena_printf(arena, "%" PRId64 " records behind", lag), NULL);
}

/* ---- Redis ---- */

static const char *info_value(const char *info, const char *name, struct arena *arena) {
    const char *at = strstr(info, name);
    if (!at) return "";
    at += strlen(name);
    return arena_strndup(arena, at, strcspn(at, "\r\n"));
}

/* As workers see it, and where they say so. */
static void look_at_clock(struct doctor *doctor, int64_t behind_ms) {
    bool good = behind_ms < CLOCKS_APART_MS && behind_ms > -CLOCKS_APART_MS;
    const char *found = arena_printf(
        doctor->ctl.arena, "this host is %" PRId64 " ms behind Redis (negative: ahead)", behind_ms);

    say(doctor, "clocks", found,
        good ? NULL
             : "let NTP set the clocks of all hosts: deadlines go by the slower of a worker's and "
               "Redis' clock");
}

/* What waits, in the workers' own words: redress:meta, held:<worker>.<shard>. */
static void look_at_held(struct doctor *doctor, const struct redis_reply *meta) {
    struct arena *arena = doctor->ctl.arena;
    int held = 0;

    for (int i = 0; meta->kind == REDIS_LIST && i + 1 < meta->count; i += 2) {
        if (strncmp(meta->items[i].text, "held:", 5) != 0) continue;
        say(doctor, arena_printf(arena, "held %s", meta->items[i].text + 5),
            meta->items[i + 1].text,
            "it goes on by itself when what it waits for is there; `redressctl cases` shows what "
            "is due meanwhile");
        held++;
    }
    if (!held) say(doctor, "held", "nothing waits", NULL);
}

static void look_at_redis(struct doctor *doctor) {
    struct ctl *ctl = &doctor->ctl;
    struct err err;
    struct redis_reply info;
    struct redis_reply meta;
    int64_t redis_ms;
    int64_t behind_ms;
    const char *key = arena_printf(ctl->arena, "%s:meta", ctl->config.topic_prefix);

    ctl->redis = redis_of(&ctl->config, &err);
    if (!ctl->redis || redis_check(ctl->redis, &err) != REDIS_GOOD ||
        redis_ask(ctl->redis, ctl->arena, &info, &err, 2, "INFO", "server") != OUTCOME_DONE ||
        clocks_ask(ctl->redis, ctl->arena, &redis_ms, &behind_ms, &err) != OUTCOME_DONE ||
        redis_ask(ctl->redis, ctl->arena, &meta, &err, 2, "HGETALL", key) != OUTCOME_DONE) {
        say(doctor, "redis", err.text,
            "REDRESS_REDIS_URL says where it is; deploy/docs/redis.md, Several servers, which "
            "forms that may have");
        return;
    }
    const char *version = "";
    if (info.kind == REDIS_TEXT) version = info_value(info.text, "redis_version:", ctl->arena);
    bool new_enough = strtol(version, NULL, 10) >= REDIS_MAJOR;
    say(doctor, "redis",
        arena_printf(ctl->arena, "%s at %s, noeviction", version, redis_where(ctl->redis)),
        new_enough ? NULL : "Redis 7.0 or newer is needed");
    look_at_clock(doctor, behind_ms);
    look_at_held(doctor, &meta);
}

/* ---- This host ---- */

static void look_at_policy(struct doctor *doctor, const struct worker_spec *spec) {
    struct arena *arena = doctor->ctl.arena;
    const char *dir = doctor->ctl.config.policy_dir;
    const char *version = NULL;
    struct buf faults = {0};
    struct err err;

    if (!spec->policy_file) return;
    const char *what = arena_printf(arena, "policy %s", spec->policy_file);
    if (ctl_policy_read(spec, dir, arena, &version, &faults, &err))
        say(doctor, what, arena_printf(arena, "version %s in %s", version, dir), NULL);
    else
        say(doctor, what, err.text[0] ? err.text : arena_strndup(arena, faults.at, faults.len - 1),
            "no worker takes it over: the version before stays in force, and a start fails");
    buf_free(&faults);
}

/* One of ours, with which somebody signs in; a file that cannot be read is a wrong setting already.
 */
static void look_at_certificate(struct doctor *doctor, const char *what, const char *path) {
    struct arena *arena = doctor->ctl.arena;
    int64_t end_ms;
    struct err err;
    char end[CLOCK_TEXT_MAX];

    if (!path) return;
    if (certificate_look(path, &end_ms, &err) < 0) {
        say(doctor, what, err.text, "mend the file");
        return;
    }
    int64_t days = (end_ms - clock_now_ms()) / DAY_MS;
    say(doctor, what,
        arena_printf(arena, "%s ends at %s, in %" PRId64 " days", path, clock_format(end_ms, end),
                     days),
        days >= RENEW_DAYS ? NULL
                           : "renew it in place: after that nobody signs in with it; Redis' is "
                             "read again with each connection, Kafka's when the worker starts");
}

static void look_at_certificates(struct doctor *doctor) {
    const struct config *config = &doctor->ctl.config;

    look_at_certificate(doctor, "certificate for kafka",
                        config_kafka(config, "ssl.certificate.location"));
    look_at_certificate(doctor, "certificate for redis", config->redis_tls.certificate);
}

static void look_at_zones(struct doctor *doctor) {
    struct err err = {""};
    bool there = calendar_zone_find("Asia/Shanghai", doctor->ctl.arena, &err) != NULL;

    say(doctor, "time zones", there ? "tzdata is there" : err.text,
        there ? NULL : "install tzdata: calendars and quiet hours are in local time");
}

static int run_doctor(int argc, char **argv) {
    struct doctor doctor = {.ctl.command = &ctl_doctor};
    const struct options_row options[] = {{NULL, NULL, NULL}};
    int status = ctl_options(&doctor.ctl, options, &argc, argv);

    if (!status && argc > 1)
        status = ctl_usage(&doctor.ctl, "unexpected argument \"%.60s\"", argv[1]);
    if (!status) status = ctl_config(&doctor.ctl);
    if (!status) {
        look_at_kafka(&doctor);
        look_at_topics(&doctor);
        for (int i = 0; ctl_places_specs[i] && doctor.brokers; i++)
            look_at_lag(&doctor, ctl_places_specs[i]);
        look_at_redis(&doctor);
        for (int i = 0; ctl_places_specs[i]; i++) look_at_policy(&doctor, ctl_places_specs[i]);
        look_at_zones(&doctor);
        look_at_certificates(&doctor);
        ctl_note("%d looked at, %d bad", doctor.looked, doctor.bad);
        if (doctor.bad) status = EXIT_CANNOT_GO_ON;
    }
    ctl_close(&doctor.ctl);

    return status;
}

const struct command ctl_doctor = {
    .name = "doctor",
    .usage = "doctor [--json]",
    .about = "looks at everything that workers need, and says what to do",
    .options = "--json",
    .run = run_doctor,
    .help = help_doctor,
};
