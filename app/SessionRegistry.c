/* SPDX-License-Identifier: MIT */
#include "SessionRegistry.h"

enum { MOST_ENDED = 200 };

struct SessionRegistry {
    GMutex lock;           /* guards all below; never held while a session is stopped */
    GHashTable* byId;      /* id -> session; owns a reference */
    GHashTable* byTrigger; /* trigger id -> set of sessions, borrowed from byId */
    GHashTable* byProfile; /* profile id -> set of sessions, borrowed from byId */
    GHashTable* closing;   /* set of sessions; owns a reference */
    GQueue ended;          /* sessions, oldest first; owns a reference */
};

static GHashTable* newIndex(void) {
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                 (GDestroyNotify)g_hash_table_unref);
}

SessionRegistry* newSessionRegistry(void) {
    SessionRegistry* registry = g_new0(SessionRegistry, 1);

    g_mutex_init(&registry->lock);
    registry->byId =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)unrefSession);
    registry->byTrigger = newIndex();
    registry->byProfile = newIndex();
    registry->closing =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, (GDestroyNotify)unrefSession, NULL);
    g_queue_init(&registry->ended);
    return registry;
}

void freeSessionRegistry(SessionRegistry* registry) {
    if (!registry)
        return;
    g_warn_if_fail(g_hash_table_size(registry->byId) == 0);
    g_hash_table_unref(registry->byTrigger);
    g_hash_table_unref(registry->byProfile);
    g_hash_table_unref(registry->byId);
    g_hash_table_unref(registry->closing);
    g_queue_clear_full(&registry->ended, (GDestroyNotify)unrefSession);
    g_mutex_clear(&registry->lock);
    g_free(registry);
}

static void addToSet(GHashTable* index, const char* key, SessionContext* session) {
    GHashTable* set = g_hash_table_lookup(index, key);

    if (!set) {
        set = g_hash_table_new(g_direct_hash, g_direct_equal);
        g_hash_table_insert(index, g_strdup(key), set);
    }
    g_hash_table_add(set, session);
}

static void removeFromSet(GHashTable* index, const char* key, SessionContext* session) {
    GHashTable* set = g_hash_table_lookup(index, key);

    g_hash_table_remove(set, session);
    if (g_hash_table_size(set) == 0)
        g_hash_table_remove(index, key);
}

#ifdef DEBUG
static guint countSets(GHashTable* index) {
    GHashTableIter entries;
    gpointer set;
    guint sum = 0;

    g_hash_table_iter_init(&entries, index);
    while (g_hash_table_iter_next(&entries, NULL, &set))
        sum += g_hash_table_size(set);
    return sum;
}

static void checkIndexes(const SessionRegistry* registry) {
    g_assert_cmpuint(countSets(registry->byTrigger), ==, g_hash_table_size(registry->byId));
    g_assert_cmpuint(countSets(registry->byProfile), ==, g_hash_table_size(registry->byId));
}
#else
static void checkIndexes(const SessionRegistry* registry) {
    (void)registry;
}
#endif

/* These two alone change the indexes. The lock is held. */
static void addToIndexes(SessionRegistry* registry, SessionContext* session) {
    g_hash_table_insert(registry->byId, session->id, refSession(session));
    addToSet(registry->byTrigger, session->profile->trigger->id, session);
    addToSet(registry->byProfile, session->profile->id, session);
    checkIndexes(registry);
}

static void removeFromIndexes(SessionRegistry* registry, SessionContext* session) {
    removeFromSet(registry->byTrigger, session->profile->trigger->id, session);
    removeFromSet(registry->byProfile, session->profile->id, session);
    g_hash_table_remove(registry->byId, session->id);
    checkIndexes(registry);
}

SessionContext* createSession(SessionRegistry* registry, Profile* profile, SessionStopper stopper,
                              gpointer stopperData) {
    char id[9];

    g_mutex_lock(&registry->lock);
    do
        g_snprintf(id, sizeof id, "%08x", g_random_int());
    while (g_hash_table_contains(registry->byId, id));
    SessionContext* session = newSession(id, profile, stopper, stopperData);
    addToIndexes(registry, session);
    g_mutex_unlock(&registry->lock);
    g_info("session %s profile %s: created (%s)", id, profile->id, profile->trigger->id);
    return session;
}

gboolean removeSession(SessionRegistry* registry, SessionContext* session) {
    g_mutex_lock(&registry->lock);
    gboolean found = g_hash_table_lookup(registry->byId, session->id) == session;
    if (found) {
        g_hash_table_add(registry->closing, refSession(session));
        removeFromIndexes(registry, session);
    }
    g_mutex_unlock(&registry->lock);
    return found;
}

void recordEndedSession(SessionRegistry* registry, SessionContext* session) {
    g_autoptr(SessionContext) oldest = NULL;

    g_mutex_lock(&registry->lock);
    g_queue_push_tail(&registry->ended, refSession(session));
    g_hash_table_remove(registry->closing, session);
    if (g_queue_get_length(&registry->ended) > MOST_ENDED)
        oldest = g_queue_pop_head(&registry->ended);
    g_mutex_unlock(&registry->lock);
}

static GPtrArray* newSessionList(void) {
    return g_ptr_array_new_with_free_func((GDestroyNotify)unrefSession);
}

static void appendSet(GPtrArray* list, GHashTable* set) {
    GHashTableIter entries;
    gpointer session;

    if (!set)
        return;
    g_hash_table_iter_init(&entries, set);
    while (g_hash_table_iter_next(&entries, &session, NULL))
        g_ptr_array_add(list, refSession(session));
}

static GPtrArray* copySet(SessionRegistry* registry, GHashTable* index, const char* key) {
    GPtrArray* list = newSessionList();

    g_mutex_lock(&registry->lock);
    appendSet(list, g_hash_table_lookup(index, key));
    g_mutex_unlock(&registry->lock);
    return list;
}

guint terminateProfileSessions(SessionRegistry* registry, const char* profileId, EndReason reason,
                               gint64 since) {
    g_autoptr(GPtrArray) sessions = copyProfileSessions(registry, profileId);
    guint stopped = 0;

    for (guint i = 0; i < sessions->len; i++) {
        SessionContext* session = g_ptr_array_index(sessions, i);
        if (reason == END_INACTIVE && session->profile->sessionType == SESSION_ONE_SHOT)
            continue;
        stopSession(session, reason, since);
        stopped++;
    }
    g_info("profile %s: terminated %u session(s) (%s)", profileId, stopped, endReasonName(reason));
    return stopped;
}

SessionContext* findSession(SessionRegistry* registry, const char* id) {
    g_mutex_lock(&registry->lock);
    SessionContext* session = g_hash_table_lookup(registry->byId, id);
    if (session)
        refSession(session);
    g_mutex_unlock(&registry->lock);
    return session;
}

GPtrArray* copyTriggerSessions(SessionRegistry* registry, const char* triggerId) {
    return copySet(registry, registry->byTrigger, triggerId);
}

GPtrArray* copyProfileSessions(SessionRegistry* registry, const char* profileId) {
    return copySet(registry, registry->byProfile, profileId);
}

guint countProfileSessions(SessionRegistry* registry, const char* profileId) {
    g_mutex_lock(&registry->lock);
    GHashTable* set = g_hash_table_lookup(registry->byProfile, profileId);
    guint sessions = set ? g_hash_table_size(set) : 0;
    g_mutex_unlock(&registry->lock);
    return sessions;
}

GPtrArray* copyOpenSessions(SessionRegistry* registry) {
    GPtrArray* list = newSessionList();
    GHashTableIter entries;
    gpointer session;

    g_mutex_lock(&registry->lock);
    g_hash_table_iter_init(&entries, registry->byId);
    while (g_hash_table_iter_next(&entries, NULL, &session))
        g_ptr_array_add(list, refSession(session));
    appendSet(list, registry->closing);
    g_mutex_unlock(&registry->lock);
    return list;
}

GPtrArray* copyEndedSessions(SessionRegistry* registry) {
    GPtrArray* list = newSessionList();

    g_mutex_lock(&registry->lock);
    for (GList* link = registry->ended.head; link; link = link->next)
        g_ptr_array_add(list, refSession(link->data));
    g_mutex_unlock(&registry->lock);
    return list;
}

guint countOpenSessions(SessionRegistry* registry) {
    g_mutex_lock(&registry->lock);
    guint sessions = g_hash_table_size(registry->byId);
    g_mutex_unlock(&registry->lock);
    return sessions;
}

guint countClosingSessions(SessionRegistry* registry) {
    g_mutex_lock(&registry->lock);
    guint sessions = g_hash_table_size(registry->closing);
    g_mutex_unlock(&registry->lock);
    return sessions;
}
