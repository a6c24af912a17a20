/* SPDX-License-Identifier: MIT */
/* FakeOutput - the events that the app declares and sends, and what an observer sees of them. Part
 * of the EventSubscribe port. */
#include <gio/gio.h>
#include <string.h>

#include "EventSubscribe.h"
#include "FakeCamera.h"
#include "Verdict.h"

struct EventDeclaration {
    int slot; /* of a Session event; -1 for any other */
};

static gboolean isUp = TRUE;
static guint declarations = 0;
static int observed[SLOTS];
static guint declaredSessions[SLOTS];

void setEventService(gboolean up) {
    isUp = up;
}

guint countDeclarations(void) {
    return declarations;
}

int observedSession(int slot) {
    return observed[slot];
}

static const EventValue* findValue(const EventValue* values, guint count, const char* key) {
    for (guint i = 0; i < count; i++) {
        if (strcmp(values[i].key, key) == 0)
            return &values[i];
    }
    return NULL;
}

EventDeclaration* declareEvent(EventSource* source, const char* app, const char* name,
                               const EventValue* values, guint count, gboolean isStateful,
                               EventReadyCallback ready, gpointer data, GError** error) {
    const EventValue* profile = findValue(values, count, "profile");
    EventDeclaration* declaration = g_new0(EventDeclaration, 1);

    (void)source;
    (void)app;
    (void)ready;
    (void)data;
    (void)error;
    declarations++;
    declaration->slot = -1;
    if (isStateful && strcmp(name, "Session") == 0 && profile) {
        declaration->slot = profile->string[1] - '0';
        if (++declaredSessions[declaration->slot] > 1)
            fail(FAULT_MISMATCH, "p%d: its event is declared twice", declaration->slot);
        observed[declaration->slot] = findValue(values, count, "active")->number;
    }
    return declaration;
}

void freeEventDeclaration(EventDeclaration* declaration) {
    if (!declaration)
        return;
    declarations--;
    if (declaration->slot >= 0)
        declaredSessions[declaration->slot]--;
    g_free(declaration);
}

gboolean sendEvent(EventDeclaration* declaration, const EventValue* values, guint count,
                   gint64 realTimeUs, GError** error) {
    const EventValue* active = findValue(values, count, "active");

    (void)realTimeUs;
    if (!isUp) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the fake event service is down");
        return FALSE;
    }
    if (declaration->slot >= 0 && active)
        observed[declaration->slot] = active->number;
    return TRUE;
}
