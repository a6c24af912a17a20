/* SPDX-License-Identifier: MIT */
#include "ElementItem.h"

#define MAX_DEPTH 32 /* of elements that come from the bus */

/* An item owns its element. One that a getter returned also keeps its siblings, so that
 * get_next_child() knows what comes next. */
typedef struct Element Element;
struct Element {
    char* name;
    char* nameSpace; /* may be NULL */
    GHashTable* attributes;
    char* body; /* may be NULL */
    GPtrArray* children;
};

struct _AXEventElementItem {
    Element* element;    /* owned */
    GPtrArray* siblings; /* Element*, the parent's children at the time of the getter, or NULL */
    guint position;      /* of element's original among siblings */
};

static void freeElement(Element* element) {
    g_free(element->name);
    g_free(element->nameSpace);
    g_free(element->body);
    g_hash_table_unref(element->attributes);
    g_ptr_array_unref(element->children);
    g_free(element);
}

static Element* newElement(const char* name, const char* nameSpace) {
    Element* element = g_new0(Element, 1);

    element->name = g_strdup(name);
    element->nameSpace = nameSpace && *nameSpace ? g_strdup(nameSpace) : NULL;
    element->attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    element->children = g_ptr_array_new_with_free_func((GDestroyNotify)freeElement);
    return element;
}

static void copyAttributes(GHashTable* source, GHashTable* target) {
    GHashTableIter iterator;
    gpointer name, value;

    g_hash_table_iter_init(&iterator, source);
    while (g_hash_table_iter_next(&iterator, &name, &value))
        g_hash_table_insert(target, g_strdup(name), g_strdup(value));
}

static Element* copyElement(const Element* source) {
    Element* element = newElement(source->name, source->nameSpace);

    element->body = g_strdup(source->body);
    copyAttributes(source->attributes, element->attributes);
    for (guint i = 0; i < source->children->len; i++)
        g_ptr_array_add(element->children, copyElement(source->children->pdata[i]));
    return element;
}

static GPtrArray* copyElements(GPtrArray* source) {
    GPtrArray* copy = g_ptr_array_new_with_free_func((GDestroyNotify)freeElement);

    for (guint i = 0; i < source->len; i++)
        g_ptr_array_add(copy, copyElement(source->pdata[i]));
    return copy;
}

static AXEventElementItem* wrapElement(Element* element, GPtrArray* siblings, guint position) {
    AXEventElementItem* item = g_new0(AXEventElementItem, 1);

    item->element = element;
    item->siblings = siblings;
    item->position = position;
    return item;
}

static gboolean checkArguments(gconstpointer node, gconstpointer target, GError** error) {
    if (node && target)
        return TRUE;
    g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_INVALID_ARGUMENT,
                "element item: an argument is NULL");
    return FALSE;
}

AXEventElementItem* ax_event_element_item_new(const gchar* name, const gchar* name_space) {
    if (!name || !g_utf8_validate(name, -1, NULL) ||
        (name_space && !g_utf8_validate(name_space, -1, NULL)))
        return NULL;
    return wrapElement(newElement(name, name_space), NULL, 0);
}

void ax_event_element_item_free(AXEventElementItem* node) {
    if (!node)
        return;
    freeElement(node->element);
    if (node->siblings)
        g_ptr_array_unref(node->siblings);
    g_free(node);
}

gboolean ax_event_element_item_get_name(AXEventElementItem* node, gchar** name, GError** error) {
    if (!checkArguments(node, name, error))
        return FALSE;
    *name = g_strdup(node->element->name);
    return TRUE;
}

gboolean ax_event_element_item_get_name_space(AXEventElementItem* node, gchar** name_space,
                                              GError** error) {
    if (!checkArguments(node, name_space, error))
        return FALSE;
    *name_space = g_strdup(node->element->nameSpace);
    return TRUE;
}

static gboolean checkAttributes(GHashTable* attributes, GError** error) {
    GHashTableIter iterator;
    gpointer name, value;

    g_hash_table_iter_init(&iterator, attributes);
    while (g_hash_table_iter_next(&iterator, &name, &value)) {
        if (name && value && g_utf8_validate(name, -1, NULL) && g_utf8_validate(value, -1, NULL))
            continue;
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_INVALID_ARGUMENT,
                    "element item: an attribute is NULL or not UTF-8");
        return FALSE;
    }
    return TRUE;
}

gboolean ax_event_element_item_set_attributes(AXEventElementItem* node, GHashTable* attributes,
                                              GError** error) {
    if (!checkArguments(node, node, error) || (attributes && !checkAttributes(attributes, error)))
        return FALSE;

    GHashTable* copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (attributes)
        copyAttributes(attributes, copy);
    g_hash_table_unref(node->element->attributes);
    node->element->attributes = copy;
    return TRUE;
}

gboolean ax_event_element_item_get_attributes(AXEventElementItem* node, GHashTable** attributes,
                                              GError** error) {
    if (!checkArguments(node, attributes, error))
        return FALSE;
    *attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    copyAttributes(node->element->attributes, *attributes);
    return TRUE;
}

gboolean ax_event_element_item_set_body(AXEventElementItem* node, const gchar* body,
                                        GError** error) {
    if (!checkArguments(node, node, error))
        return FALSE;
    if (body && !g_utf8_validate(body, -1, NULL)) {
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_INVALID_ARGUMENT,
                    "element item %s: the body is not UTF-8", node->element->name);
        return FALSE;
    }
    g_free(node->element->body);
    node->element->body = g_strdup(body);
    return TRUE;
}

gboolean ax_event_element_item_get_body(AXEventElementItem* node, gchar** body, GError** error) {
    if (!checkArguments(node, body, error))
        return FALSE;
    *body = g_strdup(node->element->body);
    return TRUE;
}

gboolean ax_event_element_item_add_child(AXEventElementItem* node, AXEventElementItem* child,
                                         GError** error) {
    if (!checkArguments(node, child, error))
        return FALSE;
    g_ptr_array_add(node->element->children, copyElement(child->element));
    return TRUE;
}

gboolean ax_event_element_item_get_first_child(AXEventElementItem* parent,
                                               AXEventElementItem** child, GError** error) {
    if (!checkArguments(parent, child, error))
        return FALSE;

    *child = NULL;
    if (parent->element->children->len > 0) {
        GPtrArray* siblings = copyElements(parent->element->children);
        *child = wrapElement(copyElement(siblings->pdata[0]), siblings, 0);
    }
    return TRUE;
}

gboolean ax_event_element_item_get_next_child(AXEventElementItem* child,
                                              AXEventElementItem** sibling, GError** error) {
    if (!checkArguments(child, sibling, error))
        return FALSE;

    guint next = child->position + 1;
    *sibling = NULL;
    if (child->siblings && next < child->siblings->len)
        *sibling = wrapElement(copyElement(child->siblings->pdata[next]),
                               g_ptr_array_ref(child->siblings), next);
    return TRUE;
}

AXEventElementItem* copyElementItem(const AXEventElementItem* item) {
    return wrapElement(copyElement(item->element), NULL, 0);
}

static gboolean equalAttributes(GHashTable* a, GHashTable* b) {
    GHashTableIter iterator;
    gpointer name, value;

    if (g_hash_table_size(a) != g_hash_table_size(b))
        return FALSE;
    g_hash_table_iter_init(&iterator, a);
    while (g_hash_table_iter_next(&iterator, &name, &value))
        if (g_strcmp0(value, g_hash_table_lookup(b, name)) != 0)
            return FALSE;
    return TRUE;
}

static gboolean equalElements(const Element* a, const Element* b) {
    if (g_strcmp0(a->name, b->name) != 0 || g_strcmp0(a->nameSpace, b->nameSpace) != 0 ||
        g_strcmp0(a->body, b->body) != 0 || a->children->len != b->children->len ||
        !equalAttributes(a->attributes, b->attributes))
        return FALSE;
    for (guint i = 0; i < a->children->len; i++)
        if (!equalElements(a->children->pdata[i], b->children->pdata[i]))
            return FALSE;
    return TRUE;
}

gboolean equalElementItems(const AXEventElementItem* a, const AXEventElementItem* b) {
    return equalElements(a->element, b->element);
}

static GVariant* encodeElement(const Element* element) {
    GVariantBuilder attributes, children;
    GHashTableIter iterator;
    gpointer name, value;

    g_variant_builder_init(&attributes, G_VARIANT_TYPE("a{ss}"));
    g_hash_table_iter_init(&iterator, element->attributes);
    while (g_hash_table_iter_next(&iterator, &name, &value))
        g_variant_builder_add(&attributes, "{ss}", name, value);

    g_variant_builder_init(&children, G_VARIANT_TYPE("av"));
    for (guint i = 0; i < element->children->len; i++)
        g_variant_builder_add(&children, "v", encodeElement(element->children->pdata[i]));

    return g_variant_new(ELEMENT_ITEM_TYPE, element->name,
                         element->nameSpace ? element->nameSpace : "", &attributes,
                         element->body != NULL, element->body ? element->body : "", &children);
}

GVariant* encodeElementItem(const AXEventElementItem* item) {
    return encodeElement(item->element);
}

static Element* decodeElement(GVariant* value, guint depth) {
    if (depth > MAX_DEPTH || !g_variant_is_of_type(value, G_VARIANT_TYPE(ELEMENT_ITEM_TYPE)))
        return NULL;

    const char *name, *nameSpace, *body;
    gboolean hasBody;
    g_autoptr(GVariantIter) attributes = NULL;
    g_autoptr(GVariantIter) children = NULL;
    g_variant_get(value, "(&s&sa{ss}b&sav)", &name, &nameSpace, &attributes, &hasBody, &body,
                  &children);

    Element* element = newElement(name, nameSpace);
    element->body = hasBody ? g_strdup(body) : NULL;
    char *attribute, *text;
    while (g_variant_iter_next(attributes, "{ss}", &attribute, &text))
        g_hash_table_insert(element->attributes, attribute, text);
    GVariant* inner;
    while (g_variant_iter_next(children, "v", &inner)) {
        Element* child = decodeElement(inner, depth + 1);
        g_variant_unref(inner);
        if (child)
            g_ptr_array_add(element->children, child);
    }
    return element;
}

AXEventElementItem* decodeElementItem(GVariant* value) {
    Element* element = decodeElement(value, 0);
    return element ? wrapElement(element, NULL, 0) : NULL;
}
