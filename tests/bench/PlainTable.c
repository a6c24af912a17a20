/* SPDX-License-Identifier: MIT */
#include "PlainTable.h"

PlainTable* newPlainTable(void) {
    PlainTable* table = g_new0(PlainTable, 1);

    g_mutex_init(&table->lock);
    table->byId =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)unrefSession);
    return table;
}

void freePlainTable(PlainTable* table) {
    g_hash_table_unref(table->byId);
    g_mutex_clear(&table->lock);
    g_free(table);
}

void addToPlainTable(PlainTable* table, SessionContext* session) {
    g_mutex_lock(&table->lock);
    g_hash_table_insert(table->byId, session->id, session);
    g_mutex_unlock(&table->lock);
}

SessionContext* findInPlainTable(PlainTable* table, const char* id) {
    g_mutex_lock(&table->lock);
    SessionContext* session = g_hash_table_lookup(table->byId, id);
    if (session)
        refSession(session);
    g_mutex_unlock(&table->lock);
    return session;
}

void removeFromPlainTable(PlainTable* table, const char* id) {
    g_mutex_lock(&table->lock);
    g_hash_table_remove(table->byId, id);
    g_mutex_unlock(&table->lock);
}
