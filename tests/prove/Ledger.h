/* SPDX-License-Identifier: MIT */
/* Ledger - every session that the app ever told of in this history, over its restarts and crashes,
 * and the rules of the records: one start, numbered descriptions, one end, nothing after it. */
#pragma once

#include "Model.h"
#include "Publisher.h"

typedef struct Entry {
    char id[12];
    int slot;
    ModelSession* session;
    guint order; /* of the starts in this history */
    guint ends, descriptions;
    gboolean isLeft;      /* open when the app crashed: must end as `interrupted` */
    gboolean isLost;      /* the same, but the journal lost it: nothing more comes */
    gboolean mayEndAgain; /* the journal lost its end */
} Entry;

void startLedger(void);
void clearLedger(void);
/* Reads what publisher has told since the last call. */
void readRecords(gpointer publisher);
/* A new run of the app tells from the beginning. muted: a run that has crashed tells nothing. */
void restartLedger(gboolean muted);

/* The session that the app gave this id. */
ModelSession* findModelSession(const char* id);
Entry* findEntry(const char* id);
/* Sessions that the app told of, of this slot. */
guint countStarts(int slot);
/* Activations that started nothing, as the app told. */
guint countRefusals(int slot);
/* What the crash leaves: journal is the set of ids in the journal. */
void noteCrash(GHashTable* journal);
/* All that was left has ended as `interrupted`. */
void checkLeftovers(void);
