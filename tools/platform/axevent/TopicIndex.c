/* SPDX-License-Identifier: MIT */
#include "TopicIndex.h"

typedef struct Node Node;
struct Node {
    GHashTable* children; /* char* to Node* */
    Node* any;            /* the child for a level that may be anything */
    GPtrArray* values;
};

struct TopicIndex {
    Node* root;
};

static void freeNode(Node* node) {
    if (!node)
        return;
    g_hash_table_unref(node->children);
    freeNode(node->any);
    g_ptr_array_unref(node->values);
    g_free(node);
}

static Node* newNode(void) {
    Node* node = g_new0(Node, 1);

    node->children =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)freeNode);
    node->values = g_ptr_array_new();
    return node;
}

TopicIndex* newTopicIndex(void) {
    TopicIndex* index = g_new0(TopicIndex, 1);

    index->root = newNode();
    return index;
}

void freeTopicIndex(TopicIndex* index) {
    freeNode(index->root);
    g_free(index);
}

static Node* getChild(const Node* node, const char* level) {
    return level ? g_hash_table_lookup(node->children, level) : node->any;
}

static Node* addChild(Node* node, const char* level) {
    Node* child = newNode();

    if (level)
        g_hash_table_insert(node->children, g_strdup(level), child);
    else
        node->any = child;
    return child;
}

void addToTopicIndex(TopicIndex* index, const char* const* levels, guint count, gpointer value) {
    Node* node = index->root;

    for (guint i = 0; i < count; i++) {
        Node* child = getChild(node, levels[i]);
        node = child ? child : addChild(node, levels[i]);
    }
    g_ptr_array_add(node->values, value);
}

static gboolean isEmpty(const Node* node) {
    return node->values->len == 0 && !node->any && g_hash_table_size(node->children) == 0;
}

static void removeValue(Node* node, const char* const* levels, guint count, gpointer value) {
    if (count == 0) {
        g_ptr_array_remove(node->values, value); /* keeps the order of subscribing */
        return;
    }

    Node* child = getChild(node, levels[0]);
    if (!child)
        return;
    removeValue(child, levels + 1, count - 1, value);
    if (!isEmpty(child))
        return;
    if (levels[0]) {
        g_hash_table_remove(node->children, levels[0]);
    } else {
        freeNode(child);
        node->any = NULL;
    }
}

void removeFromTopicIndex(TopicIndex* index, const char* const* levels, guint count,
                          gpointer value) {
    removeValue(index->root, levels, count, value);
}

static void findValues(const Node* node, const char* const* levels, guint count, GPtrArray* found) {
    for (guint i = 0; i < node->values->len; i++)
        g_ptr_array_add(found, node->values->pdata[i]);
    if (count == 0)
        return;

    Node* child = levels[0] ? g_hash_table_lookup(node->children, levels[0]) : NULL;
    if (child)
        findValues(child, levels + 1, count - 1, found);
    if (node->any)
        findValues(node->any, levels + 1, count - 1, found);
}

void findInTopicIndex(const TopicIndex* index, const char* const* levels, guint count,
                      GPtrArray* found) {
    findValues(index->root, levels, count, found);
}
