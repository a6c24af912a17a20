/* SPDX-License-Identifier: MIT */
#include "Compare.h"

#include <string.h>

#include "Clock.h"
#include "FakeCamera.h"
#include "FakeDisk.h"
#include "FakeThreadPool.h"
#include "Ledger.h"
#include "Rig.h"
#include "Verdict.h"

/* Design 4.4: the invariant holds within 50 ms. */
enum { END_MS = 50 };
/* What waits for the event service is bounded, but for the last state of each event. */
enum { MOST_EVENTS = 500 };

static void checkOpenSession(ModelSession* session, SessionContext* real) {
    SessionInfo info = copySessionInfo(real);
    g_autoptr(SessionContext) byId = findSession(app->registry, real->id);

    if (session->state != MODEL_OPEN)
        fail(FAULT_ORPHAN, "p%d: session %s is open but must have ended (%s)", session->slot,
             real->id, session->endReason);
    if (byId != real)
        fail(FAULT_MISMATCH, "p%d: session %s is not found by its id", session->slot, real->id);
    if (info.state != SESSION_RUNNING)
        fail(FAULT_MISMATCH, "p%d: open session %s is %s", session->slot, real->id,
             sessionStateName(info.state));
    if (info.ticks != session->ticks || info.skippedTicks != session->skippedTicks)
        fail(FAULT_MISMATCH, "p%d: session %s: %u ticks and %u skipped, must be %u and %u",
             session->slot, real->id, info.ticks, info.skippedTicks, session->ticks,
             session->skippedTicks);
    if (info.descriptions != session->descriptions || info.failures != session->failures)
        fail(FAULT_MISMATCH, "p%d: session %s: %u descriptions, %u failures, must be %u and %u",
             session->slot, real->id, info.descriptions, info.failures, session->descriptions,
             session->failures);
    session->isChecked = TRUE;
}

static void checkSlot(int slot) {
    char id[4];

    g_snprintf(id, sizeof id, "p%d", slot);
    if (countStarts(slot) < model.slots[slot].sessions->len)
        fail(FAULT_MISSED_START, "p%d: %u sessions have started, must be %u", slot,
             countStarts(slot), model.slots[slot].sessions->len);
    g_autoptr(GPtrArray) open = copyProfileSessions(app->registry, id);
    for (guint i = 0; i < open->len; i++) {
        SessionContext* real = g_ptr_array_index(open, i);
        checkOpenSession(findModelSession(real->id), real);
    }
    if (open->len != countProfileSessions(app->registry, id))
        fail(FAULT_MISMATCH, "p%d: the registry counts wrongly", slot);
    if (countRefusals(slot) != model.slots[slot].refusals)
        fail(FAULT_MISMATCH, "p%d: %u refusals, must be %u", slot, countRefusals(slot),
             model.slots[slot].refusals);
}

static void checkLive(ModelSession* session) {
    const Entry* entry = session->entry;
    gboolean isLate = clockNow() > session->stoppedAt + END_MS * 1000;

    if (session->state == MODEL_OPEN && !session->isChecked)
        fail(FAULT_MISSED_START, "p%d: session %u must be open and is not", session->slot,
             session->serial);
    session->isChecked = FALSE;
    if (session->state == MODEL_OPEN || (session->state == MODEL_CLOSING && !isLate))
        return;
    if (!entry || !entry->ends)
        fail(FAULT_ORPHAN, "p%d: session %u was ended (%s) %d ms ago and has no end", session->slot,
             session->serial, session->endReason, (int)((clockNow() - session->stoppedAt) / 1000));
}

static gboolean isSettled(const ModelSession* session) {
    return session->state == MODEL_ENDED && session->entry && session->entry->ends;
}

static void checkAllLive(void) {
    for (guint i = model.live->len; i-- > 0;) {
        ModelSession* session = g_ptr_array_index(model.live, i);
        checkLive(session);
        if (isSettled(session))
            g_ptr_array_remove_index(model.live, i);
    }
}

static void checkIndexes(void) {
    g_autoptr(GPtrArray) all = copyOpenSessions(app->registry);
    guint open = countOpenSessions(app->registry), byTrigger = 0, byProfile = 0;

    for (int i = 0; i < TRIGGERS; i++) {
        g_autoptr(GPtrArray) found = copyTriggerSessions(app->registry, triggerId(i));
        for (guint k = 0; k < found->len; k++) {
            const SessionContext* real = g_ptr_array_index(found, k);
            if (findModelSession(real->id)->trigger != i)
                fail(FAULT_MISMATCH, "session %s is indexed by a trigger not its own", real->id);
        }
        byTrigger += found->len;
    }
    for (int i = 0; i < SLOTS; i++)
        byProfile += countModelOpen(i);
    if (open != byTrigger || open != byProfile ||
        all->len != open + countClosingSessions(app->registry))
        fail(FAULT_MISMATCH,
             "the registry's indexes disagree: %u by id, %u by trigger, %u by profile, %u in all",
             open, byTrigger, byProfile, all->len);
}

static void checkJobs(void) {
    const GPtrArray* jobs = allJobs();
    guint wanted = 0;

    for (guint i = 0; i < model.live->len; i++) {
        const ModelSession* session = g_ptr_array_index(model.live, i);
        wanted += session->call != CALL_NONE;
    }
    if (jobs->len != wanted)
        fail(jobs->len > wanted ? FAULT_LEAK : FAULT_MISMATCH,
             "%u description(s) under way, must be %u", jobs->len, wanted);
    for (guint i = 0; i < jobs->len; i++) {
        const PoolJob* job = g_ptr_array_index(jobs, i);
        const ModelSession* session = job->session;
        if (!session)
            continue;
        if (job->stage != session->call)
            fail(FAULT_MISMATCH, "p%d: a description is at stage %d, must be %d", session->slot,
                 (int)job->stage, (int)session->call);
        if (job->stage == CALL_ASKED && session->state != MODEL_OPEN &&
            !g_cancellable_is_cancelled(job->cancel))
            fail(FAULT_ORPHAN, "p%d: a call goes on after the end of its session", session->slot);
    }
}

static void checkJournal(void) {
    GHashTable* journal = readJournal();
    g_autoptr(GPtrArray) all = copyOpenSessions(app->registry);

    if (!isJournalWhole())
        return;
    if (g_hash_table_size(journal) != all->len)
        fail(FAULT_MISMATCH, "the journal has %u open session(s), must be %u",
             g_hash_table_size(journal), all->len);
    for (guint i = 0; i < all->len; i++) {
        const SessionContext* real = g_ptr_array_index(all, i);
        if (!g_hash_table_contains(journal, real->id))
            fail(FAULT_MISMATCH, "the journal does not have session %s", real->id);
    }
}

static const char* stateWord(const Slot* slot) {
    if (slot->known < 0)
        return "unknown";
    return slot->known ? "active" : "inactive";
}

static void checkBeliefs(void) {
    json_auto_t* list = profileSubscriptionsToJson(app->subscriptions);
    guint inForce = 0;

    for (int i = 0; i < SLOTS; i++)
        inForce += model.slots[i].isInForce;
    if (json_array_size(list) != inForce)
        fail(FAULT_MISMATCH, "%d profiles are subscribed, must be %u", (int)json_array_size(list),
             inForce);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t* item = json_array_get(list, i);
        const char* profile = json_string_value(json_object_get(item, "profile"));
        const char* state = json_string_value(json_object_get(item, "state"));
        const Slot* slot = &model.slots[profile[1] - '0'];
        if (strcmp(state, stateWord(slot)) != 0)
            fail(FAULT_MISMATCH, "%s takes its trigger for %s, heard was %s", profile, state,
                 stateWord(slot));
    }
}

/* What an observer of the camera's events sees, once they are all sent. */
static void checkEvents(void) {
    if (countQueuedOutput(app->output) > MOST_EVENTS + countDeclarations())
        fail(FAULT_LEAK, "%u events wait for the event service", countQueuedOutput(app->output));
    if (countQueuedOutput(app->output) || countClosingSessions(app->registry))
        return;
    for (int i = 0; i < SLOTS; i++) {
        gboolean open = countModelOpen(i) > 0;
        if (open && observedSession(i) != 1)
            fail(FAULT_MISMATCH, "p%d: a session is open, and its event says inactive", i);
        if (!open && observedSession(i) == 1 && model.slots[i].isInForce)
            fail(FAULT_MISMATCH, "p%d: no session is open, and its event says active", i);
    }
}

void compare(void) {
    for (int i = 0; i < SLOTS; i++)
        checkSlot(i);
    checkAllLive();
    checkIndexes();
    checkJobs();
    checkJournal();
    checkBeliefs();
    checkEvents();
    if (clockNow() > levelCheckDeadline())
        fail(FAULT_MISMATCH, "the level check is overdue since %d ms",
             (int)((clockNow() - levelCheckDeadline()) / 1000));
}

/* Whatever was refused, in the end each profile is subscribed. */
static void checkSubscriptions(void) {
    guint inForce = 0;

    for (int i = 0; i < SLOTS; i++)
        inForce += model.slots[i].isInForce;
    if (countSubscriptions() != inForce || haveSubscriptionProblem(app->subscriptions))
        fail(FAULT_MISSED_START, "%u profiles are subscribed, must be %u", countSubscriptions(),
             inForce);
}

void compareWithTruth(void) {
    checkSubscriptions();
    for (int i = 0; i < SLOTS; i++) {
        const Slot* slot = &model.slots[i];
        int truth = slot->isInForce ? trueState(slot->spec.trigger) : 0;
        guint open = countModelOpen(i);
        if (!slot->isInForce)
            continue;
        if (slot->known != truth)
            fail(FAULT_MISMATCH, "p%d: its trigger is %d, and it was not found out", i, truth);
        if (slot->spec.isMonitoring && truth != 1 && open)
            fail(FAULT_ORPHAN, "p%d: is monitored though its trigger is not active", i);
        if (slot->spec.isMonitoring && truth == 1 && open != 1 && slot->excuse == EXCUSE_NONE)
            fail(FAULT_MISSED_START, "p%d: is not monitored though its trigger is active", i);
    }
}
