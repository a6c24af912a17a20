/* SPDX-License-Identifier: MIT */
/* SessionRegistry - every open session, found by id, by trigger and by profile, and the last ended
 * ones.
 *
 * A session is open from createSession() until removeSession(), which its end calls first of all;
 * until it has ended it is then kept among the closing ones, so that no session is ever out of
 * sight. Any thread may look; creating and ending belong to the main loop. What is returned is a
 * reference for the caller. Each call costs what its answer is long, however many are open. */
#pragma once

#include "SessionContext.h"

typedef struct SessionRegistry SessionRegistry;

SessionRegistry* newSessionRegistry(void);
/* All sessions must have ended. */
void freeSessionRegistry(SessionRegistry* registry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SessionRegistry, freeSessionRegistry)

/* A new, registered session with an id of its own, in state created. */
SessionContext* createSession(SessionRegistry* registry, Profile* profile, SessionStopper stopper,
                              gpointer stopperData);
/* Takes the session out of the three indexes; FALSE if it was not there. It is closing now. */
gboolean removeSession(SessionRegistry* registry, SessionContext* session);
/* Moves a closing session to the ended ones, of which the last 200 are kept. */
void recordEndedSession(SessionRegistry* registry, SessionContext* session);
/* Stops the profile's open sessions and returns how many. An inactive trigger leaves one-shots
 * alone; every other reason ends them too. since: clockNow() of what ended them. */
guint terminateProfileSessions(SessionRegistry* registry, const char* profileId, EndReason reason,
                               gint64 since);

SessionContext* findSession(SessionRegistry* registry, const char* id);
GPtrArray* copyTriggerSessions(SessionRegistry* registry, const char* triggerId);
GPtrArray* copyProfileSessions(SessionRegistry* registry, const char* profileId);
guint countProfileSessions(SessionRegistry* registry, const char* profileId);
/* Open and closing ones. */
GPtrArray* copyOpenSessions(SessionRegistry* registry);
/* Oldest first. */
GPtrArray* copyEndedSessions(SessionRegistry* registry);
guint countOpenSessions(SessionRegistry* registry);
guint countClosingSessions(SessionRegistry* registry);
