/* SPDX-License-Identifier: MIT */
#include "Harness.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_WAIT_SEC = 30, LONGEST_CHILD_SEC = 240, PARTS = 10 };

static gboolean isQuick = FALSE;

void readOptions(int argc, char** argv) {
    isQuick = argc == 2 && strcmp(argv[1], "--quick") == 0;
    if (argc > 1 && !isQuick) {
        fprintf(stderr, "usage: %s [--quick]\n", argv[0]);
        exit(2);
    }
}

guint rounds(guint full, guint few) {
    return isQuick ? few : full;
}

GArray* newSamples(void) {
    return g_array_new(FALSE, FALSE, sizeof(double));
}

void addSample(GArray* samples, double value) {
    g_array_append_val(samples, value);
}

static gint compareDoubles(gconstpointer a, gconstpointer b) {
    double left = *(const double*)a, right = *(const double*)b;

    return (left > right) - (left < right);
}

double percentile(GArray* samples, double share) {
    if (samples->len == 0)
        return 0;
    g_array_sort(samples, compareDoubles);
    return g_array_index(samples, double, (guint)(share * (samples->len - 1) + 0.5));
}

double typicalPercentile(const GArray* samples, double share) {
    g_autoptr(GArray) found = newSamples();

    for (guint part = 0; part < PARTS; part++) {
        g_autoptr(GArray) copy = newSamples();
        guint first = samples->len * part / PARTS, end = samples->len * (part + 1) / PARTS;
        if (end == first)
            continue;
        g_array_append_vals(copy, &g_array_index(samples, double, first), end - first);
        addSample(found, percentile(copy, share));
    }
    return percentile(found, 0.5);
}

void printFigure(const char* name, double value, const char* unit, const char* baseline,
                 double baselineValue) {
    json_t* json = json_pack("{sssfss}", "name", name, "value", value, "unit", unit);

    json_object_set_new(json, "baseline", baseline ? json_string(baseline) : json_null());
    json_object_set_new(json, "baselineValue", baseline ? json_real(baselineValue) : json_null());
    json_object_set_new(json, "ratio",
                        baseline && baselineValue > 0 ? json_real(value / baselineValue)
                                                      : json_null());
    char* text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));
    puts(text);
    fflush(stdout);
    free(text);
    json_decref(json);
}

void progress(const char* format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void fail(const char* format, ...) {
    va_list arguments;

    va_start(arguments, format);
    fputs("error: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static gboolean onTooLong(gpointer what) {
    fail("waited %d s in vain for %s", LONGEST_WAIT_SEC, (const char*)what);
    return G_SOURCE_REMOVE;
}

void waitFor(Check check, gconstpointer data, const char* what) {
    guint alarmClock = g_timeout_add_seconds(LONGEST_WAIT_SEC, onTooLong, (gpointer)what);

    while (!check(data))
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(alarmClock);
}

static gboolean doNothing(gpointer unused) {
    (void)unused;
    return G_SOURCE_CONTINUE;
}

void pollFor(Check check, gconstpointer data, const char* what) {
    guint look = g_timeout_add(1, doNothing, NULL);

    waitFor(check, data, what);
    g_source_remove(look);
}

static gboolean setTrue(gpointer flag) {
    *(gboolean*)flag = TRUE;
    return G_SOURCE_REMOVE;
}

void runUntil(gint64 monotonicUs) {
    gint64 left = monotonicUs - g_get_monotonic_time();
    gboolean isOver = left <= 0;

    if (!isOver)
        g_timeout_add((guint)(left / 1000 + 1), setTrue, &isOver);
    while (!isOver)
        g_main_context_iteration(NULL, TRUE);
}

gpointer shareMemory(gsize size) {
    gpointer memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        fail("no memory to share");
    return memory;
}

int startChild(void (*body)(gpointer data), gpointer data) {
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid < 0)
        fail("cannot start another process");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    alarm(LONGEST_CHILD_SEC);
    body(data);
    _exit(0);
}

void stopChild(int pid) {
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

char* newWorkFolder(void) {
    g_autoptr(GError) error = NULL;
    char* folder = g_dir_make_tmp("bench-XXXXXX", &error);

    if (!folder)
        fail("%s", error->message);
    return folder;
}

void removeWorkFolder(char* folder) {
    GDir* directory = g_dir_open(folder, 0, NULL);
    const char* name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char* path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_clear_pointer(&directory, g_dir_close);
    g_rmdir(folder);
    g_free(folder);
}
