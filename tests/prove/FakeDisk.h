/* SPDX-License-Identifier: MIT */
/* FakeDisk - the Disk port in memory. */
#pragma once

#include <glib.h>

/* Writing fails from now on, or works again. */
void setDiskFull(gboolean full);
gboolean isDiskFull(void);
/* What is on the disk now, and putting it back; the copy is g_hash_table_unref()ed. */
GHashTable* copyDisk(void);
void restoreDisk(GHashTable* copy);
void wipeDisk(void);
/* The ids that the journal has a start but no end of, as a set; borrowed. */
GHashTable* readJournal(void);
/* A loss of power took the end of the journal's last line. */
void cutJournal(void);
/* Whether every write to the journal since it was last empty or rewritten has worked. */
gboolean isJournalWhole(void);
