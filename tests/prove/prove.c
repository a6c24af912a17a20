/* SPDX-License-Identifier: MIT */
/* prove - random histories against the real engine. Writes a line of JSON for each progress, each
 * failure and, last, the result; exits with 1 when something was found. */
#include <errno.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "History.h"
#include "Trial.h"

static gint64 seed = 1, first = 0, count = 100, secondsToHang = 60;
static gint steps = 100, mostFailures = 10;
static char* replay = NULL;
static gboolean isVerbose = FALSE, dontShrink = FALSE, onlyShow = FALSE;

static const GOptionEntry options[] = {
    {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Seed of all histories", "N"},
    {"first", 0, 0, G_OPTION_ARG_INT64, &first, "Number of the first history", "N"},
    {"histories", 0, 0, G_OPTION_ARG_INT64, &count, "How many", "N"},
    {"steps", 0, 0, G_OPTION_ARG_INT, &steps, "Steps in each", "N"},
    {"most-failures", 0, 0, G_OPTION_ARG_INT, &mostFailures, "Stop after this many", "N"},
    {"hang", 0, 0, G_OPTION_ARG_INT64, &secondsToHang, "When a history hangs", "SECONDS"},
    {"replay", 0, 0, G_OPTION_ARG_STRING, &replay, "Run this history only", "STEPS"},
    {"verbose", 0, 0, G_OPTION_ARG_NONE, &isVerbose, "Tell steps and log (with --replay)", NULL},
    {"show", 0, 0, G_OPTION_ARG_NONE, &onlyShow, "Print the histories, run none", NULL},
    {"no-shrink", 0, 0, G_OPTION_ARG_NONE, &dontShrink, "Do not shorten what fails", NULL},
    G_OPTION_ENTRY_NULL};

/* The engine's own log is for people; what GLib complains of is a fault. */
static void onLog(const char* domain, GLogLevelFlags level, const char* message, gpointer unused) {
    (void)unused;
    if (isVerbose)
        g_printerr("             %s\n", message);
    if ((level & G_LOG_LEVEL_CRITICAL) || (domain && (level & G_LOG_LEVEL_WARNING)))
        fail(FAULT_MISMATCH, "%s: %s", domain ? domain : "app", message);
}

static void tell(const char* what, json_t* json) {
    json_auto_t* line = json_pack("{so}", what, json);

    json_dumpf(line, stdout, JSON_COMPACT);
    puts("");
    fflush(stdout);
}

static void tellProgress(const Verdict* verdict) {
    tell("progress", json_pack("{sIsI}", "histories", (json_int_t)verdict->histories, "steps",
                               (json_int_t)verdict->steps));
}

static void tellFailure(guint64 number, Fault fault, const Verdict* verdict,
                        const GArray* history) {
    g_autofree char* text = formatHistory(history);

    tell("failure", json_pack("{sIsssssisiss}", "history", (json_int_t)number, "fault",
                              faultName(fault), "text", verdict->text, "step", verdict->step,
                              "steps", (int)history->len, "replay", text));
}

/* Waits for the worker, telling its progress; a history that does not end is killed. */
static int watchWorker(int child, const Verdict* verdict) {
    const struct timespec second = {1, 0};
    guint64 seen = verdict->histories;
    gint64 since = 0;
    int status = 0;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    while (waitpid(child, &status, WNOHANG) != child) {
        if (sigtimedwait(&signals, NULL, &second) >= 0 || errno != EAGAIN)
            continue;
        tellProgress(verdict);
        since = verdict->histories == seen ? since + 1 : 0;
        seen = verdict->histories;
        if (since == secondsToHang)
            kill(child, SIGALRM);
    }
    return status;
}

/* Shows the history that the worker failed in, made short. */
static void explain(guint64 number, Fault fault, Verdict* verdict) {
    Random random = newRandom((guint64)seed, number);
    g_autoptr(GArray) history = generateHistory(&random, (guint)steps);
    guint seconds = (guint)secondsToHang;

    if (!dontShrink && tryHistory(history, verdict, seconds) == fault) {
        g_autoptr(GArray) shorter = shrinkHistory(history, fault, seconds);
        tryHistory(shorter, verdict, seconds);
        tellFailure(number, fault, verdict, shorter);
        return;
    }
    tellFailure(number, fault, verdict, history);
}

static int runAllHistories(void) {
    Verdict* verdict = newSharedVerdict();
    guint found[FAULTS] = {0}, failures = 0;
    gint64 began = g_get_monotonic_time();
    guint64 end = (guint64)(first + count);

    for (guint64 next = (guint64)first; next < end && failures < (guint)mostFailures;) {
        guint64 before = verdict->histories;
        int child = startWorker(verdict, (guint64)seed, next, end - next, (guint)steps);
        Fault fault = judgeWorker(verdict, watchWorker(child, verdict));
        next += verdict->histories - before;
        if (fault == FAULTS)
            break;
        Verdict kept = *verdict;
        found[fault]++;
        failures++;
        explain(MIN(next, end - 1), fault, verdict);
        *verdict = kept;
        verdict->histories++; /* the one that failed */
        next++;
    }
    tell("result",
         json_pack("{sIsIsIsIsIsisisisisisisf}", "histories", (json_int_t)verdict->histories,
                   "steps", (json_int_t)verdict->steps, "starts", (json_int_t)verdict->starts,
                   "ends", (json_int_t)verdict->ends, "lostInCrashes", (json_int_t)verdict->lost,
                   "orphans", found[FAULT_ORPHAN], "missedStarts", found[FAULT_MISSED_START],
                   "doubleEnds", found[FAULT_DOUBLE_END], "eventsAfterEnd",
                   found[FAULT_EVENT_AFTER_END], "leaks", found[FAULT_LEAK], "mismatches",
                   found[FAULT_MISMATCH] + found[FAULT_CRASH] + found[FAULT_HANG], "seconds",
                   (double)(g_get_monotonic_time() - began) / 1e6));
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int showHistories(void) {
    for (gint64 i = first; i < first + count; i++) {
        Random random = newRandom((guint64)seed, (guint64)i);
        g_autoptr(GArray) history = generateHistory(&random, (guint)steps);
        g_autofree char* text = formatHistory(history);
        tell("history", json_pack("{sIss}", "number", (json_int_t)i, "text", text));
    }
    return EXIT_SUCCESS;
}

static int runReplay(void) {
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) history = parseHistory(replay, &error);
    Verdict* verdict = newSharedVerdict();

    if (!history) {
        g_printerr("prove: %s\n", error->message);
        return 2;
    }
    tellSteps(isVerbose);
    Fault fault = tryHistory(history, verdict, (guint)secondsToHang);
    if (fault == FAULTS) {
        tell("replay", json_pack("{sn}", "fault"));
        return EXIT_SUCCESS;
    }
    tellFailure(0, fault, verdict, history);
    return EXIT_FAILURE;
}

/* Every allocation of GLib's must be a block of its own, to be missed when it is left; GLib reads
 * this before main() begins. */
static void makeAllocationsVisible(char** argv) {
    if (g_getenv("G_SLICE"))
        return;
    g_setenv("G_SLICE", "always-malloc", TRUE);
    execv("/proc/self/exe", argv);
}

int main(int argc, char** argv) {
    g_autoptr(GOptionContext) context = g_option_context_new("- random histories of the engine");
    g_autoptr(GError) error = NULL;
    sigset_t signals;

    makeAllocationsVisible(argv);
    setlocale(LC_ALL, "C.UTF-8");
    g_option_context_add_main_entries(context, options, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("prove: %s\n", error->message);
        return 2;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    g_log_set_default_handler(onLog, NULL);
    if (onlyShow)
        return showHistories();
    return replay ? runReplay() : runAllHistories();
}
