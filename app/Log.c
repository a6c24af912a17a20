/* SPDX-License-Identifier: MIT */
#include "Log.h"

#include <string.h>
#include <syslog.h>

static gint lowestLevel = G_LOG_LEVEL_INFO; /* atomic; GLib's flags grow towards debug */

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

static void writeLog(const char* domain, GLogLevelFlags level, const char* message,
                     gpointer unused) {
    (void)unused;
    if ((gint)(level & G_LOG_LEVEL_MASK) > g_atomic_int_get(&lowestLevel))
        return;
    if (domain)
        syslog(syslogPriority(level), "%s: %s", domain, message);
    else
        syslog(syslogPriority(level), "%s", message);
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
