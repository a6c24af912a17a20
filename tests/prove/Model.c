/* SPDX-License-Identifier: MIT */
#include "Model.h"

#include "Clock.h"
#include "ModelBudget.h"
#include "ModelCall.h"

/* A trigger that two level checks in a row do not find is gone. */
enum { CHECKS_UNTIL_GONE = 2 };

Model model;

static void freeSession(gpointer session) {
    g_free(session);
}

void startModel(void) {
    model = (Model){.live = g_ptr_array_new()};
    startModelBudget();
    for (int i = 0; i < SLOTS; i++) {
        model.slots[i].known = -1;
        model.slots[i].sessions = g_ptr_array_new_with_free_func(freeSession);
    }
}

void clearModel(void) {
    for (int i = 0; i < SLOTS; i++)
        g_ptr_array_unref(model.slots[i].sessions);
    g_ptr_array_unref(model.live);
}

void restartModel(void) {
    for (int i = 0; i < SLOTS; i++) {
        Slot* slot = &model.slots[i];
        slot->isInForce = FALSE;
        slot->graceUntil = slot->coolUntil = 0;
    }
}

guint countModelOpen(int slot) {
    guint open = 0;

    for (guint i = 0; i < model.live->len; i++) {
        const ModelSession* session = g_ptr_array_index(model.live, i);
        open += session->slot == slot && session->state == MODEL_OPEN;
    }
    return open;
}

void endModelSession(ModelSession* session, const char* reason) {
    Slot* slot = &model.slots[session->slot];

    session->endReason = reason;
    session->stoppedAt = clockNow();
    /* Cooldown counts from an executed run. */
    if (slot->isInForce && slot->subscription == session->subscription && slot->spec.cooldownSec)
        slot->coolUntil = clockNow() + slot->spec.cooldownSec * G_TIME_SPAN_SECOND;
    if (session->call == CALL_QUEUED)
        session->call = CALL_NONE; /* it will never need a worker */
    session->state = session->call == CALL_NONE ? MODEL_ENDED : MODEL_CLOSING;
}

static void endOpen(int slot, const char* reason, gboolean oneShotsToo) {
    for (guint i = 0; i < model.live->len; i++) {
        ModelSession* session = g_ptr_array_index(model.live, i);
        if (session->slot == slot && session->state == MODEL_OPEN &&
            (oneShotsToo || !session->isOneShot))
            endModelSession(session, reason);
    }
}

/* Ticks of one session never overlap. */
static void tick(ModelSession* session) {
    if (session->call != CALL_NONE) {
        session->skippedTicks++;
        return;
    }
    session->ticks++;
    session->call = CALL_QUEUED;
    session->result = RESULT_NONE;
    session->tries = 0;
    session->framesLeft = session->frames;
    session->retries = model.settings.retries;
    session->hasUrl = model.settings.hasUrl;
}

static void start(int slotNumber) {
    Slot* slot = &model.slots[slotNumber];
    const Spec* spec = &slot->spec;
    ModelSession* session = g_new0(ModelSession, 1);

    *session = (ModelSession){.slot = slotNumber,
                              .serial = slot->sessions->len,
                              .isOneShot = !spec->isMonitoring,
                              .trigger = spec->trigger,
                              .frames = spec->frames,
                              .subscription = slot->subscription,
                              .intervalMs = spec->isMonitoring ? spec->intervalMs : 0};
    session->capAt = spec->capSec ? clockNow() + spec->capSec * G_TIME_SPAN_SECOND : G_MAXINT64;
    session->nextTick =
        spec->isMonitoring ? clockNow() + (gint64)spec->intervalMs * 1000 : G_MAXINT64;
    g_ptr_array_add(slot->sessions, session);
    g_ptr_array_add(model.live, session);
    tick(session);
}

static void begin(int number) {
    Slot* slot = &model.slots[number];
    guint open = countModelOpen(number);

    slot->excuse = EXCUSE_NONE;
    if (clockNow() < slot->coolUntil || (!slot->spec.isMonitoring && open >= slot->spec.inFlight)) {
        slot->refusals++;
        slot->excuse = EXCUSE_COOLDOWN;
        return;
    }
    g_assert(!slot->spec.isMonitoring || open == 0);
    start(number);
}

void modelHears(int number, gboolean active) {
    Slot* slot = &model.slots[number];
    gboolean isFirst = slot->known < 0;

    slot->heardAt = clockNow();
    if (slot->known == active)
        return;
    slot->known = active;
    if (active && slot->graceUntil)
        slot->graceUntil = 0; /* it was not really off */
    else if (active && isFirst && !slot->spec.startsWhenActive)
        slot->excuse = EXCUSE_AT_START;
    else if (active)
        begin(number);
    else if (!isFirst && slot->spec.graceMs)
        slot->graceUntil = clockNow() + (gint64)slot->spec.graceMs * 1000;
    else if (!isFirst)
        endOpen(number, "inactive", FALSE);
}

static void lose(int number) {
    Slot* slot = &model.slots[number];

    slot->known = -1;
    slot->graceUntil = 0;
    slot->misses = 0;
    endOpen(number, "triggerMissing", TRUE);
}

void modelLevels(const int* states, gint64 askedAt) {
    for (int i = 0; i < SLOTS; i++) {
        Slot* slot = &model.slots[i];
        int level = slot->isInForce ? states[slot->spec.trigger] : -1;
        if (!slot->isInForce)
            continue;
        if (level >= 0 || slot->heardAt >= askedAt)
            slot->misses = 0;
        else if (slot->known >= 0 && ++slot->misses >= CHECKS_UNTIL_GONE)
            lose(i);
        /* What came since the question was asked is newer than the answer. */
        if (level >= 0 && slot->heardAt < askedAt)
            modelHears(i, level);
    }
}

static gboolean equalSpecs(const Spec* a, const Spec* b) {
    return a->isMonitoring == b->isMonitoring && a->startsWhenActive == b->startsWhenActive &&
           a->trigger == b->trigger && a->prompt == b->prompt && a->intervalMs == b->intervalMs &&
           a->capSec == b->capSec && a->graceMs == b->graceMs && a->cooldownSec == b->cooldownSec &&
           a->inFlight == b->inFlight && a->frames == b->frames;
}

static void drop(int number, const char* reason) {
    Slot* slot = &model.slots[number];

    slot->isInForce = FALSE;
    slot->graceUntil = slot->coolUntil = 0;
    endOpen(number, reason, TRUE);
}

static void subscribe(int number, const Spec* spec) {
    Slot* slot = &model.slots[number];

    slot->isInForce = TRUE;
    slot->spec = *spec;
    slot->subscription++;
    slot->known = -1;
    slot->heardAt = clockNow();
    slot->misses = 0;
    slot->excuse = EXCUSE_NONE;
}

void modelConfig(const Spec* specs, const Settings* settings, GArray* subscribed) {
    model.settings = *settings;
    for (int i = 0; i < SLOTS; i++) {
        gboolean wanted = specs[i].isUsed && specs[i].isEnabled;
        if (model.slots[i].isInForce && !(wanted && equalSpecs(&specs[i], &model.slots[i].spec)))
            drop(i, "config");
    }
    for (int i = 0; i < SLOTS; i++) {
        if (model.slots[i].isInForce || !specs[i].isUsed || !specs[i].isEnabled)
            continue;
        subscribe(i, &specs[i]);
        g_array_append_val(subscribed, i);
    }
}

void modelStops(void) {
    for (int i = 0; i < SLOTS; i++)
        drop(i, "shutdown");
}

/* The earliest thing that time brings by itself; *slot or *session is what it is of. */
static gint64 findNext(Slot** slot, ModelSession** session) {
    gint64 next = G_MAXINT64;

    for (int i = 0; i < SLOTS; i++) {
        if (model.slots[i].graceUntil && model.slots[i].graceUntil < next) {
            next = model.slots[i].graceUntil;
            *slot = &model.slots[i];
        }
    }
    for (guint i = 0; i < model.live->len; i++) {
        ModelSession* candidate = g_ptr_array_index(model.live, i);
        gint64 due = MIN(candidate->capAt, candidate->nextTick);
        if (candidate->state == MODEL_OPEN && due < next) {
            next = due;
            *session = candidate;
            *slot = NULL;
        }
    }
    return next;
}

void modelTime(gint64 until) {
    for (;;) {
        Slot* slot = NULL;
        ModelSession* session = NULL;
        if (findNext(&slot, &session) > until)
            return;
        if (slot) {
            slot->graceUntil = 0;
            endOpen((int)(slot - model.slots), "inactive", FALSE);
        } else if (session->capAt <= session->nextTick) {
            model.slots[session->slot].excuse = EXCUSE_CAP;
            endModelSession(session, "maxDuration");
        } else {
            session->nextTick += (gint64)session->intervalMs * 1000;
            tick(session);
        }
    }
}
