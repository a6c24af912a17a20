/* SPDX-License-Identifier: MIT */
/* PlainTable - the baseline of registryScaling: sessions in one GHashTable under a mutex, found by
 * their id and nothing else. */
#pragma once

#include "SessionContext.h"

typedef struct {
    GMutex lock;
    GHashTable* byId; /* owns a reference */
} PlainTable;

PlainTable* newPlainTable(void);
void freePlainTable(PlainTable* table);
/* Keeps the reference. */
void addToPlainTable(PlainTable* table, SessionContext* session);
/* A new reference. */
SessionContext* findInPlainTable(PlainTable* table, const char* id);
void removeFromPlainTable(PlainTable* table, const char* id);
