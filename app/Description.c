/* SPDX-License-Identifier: MIT */
#include "Description.h"

#include "Clock.h"
#include "Counters.h"
#include "FrameSource.h"

enum { FIRST_BACK_OFF_MS = 500, LONGEST_BACK_OFF_MS = 8000, LONGEST_RETRY_AFTER_SEC = 30 };

Description* newDescription(SessionContext* session, Config* config, const char* apiKey,
                            DescribeClient* client, Budget* budget, gpointer owner) {
    Description* description = g_new0(Description, 1);

    description->session = refSession(session);
    description->generation = session->generation;
    description->lastTimestampUs = session->lastTimestampUs;
    description->lastBytes = session->lastBytes;
    description->config = refConfig(config);
    description->apiKey = g_strdup(apiKey);
    description->client = client;
    description->budget = budget;
    description->owner = owner;
    return description;
}

void freeDescription(Description* description) {
    if (!description)
        return;
    unrefSession(description->session);
    unrefConfig(description->config);
    g_free(description->apiKey);
    g_free(description->frame.takenAt);
    clearAnswer(&description->answer);
    g_clear_error(&description->error);
    g_free(description);
}

static gboolean failIfCancelled(Description* description) {
    if (!g_cancellable_is_cancelled(description->session->cancel))
        return FALSE;
    g_set_error(&description->error, DESCRIBE_ERROR, DESCRIBE_ERROR_CANCELLED, "cancelled");
    return TRUE;
}

/* A camera whose picture stands still must not cost a call for each tick. The size is compared too,
 * for cameras that give all snapshots one timestamp (whether there are some is not known). */
static gboolean failIfFrozen(Description* description) {
    const FrameInfo* frame = &description->frame;

    if (!frame->timestampUs || frame->timestampUs != description->lastTimestampUs ||
        frame->bytes != description->lastBytes)
        return FALSE;
    g_set_error(&description->error, DESCRIBE_ERROR, DESCRIBE_ERROR_FROZEN,
                "the camera still gives the picture that was described before");
    return TRUE;
}

/* GBytes* of the profile's frames, or NULL: also when the session was ended meanwhile, which must
 * not cost a call. The last one is what the record names. */
static GPtrArray* takeFrames(Description* description) {
    const FrameSpec* spec = &description->session->profile->frame;
    FrameInfo* info = &description->frame;
    GPtrArray* frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);

    for (guint i = 0; i < spec->count; i++) {
        GBytes* frame = takeFrame(spec, &info->timestampUs, &description->error);
        if (frame)
            g_ptr_array_add(frames, frame);
        if (!frame || failIfCancelled(description)) {
            g_ptr_array_unref(frames);
            return NULL;
        }
    }
    GBytes* last = g_ptr_array_index(frames, frames->len - 1);
    info->width = spec->width;
    info->height = spec->height;
    info->bytes = g_bytes_get_size(last);
    if (failIfFrozen(description)) {
        g_ptr_array_unref(frames);
        return NULL;
    }
    info->takenAt = clockText();
    return frames;
}

/* One call. FALSE: description->error says why, *retryAfterSec how long the describer wants rest.
 */
static gboolean callOnce(Description* description, const RequestBody* request,
                         guint* retryAfterSec) {
    GCancellable* cancel = description->session->cancel;
    gint64 started = clockNow();

    *retryAfterSec = 0;
    if (!takeCall(description->budget)) {
        g_set_error(&description->error, DESCRIBE_ERROR, DESCRIBE_ERROR_BUDGET,
                    "the budget of this hour or day is spent");
        return FALSE;
    }
    count(COUNT_CALLS);
    GString* reply =
        callDescriber(description->client, &description->config->describer, description->apiKey,
                      request, cancel, retryAfterSec, &description->error);
    description->latencyUs = clockNow() - started;
    gboolean answered = reply && parseChatReply(reply, description->session->profile,
                                                &description->answer, &description->error);
    if (reply)
        g_string_free(reply, TRUE);
    if (!answered)
        count(g_cancellable_is_cancelled(cancel) ? COUNT_ABORTED_CALLS : COUNT_FAILED_CALLS);
    return answered;
}

static gboolean isWorthAnotherTry(const GError* error) {
    return g_error_matches(error, DESCRIBE_ERROR, DESCRIBE_ERROR_NETWORK) ||
           g_error_matches(error, DESCRIBE_ERROR, DESCRIBE_ERROR_BUSY);
}

/* Doubles each time, with jitter so that cameras do not come back all at once. */
static guint backOffMs(guint failures, guint retryAfterSec) {
    guint base = FIRST_BACK_OFF_MS << MIN(failures, 4);
    guint jittered =
        MIN(base, LONGEST_BACK_OFF_MS) + (guint)g_random_int_range(0, (gint32)base / 2);

    return MAX(jittered, MIN(retryAfterSec, LONGEST_RETRY_AFTER_SEC) * 1000);
}

static void callWithRetries(Description* description, const RequestBody* request) {
    const DescriberConfig* describer = &description->config->describer;
    SessionContext* session = description->session;

    for (guint failures = 0;; failures++) {
        guint retryAfterSec;
        if (callOnce(description, request, &retryAfterSec))
            return;
        if (failures >= describer->retries || !isWorthAnotherTry(description->error))
            return;
        guint wait = backOffMs(failures, retryAfterSec);
        g_info("session %s profile %s: try %u failed (%s), next in %u ms", session->id,
               session->profile->id, failures + 1, description->error->message, wait);
        if (waitUnlessCancelled(session->cancel, wait))
            return;
        g_clear_error(&description->error);
    }
}

void runDescription(gpointer data) {
    Description* description = data;
    const DescriberConfig* describer = &description->config->describer;

    if (failIfCancelled(description))
        return;
    if (!describer->url[0]) {
        g_set_error(&description->error, DESCRIBE_ERROR, DESCRIBE_ERROR_SETTINGS,
                    "no describer is set; give its address in settings.cgi");
        return;
    }
    g_autoptr(GPtrArray) frames = takeFrames(description);
    if (!frames)
        return;
    g_autoptr(RequestBody) request =
        formatChatRequest(description->session->profile, describer->model, frames);
    callWithRetries(description, request);
}
