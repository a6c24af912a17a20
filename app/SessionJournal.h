/* SPDX-License-Identifier: MIT */
/* SessionJournal - which sessions are open, in a file that outlives a crash of the app, so that the
 * next start can end them as `interrupted`. Main loop only. */
#pragma once

#include "SessionContext.h"

typedef struct SessionJournal SessionJournal;

/* directory: the package's localdata. */
SessionJournal* newSessionJournal(const char* directory);
void freeSessionJournal(SessionJournal* journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SessionJournal, freeSessionJournal)

/* The sessions that the last run left open, in their order; the journal forgets them. They are in
 * state created and have their old ids and times; unref the array. */
GPtrArray* takeLeftovers(SessionJournal* journal);

void journalStart(SessionJournal* journal, const SessionContext* session);
void journalEnd(SessionJournal* journal, const SessionContext* session);
