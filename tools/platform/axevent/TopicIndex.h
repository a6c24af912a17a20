/* SPDX-License-Identifier: MIT
 * TopicIndex - values found by topic: a tree with one level for each level of the topic. Finding
 * costs the depth of the topic and the number of values found, not the number of values.
 * Not thread-safe. */
#ifndef PLATFORM_TOPIC_INDEX_H
#define PLATFORM_TOPIC_INDEX_H

#include <glib.h>

typedef struct TopicIndex TopicIndex;

TopicIndex* newTopicIndex(void);

/* Adds value for all topics that begin with these levels; a NULL level may be anything. */
void addToTopicIndex(TopicIndex* index, const char* const* levels, guint count, gpointer value);

/* Removes value, which was added with the same levels. */
void removeFromTopicIndex(TopicIndex* index, const char* const* levels, guint count,
                          gpointer value);

/* Appends the values for a topic to found. */
void findInTopicIndex(const TopicIndex* index, const char* const* levels, guint count,
                      GPtrArray* found);

/* Frees the index; the values stay. */
void freeTopicIndex(TopicIndex* index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TopicIndex, freeTopicIndex)

#endif
