/* Redis takes another password while workers run, one server, a cluster and one that Sentinels name:
 * they are refused, read their file again until it has the new one, and go on; told by SIGHUP they
 * sign in by it from the next connection on. Nothing is lost, nobody is started anew, and no log has
 * a password. */
#include "base/clock.h"
#include "base/file.h"
#include "base/ids.h"
#include "pipeline.h"
#include "redises.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LIMIT_MS = PIPELINE_WITHIN_MS, SERVERS_OF_SENTINEL = 2 };

struct scene {
    struct pipeline *pipeline;
    struct redises redises;
    int servers; /* of redises: those that have users; Sentinels have none */
    struct process *workers[2];
    int complaints;
};

/* ---- Redis ---- */

/* "redis+cluster://a,b" with these before its hosts. */
static void write_url(const struct scene *scene, const char *credentials) {
    const char *url = scene->redises.url;
    const char *hosts = strstr(url, "://") + 3;
    struct arena *arena = scene->redises.arena;
    const char *path = arena_printf(arena, "%s/redis-url", scene->redises.h->dir);
    const char *text =
        arena_printf(arena, "%.*s%s%s\n", (int)(hosts - url), url, credentials, hosts);
    struct err err;

    if (file_write(path, text, strlen(text), &err) < 0) fail_msg("%s", err.text);
}

/* Who is connected by the old password stays so in Redis: his connections are ended. */
static void change_password(struct scene *scene, const char *password) {
    struct redises *redises = &scene->redises;
    const char *rule = arena_printf(redises->arena, ">%s", password);

    for (int i = 0; i < scene->servers; i++)
        redises_tell(redises, i, "ACL", "SETUSER", "redress", "on", "resetpass", rule, "~*", "&*",
                     "+@all", NULL);
    for (int i = 0; i < scene->servers; i++)
        redises_tell(redises, i, "CLIENT", "KILL", "USER", "redress", NULL);
}

/* ---- The workers ---- */

static struct scene open_scene(const char *name) {
    struct scene scene = {.pipeline = pipeline_new(name, 2)};

    scene.workers[0] = scene.pipeline->workers[PIPELINE_INTAKE];
    scene.workers[1] = scene.pipeline->workers[PIPELINE_SLA];
    for (int i = 0; i < 2; i++)
        process_env(scene.workers[i], "REDRESS_REDIS_URL_FILE=%s/redis-url",
                    scene.pipeline->h->dir);
    return scene;
}

static void one_server(struct scene *scene) {
    struct harness *h = scene->pipeline->h;

    scene->redises = (struct redises){.h = h, .arena = arena_new(), .count = 1};
    scene->redises.ports[0] = h->redis_port;
    snprintf(scene->redises.url, sizeof scene->redises.url, "%s", h->redis_url);
    scene->servers = 1;
}

static void start(struct scene *scene) {
    struct process *classification = scene->pipeline->workers[PIPELINE_CLASSIFICATION];

    scene->pipeline->world->config.redis_url = scene->redises.url;
    process_start(classification); /* for whose word sla waits */
    harness_wait_ready(scene->pipeline->h, classification);
    for (int i = 0; i < 2; i++) process_start(scene->workers[i]);
    for (int i = 0; i < 2; i++) harness_wait_ready(scene->pipeline->h, scene->workers[i]);
}

static const char *case_of(const struct scene *scene, int number, char *route) {
    struct arena *arena = scene->redises.arena;
    char *id = arena_alloc(arena, IDS_CASE_LEN + 1);

    ids_route("default", arena_printf(arena, "order:P%d", number), route);
    ids_case(route, "/shop/app", arena_printf(arena, "p-%d", number), id);
    return id;
}

static void complain(struct scene *scene) {
    char route[IDS_ROUTE_LEN + 1];
    int number = ++scene->complaints;
    const char *id = arena_printf(scene->redises.arena, "p-%d", number);

    case_of(scene, number, route);
    pipeline_publish(scene->pipeline, "complaint.submitted", "/shop/app", id, clock_now_ms(), route,
                     "{'channel':'app','customer':{'id':'u-%d','tier':'regular'},'order':{'id':'P%"
                     "d','status':'signed','amount':{'currency':'CNY','minor':8900}},'text':'包裹"
                     "三天没有动静'}",
                     number, number);
    world_flush(scene->pipeline->world);
}

/* The last complaint has a case, with deadlines. */
static void expect_case(struct scene *scene) {
    char route[IDS_ROUTE_LEN + 1];
    tail_wait(scene->pipeline->events, "sla.started", case_of(scene, scene->complaints, route), 1,
              LIMIT_MS);
}

static void expect_none(struct scene *scene) {
    char route[IDS_ROUTE_LEN + 1];
    const char *id = case_of(scene, scene->complaints, route);

    tail_catch_up(scene->pipeline->events);
    assert_null(tail_find(scene->pipeline->events, "sla.started", id, 1));
}

static void expect_said(const struct scene *scene, const char *words, int times) {
    for (int i = 0; i < 2; i++)
        WAIT_FOR(process_log_count(scene->workers[i], words) >= times, LIMIT_MS);
}

static int said(const struct scene *scene, const char *words) {
    return process_log_count(scene->workers[0], words) +
           process_log_count(scene->workers[1], words);
}

static void close_scene(struct scene *scene) {
    pipeline_check_view(scene->pipeline, pipeline_specs[PIPELINE_SLA]);
    assert_int_equal(said(scene, "hush"), 0);
    assert_int_equal(said(scene, "\"message\":\"started\""), 2);
    for (int i = 0; i < 2; i++) assert_int_equal(process_stop(scene->workers[i], LIMIT_MS), 0);
}

/* ---- What happens ---- */

static const char again[] = "user and password for redis were read again";

/* Redis first, the file later; then the file first, SIGHUP, and Redis later. */
static void change_twice(struct scene *scene) {
    change_password(scene, "hush-1");
    write_url(scene, "redress:hush-1@");
    start(scene);
    complain(scene);
    expect_case(scene);

    change_password(scene, "hush-2");
    complain(scene);
    expect_said(scene, "WRONGPASS", 1);
    expect_none(scene);
    assert_int_equal(said(scene, again), 0);
    write_url(scene, "redress:hush-2@");
    expect_case(scene);
    expect_said(scene, again, 1);
    int refusals = said(scene, "WRONGPASS");

    write_url(scene, "redress:hush-3@");
    for (int i = 0; i < 2; i++) process_kill(scene->workers[i], SIGHUP);
    expect_said(scene, again, 2);
    change_password(scene, "hush-3");
    complain(scene);
    expect_case(scene);
    assert_int_equal(said(scene, "WRONGPASS"), refusals);
    assert_int_equal(said(scene, again), 4);
}

static void of_one_server(void **state) {
    (void)state;
    struct scene scene = open_scene("password-one");

    one_server(&scene);
    change_twice(&scene);
    close_scene(&scene);
    redises_tell(&scene.redises, 0, "ACL", "DELUSER", "redress", NULL);
    redises_close(&scene.redises);
    pipeline_close(scene.pipeline);
}

static void of_a_cluster(void **state) {
    (void)state;
    struct scene scene = open_scene("password-cluster");

    redises_cluster(&scene.redises, scene.pipeline->h);
    scene.servers = scene.redises.count;
    change_twice(&scene);
    close_scene(&scene);
    redises_close(&scene.redises);
    pipeline_close(scene.pipeline);
}

static void of_one_that_sentinels_name(void **state) {
    (void)state;
    struct scene scene = open_scene("password-sentinel");

    redises_sentinel(&scene.redises, scene.pipeline->h);
    scene.servers = SERVERS_OF_SENTINEL;
    change_twice(&scene);
    close_scene(&scene);
    redises_close(&scene.redises);
    pipeline_close(scene.pipeline);
}

static void cut_all(struct scene *scene) {
    redises_tell(&scene->redises, 0, "-a", "hush-4", "--no-auth-warning", "CLIENT", "KILL", "TYPE",
                 "normal", NULL);
}

/* There was none, and there is none in the end. */
static void one_comes_and_goes(void **state) {
    (void)state;
    struct scene scene = open_scene("password-none");
    struct redises *redises = &scene.redises;

    one_server(&scene);
    write_url(&scene, "");
    start(&scene);
    redises_tell(redises, 0, "CONFIG", "SET", "requirepass", "hush-4", NULL);
    cut_all(&scene);
    complain(&scene);
    expect_said(&scene, "NOAUTH", 1);
    expect_none(&scene);
    write_url(&scene, ":hush-4@");
    expect_case(&scene);

    redises_tell(redises, 0, "-a", "hush-4", "--no-auth-warning", "CONFIG", "SET", "requirepass",
                 "", NULL);
    redises_tell(redises, 0, "CLIENT", "KILL", "TYPE", "normal", NULL);
    complain(&scene);
    expect_said(&scene, "no password set", 1);
    write_url(&scene, "");
    expect_case(&scene);
    expect_said(&scene, again, 2);
    close_scene(&scene);
    redises_close(redises);
    pipeline_close(scene.pipeline);
}

/* A file that names another server is told of, and changes nothing before the next start. */
static void another_server_counts_later(void **state) {
    (void)state;
    struct scene scene = open_scene("password-place");

    one_server(&scene);
    write_url(&scene, "");
    start(&scene);
    snprintf(scene.redises.url, sizeof scene.redises.url, "redis://127.0.0.1:%d/0",
             net_free_port());
    write_url(&scene, "");
    for (int i = 0; i < 2; i++) process_kill(scene.workers[i], SIGHUP);
    expect_said(&scene, "REDRESS_REDIS_URL names other servers", 1);
    assert_int_equal(said(&scene, again), 0);
    complain(&scene);
    expect_case(&scene);
    scene.pipeline->world->config.redis_url = scene.pipeline->h->redis_url;
    close_scene(&scene);
    redises_close(&scene.redises);
    pipeline_close(scene.pipeline);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_one_server), cmocka_unit_test(of_a_cluster),
        cmocka_unit_test(of_one_that_sentinels_name), cmocka_unit_test(one_comes_and_goes),
        cmocka_unit_test(another_server_counts_later)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
