/* SPDX-License-Identifier: MIT */
#include "ModelBudget.h"

#include "Clock.h"
#include "FakeDisk.h"
#include "Verdict.h"

enum { MINUTES = 60, BLOCKS = 20, PROGRESS_MINUTES = 10 };

/* What is spent, as the app knows it or as the disk has it. */
typedef struct {
    GArray* minutes; /* gint64: the number of each call's minute */
    guint reserved;
    gint64 at;         /* when it was saved; 0: never */
    gint64 latestWall; /* the latest that the clock ever showed */
} Spent;

static Spent memory, disk;
static gboolean isOnDisk;

/* The world, over all reboots. */
static GArray* truth = NULL; /* gint64: when each call was made that the disk knows of, in
                                microseconds */
static gint64 booted;        /* the same, of the present boot's beginning */
static gboolean isForward;

static void forget(Spent* spent) {
    g_clear_pointer(&spent->minutes, g_array_unref);
    *spent = (Spent){.minutes = g_array_new(FALSE, FALSE, sizeof(gint64))};
}

void startModelBudget(void) {
    forget(&memory);
    forget(&disk);
    isOnDisk = isForward = FALSE;
    booted = 0;
    g_clear_pointer(&truth, g_array_unref);
    truth = g_array_new(FALSE, FALSE, sizeof(gint64));
}

static gint64 minuteOf(gint64 us) {
    return us / G_TIME_SPAN_MINUTE - (us % G_TIME_SPAN_MINUTE < 0);
}

static void addMinute(gint64 minute) {
    g_array_append_val(memory.minutes, minute);
}

/* With `more` reserved, if the disk takes it. */
static void save(guint more) {
    memory.latestWall = MAX(memory.latestWall, clockWall());
    if (isDiskFull())
        return;
    memory.reserved += more;
    memory.at = clockNow();
    g_array_set_size(disk.minutes, 0);
    g_array_append_vals(disk.minutes, memory.minutes->data, memory.minutes->len);
    disk.reserved = memory.reserved;
    disk.at = memory.at;
    disk.latestWall = memory.latestWall;
    isOnDisk = TRUE;
}

/* A monotonic clock that shows less than before tells of a reboot; what then passed without power
 * is known only from a clock that shows more than ever. */
static gint64 timeSinceSaved(void) {
    gint64 now = clockNow();

    return now >= disk.at ? now - disk.at : MAX(now, clockWall() - disk.latestWall);
}

void modelBudgetStarts(void) {
    gint64 now = clockNow();

    forget(&memory);
    if (!isOnDisk)
        return;
    gint64 shift = minuteOf(now - timeSinceSaved()) - minuteOf(disk.at);
    for (guint i = 0; i < disk.minutes->len; i++)
        addMinute(g_array_index(disk.minutes, gint64, i) + shift);
    for (guint i = 0; i < disk.reserved; i++)
        addMinute(minuteOf(now));
    memory.at = now;
    memory.latestWall = disk.latestWall;
    if (disk.reserved)
        save(0);
}

void modelBudgetStops(void) {
    memory.reserved = 0;
    if (memory.at || memory.minutes->len)
        save(0);
}

static guint countRoom(void) {
    gint64 minute = minuteOf(clockNow());
    guint limit = model.settings.callsPerHour, recent = 0;

    for (guint i = 0; i < memory.minutes->len; i++)
        recent += g_array_index(memory.minutes, gint64, i) > minute - MINUTES;
    if (limit == 0)
        return G_MAXUINT;
    return limit > recent ? limit - recent : 0;
}

static void checkTruth(void) {
    gint64 now = booted + clockNow();
    guint limit = model.settings.callsPerHour, recent = 0;

    for (guint i = 0; i < truth->len; i++)
        recent += g_array_index(truth, gint64, i) > now - (MINUTES - 1) * G_TIME_SPAN_MINUTE;
    if (recent >= limit && !isForward)
        fail(FAULT_MISMATCH, "%u calls were made within an hour, and another one is", recent);
    g_array_append_val(truth, now);
}

gboolean modelTakeCall(void) {
    guint limit = model.settings.callsPerHour, room = countRoom();

    if (!room) {
        if (clockNow() - memory.at >= PROGRESS_MINUTES * G_TIME_SPAN_MINUTE)
            save(0);
        return FALSE;
    }
    if (limit && !memory.reserved)
        save(MIN(1 + limit / BLOCKS, room));
    addMinute(minuteOf(clockNow()));
    if (limit && memory.reserved)
        checkTruth();
    if (memory.reserved)
        memory.reserved--;
    return TRUE;
}

void modelReboots(void) {
    booted += clockNow();
}

void modelClockIsSetForward(void) {
    isForward = TRUE;
}
