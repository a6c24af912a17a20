/* SPDX-License-Identifier: MIT */
#include "Declarations.h"

#include "Callbacks.h"
#include "EventLink.h"
#include "EventWire.h"
#include "KeyValueSet.h"

typedef struct {
    guint id;
    gconstpointer owner;
    AXEventKeyValueSet* set; /* stateful: with the values sent last */
    gboolean stateless;
    char* propertyKey; /* may be NULL */
    AXDeclarationCompleteCallback callback;
    gpointer userData;
    guint32 awaited; /* serial of the declaring call */
    gboolean complete;
    gboolean lost; /* the service does not know it: it is down, or was just started */
} Declaration;

static GHashTable* declarations; /* id to Declaration*, owned */
static GHashTable* awaited;      /* serial to GUINT_TO_POINTER(id) */

static void freeDeclaration(Declaration* declaration) {
    g_hash_table_remove(awaited, GUINT_TO_POINTER(declaration->awaited));
    ax_event_key_value_set_free(declaration->set);
    g_free(declaration->propertyKey);
    g_free(declaration);
}

static Declaration* findDeclaration(guint id) {
    return declarations ? g_hash_table_lookup(declarations, GUINT_TO_POINTER(id)) : NULL;
}

static void declare(Declaration* declaration) {
    declaration->awaited = callEventService(
        "Declare",
        g_variant_new("(ubs@" DECLARED_KEYS_TYPE ")", declaration->id, declaration->stateless,
                      declaration->propertyKey ? declaration->propertyKey : "",
                      encodeDeclaredKeys(declaration->set)));
    g_hash_table_insert(awaited, GUINT_TO_POINTER(declaration->awaited),
                        GUINT_TO_POINTER(declaration->id));
}

void addDeclaration(guint id, gconstpointer owner, const AXEventKeyValueSet* set,
                    gboolean stateless, const char* propertyKey,
                    AXDeclarationCompleteCallback callback, gpointer userData) {
    if (!declarations) {
        declarations = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)freeDeclaration);
        awaited = g_hash_table_new(NULL, NULL);
    }

    Declaration* declaration = g_new0(Declaration, 1);
    declaration->id = id;
    declaration->owner = owner;
    declaration->set = copyKeyValueSet(set);
    declaration->stateless = stateless;
    declaration->propertyKey = g_strdup(propertyKey);
    declaration->callback = callback;
    declaration->userData = userData;
    declaration->lost = !isEventServiceUp();
    g_hash_table_insert(declarations, GUINT_TO_POINTER(id), declaration);
    declare(declaration);
}

gboolean removeDeclaration(guint id, gconstpointer owner, GError** error) {
    Declaration* declaration = findDeclaration(id);

    if (!declaration || declaration->owner != owner) {
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_UNDECLARE, "there is no declaration %u",
                    id);
        return FALSE;
    }
    tellEventService("Undeclare", g_variant_new("(u)", id));
    g_hash_table_remove(declarations, GUINT_TO_POINTER(id));
    return TRUE;
}

void removeAllDeclarations(gconstpointer owner) {
    GHashTableIter iterator;
    gpointer value;

    if (!declarations)
        return;
    g_hash_table_iter_init(&iterator, declarations);
    while (g_hash_table_iter_next(&iterator, NULL, &value)) {
        Declaration* declaration = value;
        if (declaration->owner != owner)
            continue;
        tellEventService("Undeclare", g_variant_new("(u)", declaration->id));
        g_hash_table_iter_remove(&iterator);
    }
}

/* Puts the values of changes into set, which belongs to a declaration. */
static gboolean applyChanges(AXEventKeyValueSet* set, const AXEventKeyValueSet* changes,
                             GError** error) {
    for (guint i = 0; i < countKeyValues(changes); i++) {
        const KeyValue* change = getKeyValue(changes, i);
        KeyValue* target = findAnyKeyValue(set, change->name.key, change->name.nameSpace);
        if (!target) {
            g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND, "key %s was not declared",
                        change->name.key);
            return FALSE;
        }
        if (target->type != change->type) {
            g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_INCOMPATIBLE_VALUE,
                        "key %s was declared with another type", change->name.key);
            return FALSE;
        }
        if (change->isSet)
            copyValue(target, change);
    }
    return TRUE;
}

static gboolean checkComplete(const AXEventKeyValueSet* set, GError** error) {
    for (guint i = 0; i < countKeyValues(set); i++) {
        if (getKeyValue(set, i)->isSet)
            continue;
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND, "key %s has no value",
                    getKeyValue(set, i)->name.key);
        return FALSE;
    }
    return TRUE;
}

gboolean sendDeclared(guint id, gconstpointer owner, const AXEventKeyValueSet* set,
                      GDateTime* timeStamp, GError** error) {
    Declaration* declaration = findDeclaration(id);
    if (!declaration || declaration->owner != owner) {
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND, "there is no declaration %u", id);
        return FALSE;
    }

    if (declaration->lost || !isEventServiceUp()) {
        g_set_error(error, AX_EVENT_ERROR, AX_EVENT_ERROR_SEND, "the event service is down");
        return FALSE;
    }

    g_autoptr(AXEventKeyValueSet) values = copyKeyValueSet(declaration->set);
    if (!applyChanges(values, set, error) || !checkComplete(values, error))
        return FALSE;

    gint64 time =
        g_date_time_to_unix(timeStamp) * G_USEC_PER_SEC + g_date_time_get_microsecond(timeStamp);
    tellEventService("Send",
                     g_variant_new("(ux@" EVENT_KEYS_TYPE ")", id, time, encodeEventKeys(values)));
    if (!declaration->stateless) {
        ax_event_key_value_set_free(declaration->set);
        declaration->set = g_steal_pointer(&values);
    }
    return TRUE;
}

static void runCompletion(gpointer data) {
    guint id = GPOINTER_TO_UINT(data);

    g_mutex_lock(&eventLock);
    Declaration* declaration = findDeclaration(id);
    if (declaration && declaration->callback) {
        AXDeclarationCompleteCallback callback = declaration->callback;
        gpointer userData = declaration->userData;
        enterCallback(declaration->owner);
        callback(id, userData);
        leaveCallback();
    }
    g_mutex_unlock(&eventLock);
}

gboolean completeDeclaration(guint32 serial, GVariant* body, const char* refusal) {
    gpointer id = awaited ? g_hash_table_lookup(awaited, GUINT_TO_POINTER(serial)) : NULL;
    if (!id)
        return FALSE;

    g_hash_table_remove(awaited, GUINT_TO_POINTER(serial));
    Declaration* declaration = findDeclaration(GPOINTER_TO_UINT(id));
    declaration->lost = body == NULL;
    if (!body) {
        g_message("axevent: declaration %u waits: %s", declaration->id,
                  refusal ? refusal : "the event service does not answer");
    } else if (!declaration->complete) {
        declaration->complete = TRUE;
        pushCallback(runCompletion, id);
    }
    return TRUE;
}

void loseDeclarations(void) {
    GHashTableIter iterator;
    gpointer value;

    if (!declarations)
        return;
    g_hash_table_iter_init(&iterator, declarations);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        ((Declaration*)value)->lost = TRUE;
}

void renewDeclarations(void) {
    GHashTableIter iterator;
    gpointer value;

    if (!declarations)
        return;
    g_hash_table_remove_all(awaited);
    g_hash_table_iter_init(&iterator, declarations);
    while (g_hash_table_iter_next(&iterator, NULL, &value))
        declare(value);
}
