/* SPDX-License-Identifier: MIT */
#include "OutputQueue.h"

#include "Clock.h"
#include "Counters.h"

enum { MOST_QUEUED = 500, MOST_PUT_OFF = 250, RETRY_MS = 1000, MOST_VALUES = 4 };

/* One event to send. */
typedef struct {
    EventDeclaration* declaration;
    EventValue values[MOST_VALUES];
    char* texts[MOST_VALUES]; /* what the values point to */
    guint count;
    gint64 realTimeUs;
    gboolean isState;
} Item;

struct OutputQueue {
    void (*sent)(gpointer data);
    gpointer data;
    GQueue items; /* Item*, the oldest first */
    guint retryTimer;
    guint flushSource; /* pending while there is something new to send */
    gboolean isDown;   /* said once */
    guint dropped;     /* since the event service went away */
};

static void freeItem(gpointer data) {
    Item* item = data;

    for (guint i = 0; i < item->count; i++)
        g_free(item->texts[i]);
    g_free(item);
}

OutputQueue* newOutputQueue(void (*sent)(gpointer data), gpointer data) {
    OutputQueue* queue = g_new0(OutputQueue, 1);

    queue->sent = sent;
    queue->data = data;
    g_queue_init(&queue->items);
    return queue;
}

void freeOutputQueue(OutputQueue* queue) {
    if (!queue)
        return;
    stopTimer(&queue->retryTimer);
    g_clear_handle_id(&queue->flushSource, g_source_remove);
    g_queue_clear_full(&queue->items, freeItem);
    g_free(queue);
}

guint countQueued(const OutputQueue* queue) {
    return g_queue_get_length((GQueue*)&queue->items);
}

gboolean isQueued(const OutputQueue* queue, const EventDeclaration* declaration) {
    for (const GList* link = queue->items.head; link; link = link->next) {
        if (((const Item*)link->data)->declaration == declaration)
            return TRUE;
    }
    return FALSE;
}

static void dropLink(OutputQueue* queue, GList* link) {
    freeItem(link->data);
    g_queue_delete_link(&queue->items, link);
}

void forgetQueued(OutputQueue* queue, const EventDeclaration* declaration) {
    for (GList *link = queue->items.head, *next; link; link = next) {
        next = link->next;
        if (((const Item*)link->data)->declaration == declaration)
            dropLink(queue, link);
    }
}

/* The event service is there, or not (error). Each is said once. */
static void noteService(OutputQueue* queue, const GError* error) {
    if (error && !queue->isDown)
        g_info("events: %u wait for the event service (%s)", countQueued(queue), error->message);
    if (!error && queue->dropped)
        g_message("events: the event service is back; %u were dropped meanwhile", queue->dropped);
    if (!error)
        queue->dropped = 0;
    queue->isDown = error != NULL;
}

void flushOutputQueue(gpointer data) {
    OutputQueue* queue = data;
    g_autoptr(GError) error = NULL;
    guint before = countQueued(queue);
    Item* item;

    stopTimer(&queue->retryTimer);
    g_clear_handle_id(&queue->flushSource, g_source_remove);
    while ((item = g_queue_peek_head(&queue->items))) {
        if (!sendEvent(item->declaration, item->values, item->count, item->realTimeUs, &error))
            break;
        noteService(queue, NULL);
        freeItem(g_queue_pop_head(&queue->items));
    }
    if (item) {
        noteService(queue, error);
        queue->retryTimer = startTimer(RETRY_MS, flushOutputQueue, queue);
    }
    if (countQueued(queue) < before)
        queue->sent(queue->data);
}

static gboolean onFlush(gpointer data) {
    OutputQueue* queue = data;

    queue->flushSource = 0;
    flushOutputQueue(queue);
    return G_SOURCE_REMOVE;
}

/* Sends what is new once the loop has nothing to start or to end: that comes first. */
static void flushSoon(OutputQueue* queue) {
    if (queue->retryTimer)
        return;
    if (countQueued(queue) >= MOST_PUT_OFF)
        flushOutputQueue(queue);
    else if (!queue->flushSource)
        queue->flushSource = g_idle_add_full(G_PRIORITY_HIGH_IDLE, onFlush, queue, NULL);
}

static GList* findOldestDescription(const OutputQueue* queue) {
    for (GList* link = queue->items.head; link; link = link->next) {
        if (!((const Item*)link->data)->isState)
            return link;
    }
    return NULL;
}

/* The oldest state that a later one replaces; NULL when each event has one alone. */
static GList* findOldestReplaced(const OutputQueue* queue) {
    g_autoptr(GHashTable) later = g_hash_table_new(g_direct_hash, g_direct_equal);
    GList* oldest = NULL;

    for (GList* link = queue->items.tail; link; link = link->prev) {
        if (!g_hash_table_add(later, ((const Item*)link->data)->declaration))
            oldest = link;
    }
    return oldest;
}

static void makeRoom(OutputQueue* queue) {
    GList* link = findOldestDescription(queue);

    if (!link)
        link = findOldestReplaced(queue);
    if (!link)
        return;
    dropLink(queue, link);
    count(COUNT_DROPPED_EVENTS);
    if (!queue->dropped++)
        g_warning("events: %u wait for the event service; from now on the oldest are dropped",
                  countQueued(queue));
}

static void enqueue(OutputQueue* queue, EventDeclaration* declaration, const EventValue* values,
                    guint count, gboolean isState) {
    Item* item = g_new0(Item, 1);

    item->declaration = declaration;
    item->count = MIN(count, MOST_VALUES);
    item->realTimeUs = clockWall();
    item->isState = isState;
    for (guint i = 0; i < item->count; i++) {
        item->values[i] = values[i];
        item->texts[i] = g_strdup(values[i].string);
        item->values[i].string = item->texts[i];
    }
    g_queue_push_tail(&queue->items, item);
    if (countQueued(queue) > MOST_QUEUED)
        makeRoom(queue);
    flushSoon(queue);
}

void queueState(OutputQueue* queue, EventDeclaration* declaration, gboolean active) {
    const EventValue value = {"active", EVENT_BOOL, FALSE, NULL, active};

    enqueue(queue, declaration, &value, 1, TRUE);
}

void queueDescription(OutputQueue* queue, EventDeclaration* declaration, const EventValue* values,
                      guint count) {
    enqueue(queue, declaration, values, count, FALSE);
}
