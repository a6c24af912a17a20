/* SPDX-License-Identifier: MIT */
#include "Verdict.h"

#include <stdio.h>
#include <unistd.h>

static Verdict own;
static Verdict* current = &own;

const char* faultName(Fault fault) {
    static const char* const names[FAULTS] = {"orphans",        "missedStarts", "doubleEnds",
                                              "eventsAfterEnd", "leaks",        "mismatches",
                                              "crashes",        "hangs"};

    return names[fault];
}

void setVerdict(Verdict* verdict) {
    current = verdict;
}

Verdict* getVerdict(void) {
    return current;
}

void fail(Fault fault, const char* format, ...) {
    va_list args;

    current->fault = (gint)fault;
    va_start(args, format);
    vsnprintf(current->text, sizeof current->text, format, args);
    va_end(args);
    fflush(NULL);
    _exit(EXIT_FAULT);
}
