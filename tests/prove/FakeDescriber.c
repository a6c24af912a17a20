/* SPDX-License-Identifier: MIT */
#include "FakeDescriber.h"

#include <gio/gio.h>

#include "DescribeClient.h"
#include "FakeThreadPool.h"
#include "FrameSource.h"
#include "Verdict.h"

struct DescribeClient {
    int unused;
};

static int callMode = OUTCOME_GOOD, frameMode = FRAME_GOOD;

void setDescriberModes(int call, int frame) {
    callMode = call;
    frameMode = frame;
}

DescribeClient* newDescribeClient(void) {
    return g_new0(DescribeClient, 1);
}

void freeDescribeClient(DescribeClient* client) {
    g_free(client);
}

GBytes* takeFrame(const FrameSpec* spec, gint64* timestampUs, GError** error) {
    static gint64 taken = 0;
    ModelSession* session = runningJob()->session;

    (void)spec;
    modelFrameAsked(session);
    int outcome = blockOn(CALL_FRAME, NULL, FALSE, frameMode == FRAME_HANGS ? -1 : frameMode);
    modelFrameTaken(session, outcome == FRAME_GOOD);
    *timestampUs = ++taken;
    if (outcome == FRAME_GOOD)
        return g_bytes_new_static("\xff\xd8 picture \xff\xd9", 13);
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "snapshot: the fake camera is blind");
    return NULL;
}

static GError* newOutcomeError(int outcome) {
    switch (outcome) {
    case -1:
        return g_error_new(DESCRIBE_ERROR, DESCRIBE_ERROR_CANCELLED, "aborted");
    case OUTCOME_REFUSED:
        return g_error_new(DESCRIBE_ERROR, DESCRIBE_ERROR_REFUSED, "refused");
    case OUTCOME_NETWORK:
        return g_error_new(DESCRIBE_ERROR, DESCRIBE_ERROR_NETWORK, "not reached");
    default:
        return g_error_new(DESCRIBE_ERROR, DESCRIBE_ERROR_BUSY, "busy");
    }
}

GString* callDescriber(DescribeClient* client, const DescriberConfig* describer, const char* apiKey,
                       const RequestBody* request, GCancellable* cancel, guint* retryAfterSec,
                       GError** error) {
    ModelSession* session = runningJob()->session;
    gboolean hangs = callMode == CALL_MODE_HANGS || callMode == CALL_MODE_DEAF;

    (void)client;
    (void)describer;
    (void)apiKey;
    (void)request;
    if (g_cancellable_is_cancelled(cancel))
        fail(FAULT_EVENT_AFTER_END, "p%d: a call is made for a session that has ended",
             session->slot);
    guint number = modelAsked(session);
    int outcome = blockOn(CALL_ASKED, cancel, callMode != CALL_MODE_DEAF, hangs ? -1 : callMode);
    *retryAfterSec = outcome == OUTCOME_BUSY ? number % 50 : 0;
    modelAnswered(session, outcome, *retryAfterSec);
    if (outcome == OUTCOME_GARBAGE)
        return g_string_new("<html>");
    if (outcome == OUTCOME_GOOD) {
        GString* reply = g_string_new(NULL);
        g_string_printf(reply,
                        "{\"model\":\"fake\",\"choices\":[{\"message\":{\"content\":\"look "
                        "%u\"}}]}",
                        number);
        return reply;
    }
    g_propagate_error(error, newOutcomeError(outcome));
    return NULL;
}
