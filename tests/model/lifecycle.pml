/* SPDX-License-Identifier: MIT */
/* The life of one monitoring profile's sessions: edges, subscription, workers, results, ends, cap,
 * edits, level checks and crashes, in every order in which they can come.
 *
 * Checked exhaustively for these small numbers (tests/model/test_lifecycle.py). The main loop does
 * one thing at a time (each of its steps is atomic); camera and workers run beside it. Two mistakes
 * can be made, which the checker must find: -DLATE_RESULT_TAKEN, a result is not compared by its
 * generation, and -DNO_LEVEL_CHECK, a lost edge stays lost. */

#ifndef EDGES
#define EDGES 3 /* changes of the trigger; each may get lost */
#endif
#define SESSIONS 6 /* at most: each edge, edit, check and crash may begin one */
#define WORKERS 2
#define NONE 255

bool truth = false; /* the trigger, as the camera knows it */
chan edges = [2] of {bool};               /* states on their way to the subscription */
chan jobs = [2] of {byte, byte};          /* session, generation: waiting for a worker */
chan results = [2] of {byte, byte, bool}; /* session, generation, answered */

/* The app's memory; a crash forgets it. */
bool known = false, believed = false; /* what the subscription has heard */
byte open = NONE;                   /* the session that is open */
byte closing = NONE;                /* the one that waits for its call to let go */
bool inFlight = false; /* the open session's call */
bool capped = false;                /* this activation's session has ended by its cap */
byte generation[SESSIONS];
hidden byte withdrawn; /* of no meaning */
byte era = 0; /* of the app: each crash begins a new one */

/* What outlives it. */
byte journal = NONE, oldJournal = NONE; /* sessions that have a start and no end in it */
bool started[SESSIONS], ended[SESSIONS];
byte next = 0;
byte changes = EDGES, ticks = 2, caps = 1, edits = 1, crashes = 1, misses = 1;

inline publishStart(s) {
    assert(!started[s]);
    started[s] = true;
    journal = s;
}

inline publishDescription(s) {
    assert(started[s]);
    assert(!ended[s]);       /* nothing after the end */
    assert(s == open);       /* nor while it is being ended */
}

inline publishEnd(s) {
    assert(started[s]);
    assert(!ended[s]);       /* exactly one end */
    ended[s] = true;
    if
    :: journal == s -> journal = NONE
    :: oldJournal == s -> oldJournal = NONE
    fi
}

inline submit(s) {
    generation[s]++;
    inFlight = true;
    jobs!s, generation[s]
}

/* A tick that comes while the call before is under way is skipped. */
inline tick() {
    if
    :: inFlight -> skip
    :: !inFlight && nfull(jobs) -> submit(open)
    :: !inFlight && full(jobs) -> skip
    fi
}

inline startSession() {
    assert(open == NONE);    /* at most one is open */
    assert(next < SESSIONS);
    open = next;
    next++;
    inFlight = false;
    tick();
    publishStart(open)
}

/* Needs no worker and waits for nothing: an end never queues behind work. */
inline endSession() {
    generation[open]++;
    if
    :: closing != NONE -> publishEnd(closing) /* its time was over long ago: at most 40 ms */
    :: else -> skip
    fi;
    closing = NONE;
    if
    :: inFlight && jobs??[eval(open), _] ->
        jobs??eval(open), withdrawn; /* from the queue: it will never need a worker */
        publishEnd(open)
    :: inFlight && !(jobs??[eval(open), _]) ->
        oldJournal = open;
        journal = NONE;
        closing = open
    :: else -> publishEnd(open)
    fi;
    open = NONE;
    inFlight = false
}

inline hear(state) {
    if
    :: known && state == believed -> skip /* the same again */
    :: else ->
        known = true;
        believed = state;
        if
        :: believed && open == NONE -> capped = false; startSession()
        :: !believed && open != NONE -> endSession(); capped = false
        :: else -> capped = false
        fi
    fi
}

inline takeResult(s, g, answered) {
    if
#ifdef LATE_RESULT_TAKEN
    :: true ->
#else
    :: s == open && g == generation[s] ->
#endif
        inFlight = false;
        if
        :: answered -> publishDescription(s)
        :: else -> skip
        fi
#ifndef LATE_RESULT_TAKEN
    :: else -> /* the end was first: it is discarded */
        if
        :: s == closing -> publishEnd(s); closing = NONE
        :: else -> skip
        fi
#endif
    fi
}

/* Everything in memory is gone; what the journal has open ends as `interrupted` at the start. */
inline crash() {
    era++;
    do
    :: nempty(edges) -> edges?_
    :: nempty(jobs) -> jobs?_, _
    :: nempty(results) -> results?_, _, _
    :: empty(edges) && empty(jobs) && empty(results) -> break
    od;
    open = NONE;
    closing = NONE;
    inFlight = false;
    known = false;
    believed = false;
    capped = false;
    if
    :: oldJournal != NONE -> publishEnd(oldJournal)
    :: else -> skip
    fi;
    if
    :: journal != NONE -> publishEnd(journal)
    :: else -> skip
    fi
}

active proctype camera() {
    do
    :: changes > 0 ->
        atomic {
            changes--;
            truth = !truth;
            if
            :: nfull(edges) -> edges!truth
            :: misses > 0 -> misses-- /* the edge is lost */
            :: full(edges) -> skip    /* so is one for which there is no room */
            fi
        }
    :: changes == 0 -> break
    od
}

active proctype mainLoop() {
    bool state, answered;
    byte s, g;

end:
    do
    :: atomic { edges?state -> hear(state); state = false }
    :: atomic { results?s, g, answered -> takeResult(s, g, answered); s = 0; g = 0; answered = false }
    :: atomic { open != NONE && ticks > 0 -> ticks--; tick() }
    :: atomic { open != NONE && caps > 0 -> caps--; endSession(); capped = true }
    :: atomic { closing != NONE -> publishEnd(closing); closing = NONE } /* 40 ms are over */
    :: atomic { edits > 0 -> /* unsubscribed, subscribed anew: the first state is asked for */
        edits--;
        do
        :: nempty(edges) -> edges?_
        :: empty(edges) -> break
        od;
        if
        :: open != NONE -> endSession()
        :: else -> skip
        fi;
        known = false;
        capped = false }
    :: atomic { crashes > 0 -> crashes--; crash() }
#ifndef NO_LEVEL_CHECK
    :: atomic { empty(edges) && (!known || believed != truth) -> hear(truth) }
#endif
    od
}

/* An answer comes, or a failure, such as the abort of a cancelled call; an answer that was on its way
 * comes in spite of the cancelling. What is no longer needed is set to 0: fewer states. */
active [WORKERS] proctype worker() {
    byte s, g, mine;

end:
    do
    :: atomic { jobs?s, g -> mine = era };
        if
        :: atomic { era == mine && nfull(results) -> results!s, g, true; s = 0; g = 0; mine = 0 }
        :: atomic { era == mine && nfull(results) -> results!s, g, false; s = 0; g = 0; mine = 0 }
        :: atomic { era != mine -> s = 0; g = 0; mine = 0 } /* the process died under it */
        fi
    od
}

/* When nothing can happen any more, what is open is exactly what the trigger calls for. */
active proctype judge() {
    timeout ->
        assert(known && believed == truth);
        assert(!truth || open != NONE || capped);
        assert(truth || open == NONE);
        assert(closing == NONE);
        byte s = 0;
        do
        :: s < next -> assert(started[s] && (ended[s] || s == open)); s++
        :: else -> break
        od
}
