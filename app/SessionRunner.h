/* SPDX-License-Identifier: MIT */
/* SessionRunner - runs sessions: starts them, asks for a description at each tick, and ends them.
 *
 * Active monitoring is a timer that submits one job a tick; ticks of one session never overlap. An
 * end needs no worker and does not wait for the network: the session leaves the registry, its
 * call is aborted, and what arrives later is discarded by its generation. Main loop only. */
#pragma once

#include "Budget.h"
#include "Config.h"
#include "DescribeClient.h"
#include "Publisher.h"
#include "SessionJournal.h"
#include "SessionRegistry.h"
#include "ThreadPool.h"

typedef struct SessionRunner SessionRunner;

/* Everything is borrowed and must outlive the runner. */
SessionRunner* newSessionRunner(SessionRegistry* registry, ThreadPool* pool, DescribeClient* client,
                                Budget* budget, Publisher* publisher, SessionJournal* journal);
/* All sessions must have ended and the pool must be gone. */
void freeSessionRunner(SessionRunner* runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SessionRunner, freeSessionRunner)

/* What the next calls use; both are copied or referenced. apiKey may be NULL. */
void setRunnerConfig(SessionRunner* runner, Config* config, const char* apiKey);

/* Begins a session of the profile; it describes at once. */
void startSession(SessionRunner* runner, Profile* profile);
/* Ends what the last run left open, as `interrupted`; once, at the start. */
void endLeftovers(SessionRunner* runner);
/* The registry that the runner's sessions are in; borrowed. */
SessionRegistry* runnerRegistry(const SessionRunner* runner);
Publisher* runnerPublisher(const SessionRunner* runner);
/* Why the newest description failed; NULL when it went well. Borrowed until the next one. */
const char* lastRunnerError(const SessionRunner* runner);
/* Called on the main loop when a session stops, before its call has let go; one listener. */
void setSessionStopListener(SessionRunner* runner,
                            void (*listener)(SessionContext* session, gpointer data),
                            gpointer data);
