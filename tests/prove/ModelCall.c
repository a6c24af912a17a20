/* SPDX-License-Identifier: MIT */
#include "ModelCall.h"

#include "FakeDescriber.h"
#include "ModelBudget.h"
#include "Verdict.h"

enum { LONGEST_WAIT_MS = 30 * 1000 };

static void expect(const ModelSession* session, CallStage stage, const char* what) {
    if (session->call != stage)
        fail(session->state == MODEL_OPEN ? FAULT_MISMATCH : FAULT_EVENT_AFTER_END,
             "p%d: %s, but its description must be at stage %d", session->slot, what,
             (int)session->call);
}

static void returns(ModelSession* session, CallResult result) {
    session->call = CALL_RETURNED;
    session->result = result;
}

static void nextTry(ModelSession* session) {
    if (session->state != MODEL_OPEN)
        returns(session, RESULT_FAILED); /* an ended session costs no call */
    else if (!modelTakeCall())
        returns(session, RESULT_BUDGET);
    else
        session->call = CALL_ASKED;
}

void modelTaken(ModelSession* session) {
    expect(session, CALL_QUEUED, "a worker takes it");
    session->call = CALL_TAKEN;
}

void modelBegun(ModelSession* session) {
    expect(session, CALL_TAKEN, "a worker begins");
    if (session->state != MODEL_OPEN || !session->hasUrl)
        returns(session, RESULT_FAILED);
    else
        session->call = CALL_FRAME;
}

void modelFrameAsked(ModelSession* session) {
    expect(session, CALL_FRAME, "a snapshot is taken");
}

void modelFrameTaken(ModelSession* session, gboolean good) {
    expect(session, CALL_FRAME, "a snapshot comes");
    session->framesLeft--;
    if (!good || session->state != MODEL_OPEN)
        returns(session, RESULT_FAILED);
    else if (session->framesLeft == 0)
        nextTry(session);
}

guint modelAsked(ModelSession* session) {
    expect(session, CALL_ASKED, "the describer is called");
    session->tries++;
    session->lastCall = ++model.calls;
    return session->lastCall;
}

void modelAnswered(ModelSession* session, int outcome, guint retryAfterSec) {
    gboolean isWorthARetry = outcome == OUTCOME_BUSY || outcome == OUTCOME_NETWORK;

    (void)retryAfterSec;
    expect(session, CALL_ASKED, "the describer answers");
    if (outcome == OUTCOME_GOOD)
        returns(session, RESULT_TEXT);
    else if (!isWorthARetry || session->tries > session->retries)
        returns(session, RESULT_FAILED);
    else
        session->call = CALL_WAITING;
}

void modelWaits(ModelSession* session, guint ms, gboolean cancelled) {
    expect(session, CALL_WAITING, "it waits for another try");
    if (ms == 0 || ms > LONGEST_WAIT_MS)
        fail(FAULT_MISMATCH, "p%d: waits %u ms before another try", session->slot, ms);
    if (cancelled)
        returns(session, RESULT_FAILED);
}

void modelWaited(ModelSession* session, gboolean cancelled) {
    expect(session, CALL_WAITING, "it has waited");
    if (cancelled)
        returns(session, RESULT_FAILED);
    else
        nextTry(session);
}

static void takeResult(ModelSession* session) {
    session->descriptions += session->result == RESULT_TEXT;
    session->failures += session->result != RESULT_TEXT;
    if (session->result == RESULT_TEXT)
        session->expectedText = session->lastCall;
    if (session->result == RESULT_BUDGET) {
        model.slots[session->slot].excuse = EXCUSE_BUDGET;
        endModelSession(session, "budget");
    } else if (session->isOneShot) {
        endModelSession(session, session->result == RESULT_TEXT ? "completed" : "error");
    }
}

void modelDone(ModelSession* session) {
    expect(session, CALL_RETURNED, "its result comes");
    session->call = CALL_NONE;
    if (session->state == MODEL_OPEN) {
        takeResult(session);
        return;
    }
    model.lateResults += session->result == RESULT_TEXT;
    session->state = MODEL_ENDED;
}
