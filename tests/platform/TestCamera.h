/* SPDX-License-Identifier: MIT
 * TestCamera - the virtual camera as the tests drive it, and waiting for named things. */
#ifndef TEST_CAMERA_H
#define TEST_CAMERA_H

#include <axsdk/axevent.h>
#include <gio/gio.h>

/* Calls virtualcamera.Test1; arguments may be floating or NULL. Fails the test on an error. */
GVariant* askCamera(const char* method, GVariant* arguments);
void tellCamera(const char* method, GVariant* arguments);

/* Declares a boolean event of the camera itself; returns its number. */
guint declareByCamera(const char* topic, const char* key, gboolean value, gboolean stateful);
void sendByCamera(guint declaration, const char* key, gboolean value);

/* How many declarations of this topic the camera has now. */
guint countDeclared(const char* topic);

/* Waits until the camera has no declaration of this topic. */
void waitUntilUndeclared(const char* topic);

typedef gboolean (*Condition)(gconstpointer data);

/* Iterates the default main context until the condition holds; fails the test after 10 seconds. */
void waitUntil(Condition condition, gconstpointer data, const char* what);

/* Waits until *counter >= wanted. */
void waitForCount(const guint* counter, guint wanted, const char* what);

/* Iterates the default main context until nothing is ready. */
void settle(void);

/* The events that arrived at one subscription, in order. */
typedef struct {
    AXEventHandler* handler;
    guint subscription;
    guint count;
    GString* states; /* "1", "0" or "?" for each event's boolean key */
    GString* topics; /* last topic level of each event, separated by spaces */
    const char* key;
    GThread* thread; /* in which the last callback ran */
} Recorder;

/* Subscribes to tnsaxis:topic0/... of these levels, up to a NULL; an empty level matches anything.
 */
Recorder* newRecorder(AXEventHandler* handler, const char* key, ...) G_GNUC_NULL_TERMINATED;

/* Subscribes with this set, which the caller keeps. */
Recorder* newRecorderFor(AXEventHandler* handler, const char* key, AXEventKeyValueSet* set);

/* Unsubscribes and frees. */
void freeRecorder(Recorder* recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recorder, freeRecorder)

/* As freeRecorder, but the handler is gone. */
void dropRecorder(Recorder* recorder);

/* A set with the topic tnsaxis:... of these levels, up to a NULL. */
AXEventKeyValueSet* newTopicSet(const char* first, ...) G_GNUC_NULL_TERMINATED;

#endif
