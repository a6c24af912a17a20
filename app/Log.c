/* SPDX-License-Identifier: MIT */
#include "Log.h"

#include <string.h>
#include <syslog.h>

#include "Clock.h"

enum { MOST_WAITING = 1000, LONGEST_WAIT_US = 100 * 1000 };

typedef struct {
    int priority;
    char text[];
} Line;

static gint lowestLevel = G_LOG_LEVEL_INFO; /* atomic; GLib's flags grow towards debug */

/* Lines that wait; only the thread that queues them looks. */
static GThread* queuing = NULL; /* atomic; NULL: none does */
static GQueue waiting = G_QUEUE_INIT;
static guint writer = 0; /* the source that writes them */
static gint64 waitingSince = 0;

static int syslogPriority(GLogLevelFlags level) {
    switch (level & G_LOG_LEVEL_MASK) {
    case G_LOG_LEVEL_ERROR:
    case G_LOG_LEVEL_CRITICAL:
        return LOG_ERR;
    case G_LOG_LEVEL_WARNING:
        return LOG_WARNING;
    case G_LOG_LEVEL_MESSAGE:
        return LOG_NOTICE;
    case G_LOG_LEVEL_DEBUG:
        return LOG_DEBUG;
    default:
        return LOG_INFO;
    }
}

static void writeWaiting(void) {
    Line* line;

    g_clear_handle_id(&writer, g_source_remove);
    while ((line = g_queue_pop_head(&waiting))) {
        syslog(line->priority, "%s", line->text);
        g_free(line);
    }
}

static gboolean onIdle(gpointer unused) {
    (void)unused;
    writer = 0;
    writeWaiting();
    return G_SOURCE_REMOVE;
}

static void queueLine(int priority, const char* text) {
    gsize size = strlen(text) + 1;
    Line* line = g_malloc(sizeof *line + size);

    line->priority = priority;
    memcpy(line->text, text, size);
    if (g_queue_is_empty(&waiting))
        waitingSince = clockNow();
    g_queue_push_tail(&waiting, line);
    if (g_queue_get_length(&waiting) >= MOST_WAITING ||
        clockNow() - waitingSince >= LONGEST_WAIT_US)
        writeWaiting();
    else if (!writer)
        writer = g_idle_add_full(G_PRIORITY_HIGH_IDLE, onIdle, NULL, NULL);
}

static void writeLog(const char* domain, GLogLevelFlags level, const char* message,
                     gpointer unused) {
    g_autofree char* prefixed = domain ? g_strconcat(domain, ": ", message, NULL) : NULL;
    const char* text = prefixed ? prefixed : message;
    int priority = syslogPriority(level);

    (void)unused;
    if ((gint)(level & G_LOG_LEVEL_MASK) > g_atomic_int_get(&lowestLevel))
        return;
    gboolean isMine = g_atomic_pointer_get(&queuing) == g_thread_self();
    if (isMine && priority >= LOG_INFO) {
        queueLine(priority, text);
        return;
    }
    if (isMine)
        writeWaiting();
    syslog(priority, "%s", text);
}

void queueLog(gboolean queue) {
    writeWaiting();
    g_atomic_pointer_set(&queuing, queue ? g_thread_self() : NULL);
}

void initLog(const char* appName) {
    openlog(appName, LOG_PID, LOG_USER);
    g_log_set_default_handler(writeLog, NULL);
}

void setLogLevel(GLogLevelFlags level) {
    g_atomic_int_set(&lowestLevel, (gint)level);
}

gboolean setLogLevelByName(const char* name) {
    static const struct {
        const char* name;
        GLogLevelFlags level;
    } levels[] = {
        {"info", G_LOG_LEVEL_INFO}, {"debug", G_LOG_LEVEL_DEBUG}, {"warning", G_LOG_LEVEL_WARNING}};

    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        if (strcmp(levels[i].name, name) == 0) {
            setLogLevel(levels[i].level);
            return TRUE;
        }
    }
    return FALSE;
}

char* logText(const char* text, gsize most) {
    GString* line = g_string_new(NULL);

    for (const char* c = text; *c && line->len < most; c++)
        g_string_append_c(line, g_ascii_isprint(*c) ? *c : (*c == '\n' ? ' ' : '?'));
    return g_string_free(line, FALSE);
}
