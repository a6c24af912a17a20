/* SPDX-License-Identifier: MIT */
/* registryScaling - create a session, find it by id, by trigger and by profile, and remove it, with
 * 10 and with 10,000 sessions open, each of a profile and a trigger of its own. Baseline: the same
 * sessions in one GHashTable under a mutex, found three times by id. Log lines are formatted but
 * dropped, as with the parameter LogLevel=warning. */
#include "Clock.h"
#include "EdgeTimes.h"
#include "Engine.h"
#include "Harness.h"
#include "Log.h"
#include "PlainTable.h"
#include "SessionRegistry.h"

enum { FEW = 10, MANY = 10000, BATCH = 10 };
typedef enum { CREATE, FIND_BY_ID, FIND_BY_TRIGGER, FIND_BY_PROFILE, REMOVE, STEPS } Step;

static const char* const stepNames[STEPS] = {"create", "findById", "findByTrigger", "findByProfile",
                                             "remove"};

/* One of the three that take turns. */
typedef struct {
    SessionRegistry* registry; /* or */
    PlainTable* plain;
    GPtrArray* open;        /* SessionContext*, borrowed */
    GArray* samples[STEPS]; /* nanoseconds for one */
} Subject;

static GPtrArray* profiles; /* MANY + BATCH of them */
static guint nextPlainId = 0;

static Profile* makeProfile(guint number) {
    g_autofree char* id = g_strdup_printf("profile-%u", number);
    json_auto_t* json = benchProfile(id, number, 1000, 1280);
    g_autoptr(GError) error = NULL;
    Profile* profile = newProfile(json, "", &error);

    if (!profile)
        fail("%s", error->message);
    return profile;
}

static SessionContext* create(Subject* subject, Profile* profile) {
    char id[16];

    if (subject->registry)
        return createSession(subject->registry, profile, NULL, NULL);
    g_snprintf(id, sizeof id, "%08x", nextPlainId++ * 2654435761u);
    SessionContext* session = newSession(id, profile, NULL, NULL);
    addToPlainTable(subject->plain, session);
    return session;
}

/* A step of the plain table is always by id. */
static void find(Subject* subject, Step step, const SessionContext* session) {
    if (subject->plain || step == FIND_BY_ID) {
        SessionContext* found = subject->plain ? findInPlainTable(subject->plain, session->id)
                                               : findSession(subject->registry, session->id);
        if (found != session)
            fail("the session was not found");
        unrefSession(found);
        return;
    }
    g_autoptr(GPtrArray) found =
        step == FIND_BY_TRIGGER
            ? copyTriggerSessions(subject->registry, session->profile->trigger->id)
            : copyProfileSessions(subject->registry, session->profile->id);
    if (found->len != 1)
        fail("%u sessions were found instead of one", found->len);
}

static void drop(Subject* subject, SessionContext* session) {
    if (subject->plain) {
        removeFromPlainTable(subject->plain, session->id);
        return;
    }
    removeSession(subject->registry, session);
    recordEndedSession(subject->registry, session);
    unrefSession(session);
}

/* Creates, finds and removes a batch; what is open already stays. */
static void measure(Subject* subject) {
    SessionContext* batch[BATCH];
    gint64 began = nowNs();

    for (guint i = 0; i < BATCH; i++)
        batch[i] = create(subject, g_ptr_array_index(profiles, MANY + i));
    for (Step step = FIND_BY_ID; step <= FIND_BY_PROFILE; step++) {
        gint64 ended = nowNs();
        addSample(subject->samples[step - 1], (double)(ended - began) / BATCH);
        const SessionContext* wanted[BATCH];
        for (guint i = 0; i < BATCH; i++)
            wanted[i] =
                g_ptr_array_index(subject->open, g_random_int_range(0, (gint32)subject->open->len));
        began = nowNs();
        for (guint i = 0; i < BATCH; i++)
            find(subject, step, wanted[i]);
    }
    gint64 found = nowNs();
    addSample(subject->samples[FIND_BY_PROFILE], (double)(found - began) / BATCH);
    for (guint i = 0; i < BATCH; i++)
        drop(subject, batch[i]);
    addSample(subject->samples[REMOVE], (double)(nowNs() - found) / BATCH);
}

static void fill(Subject* subject, guint size) {
    subject->open = g_ptr_array_new();
    for (guint i = 0; i < size; i++)
        g_ptr_array_add(subject->open, create(subject, g_ptr_array_index(profiles, i)));
    for (guint i = 0; i < STEPS; i++)
        subject->samples[i] = newSamples();
}

static double sumOfSteps(Subject* subject) {
    double sum = 0;

    for (guint i = 0; i < STEPS; i++)
        sum += percentile(subject->samples[i], 0.5);
    return sum;
}

static void printFigures(Subject* few, Subject* many, Subject* plain) {
    printFigure("registryScaling", sumOfSteps(many), "ns", "the same with 10 sessions open",
                sumOfSteps(few));
    printFigure("registryScaling.plain", sumOfSteps(many), "ns",
                "the same sessions in one GHashTable under a mutex", sumOfSteps(plain));
    for (guint i = 0; i < STEPS; i++) {
        g_autofree char* name = g_strdup_printf("registryScaling.%s", stepNames[i]);
        printFigure(name, percentile(many->samples[i], 0.5), "ns", "the same with 10 sessions open",
                    percentile(few->samples[i], 0.5));
    }
    for (guint i = 0; i < STEPS; i++) {
        g_autofree char* name = g_strdup_printf("registryScaling.%s.plain", stepNames[i]);
        printFigure(name, percentile(many->samples[i], 0.5), "ns", "one GHashTable under a mutex",
                    percentile(plain->samples[i], 0.5));
    }
}

int main(int argc, char** argv) {
    readOptions(argc, argv);
    Subject few = {.registry = newSessionRegistry()}, many = {.registry = newSessionRegistry()},
            plain = {.plain = newPlainTable()};

    initLog("bench");
    setLogLevel(G_LOG_LEVEL_WARNING);
    profiles = g_ptr_array_new_with_free_func((GDestroyNotify)unrefProfile);
    for (guint i = 0; i < MANY + BATCH; i++)
        g_ptr_array_add(profiles, makeProfile(i));
    fill(&few, FEW);
    fill(&many, rounds(MANY, 100));
    fill(&plain, rounds(MANY, 100));
    for (guint i = 0; i < rounds(10000, 3); i++) {
        measure(&few);
        measure(&many);
        measure(&plain);
    }
    printFigures(&few, &many, &plain);
    return 0; /* what is open goes with the process */
}
