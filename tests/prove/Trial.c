/* SPDX-License-Identifier: MIT */
#include "Trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "Blocks.h"
#include "History.h"

static gboolean isTold = FALSE;

void tellSteps(gboolean tell) {
    isTold = tell;
}

Verdict* newSharedVerdict(void) {
    Verdict* verdict =
        mmap(NULL, sizeof(Verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    g_assert(verdict != MAP_FAILED);
    return verdict;
}

/* What a history leaves is a leak if it leaves it again: the first time may fill a cache. */
static void checkBlocks(const GArray* history, gint64 before) {
    Verdict counted = *getVerdict();

    if (countBlocks() == before)
        return;
    gint64 again = countBlocks();
    runHistory(history, 1, FALSE);
    gint64 left = countBlocks() - again;
    *getVerdict() = counted;
    if (left > 0)
        fail(FAULT_LEAK, "%d block(s) of memory are left", (int)left);
}

static void runWorker(guint64 seed, guint64 first, guint64 count, guint steps) {
    for (guint64 i = first; i < first + count; i++) {
        Random random = newRandom(seed, i);
        GArray* history = generateHistory(&random, steps);
        gint64 before = countBlocks();
        runHistory(history, 1, FALSE);
        checkBlocks(history, before);
        g_array_unref(history);
    }
}

static int forkWith(Verdict* verdict) {
    verdict->fault = FAULTS;
    verdict->text[0] = '\0';
    fflush(NULL);
    int child = fork();
    g_assert(child >= 0);
    if (child == 0)
        setVerdict(verdict);
    return child;
}

int startWorker(Verdict* verdict, guint64 seed, guint64 first, guint64 count, guint steps) {
    int child = forkWith(verdict);

    if (child == 0) {
        runWorker(seed, first, count, steps);
        exit(EXIT_SUCCESS);
    }
    return child;
}

Fault judgeWorker(Verdict* verdict, int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
        return FAULTS;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAULT)
        return (Fault)verdict->fault;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        g_snprintf(verdict->text, sizeof verdict->text, "the engine does not come back");
        return FAULT_HANG;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_LEAK_SANITIZER) {
        g_snprintf(verdict->text, sizeof verdict->text, "the leak checker found blocks left");
        return FAULT_LEAK;
    }
    g_snprintf(verdict->text, sizeof verdict->text, "the engine died (%s %d)",
               WIFSIGNALED(status) ? "signal" : "exit code",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return FAULT_CRASH;
}

Fault tryHistory(const GArray* steps, Verdict* verdict, guint seconds) {
    int child = forkWith(verdict), status = 0;

    if (child == 0) {
        alarm(seconds);
        gint64 before = countBlocks();
        runHistory(steps, 1, isTold);
        checkBlocks(steps, before);
        exit(EXIT_SUCCESS);
    }
    g_assert(waitpid(child, &status, 0) == child);
    return judgeWorker(verdict, status);
}

static GArray* copyWithout(const GArray* steps, guint from, guint count) {
    GArray* copy = g_array_sized_new(FALSE, FALSE, sizeof(Step), steps->len);

    g_array_append_vals(copy, steps->data, from);
    if (from + count < steps->len)
        g_array_append_vals(copy, &g_array_index(steps, Step, from + count),
                            steps->len - from - count);
    return copy;
}

typedef struct {
    GArray* steps; /* the shortest so far */
    Fault fault;
    Verdict* verdict;
    guint seconds;
} Shrinking;

/* Takes candidate. TRUE when it fails as well, and is the best from now on. */
static gboolean take(Shrinking* shrinking, GArray* candidate) {
    if (tryHistory(candidate, shrinking->verdict, shrinking->seconds) != shrinking->fault) {
        g_array_unref(candidate);
        return FALSE;
    }
    g_array_unref(shrinking->steps);
    shrinking->steps = candidate;
    return TRUE;
}

/* Delta debugging: leaves pieces out, from large to single steps. */
static void leaveOut(Shrinking* shrinking) {
    for (guint piece = MAX(shrinking->steps->len / 2, 1); piece; piece /= 2) {
        for (guint from = shrinking->steps->len; from-- > 0;) {
            from = from / piece * piece;
            if (from < shrinking->steps->len)
                take(shrinking, copyWithout(shrinking->steps, from, piece));
        }
    }
}

/* Smaller numbers are easier to read. */
static void simplify(Shrinking* shrinking) {
    for (guint i = 0; i < shrinking->steps->len; i++) {
        for (int k = 0; k < MOST_ARGUMENTS; k++) {
            int value = g_array_index(shrinking->steps, Step, i).arguments[k];
            for (int smaller = 0; smaller < value; smaller += MAX(1, (value - smaller) / 2)) {
                GArray* candidate = copyWithout(shrinking->steps, shrinking->steps->len, 0);
                g_array_index(candidate, Step, i).arguments[k] = smaller;
                if (take(shrinking, candidate))
                    break;
            }
        }
    }
}

GArray* shrinkHistory(const GArray* steps, Fault fault, guint seconds) {
    Shrinking shrinking = {copyWithout(steps, steps->len, 0), fault, newSharedVerdict(), seconds};
    guint before;

    do {
        before = shrinking.steps->len;
        leaveOut(&shrinking);
    } while (shrinking.steps->len < before);
    simplify(&shrinking);
    leaveOut(&shrinking);
    munmap(shrinking.verdict, sizeof(Verdict));
    return shrinking.steps;
}
