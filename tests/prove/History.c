/* SPDX-License-Identifier: MIT */
#include "History.h"

#include <string.h>

#include "Clock.h"
#include "Compare.h"
#include "FakeCamera.h"
#include "FakeClock.h"
#include "FakeDescriber.h"
#include "FakeDisk.h"
#include "FakeThreadPool.h"
#include "Ledger.h"
#include "ModelBudget.h"
#include "Rig.h"
#include "Verdict.h"

/* In how many level checks a subscription that was refused is tried again, at the latest; two are
 * enough to find out that a trigger is gone. */
enum { LONGEST_BACK_OFF = 8 };

static Spec specs[SLOTS];
static Settings settings;

/* No interval divides a cap and no grace is whole seconds: what was started at one moment never
 * comes due at one moment. */
static const guint intervals[] = {701, 2003, 5003, 9973};
static const guint caps[] = {0, 0, 1, 3, 8};
static const guint graces[] = {0, 0, 333, 2777};
static const guint cooldowns[] = {0, 0, 2, 6};
static const guint budgets[] = {0, 0, 3, 10, 20};
static const guint levelPeriods[] = {1, 2, 5, 9};

/* Saves and puts in force; what a full disk refuses is undone. */
static void configure(const Spec* newSpecs, const Settings* newSettings) {
    if (!configureApp(newSpecs, newSettings))
        return;
    memcpy(specs, newSpecs, sizeof specs);
    settings = *newSettings;
}

static Spec readSpec(const int* a) {
    Spec spec = {.isUsed = TRUE,
                 .isEnabled = TRUE,
                 .isMonitoring = a[1] % 2 == 0,
                 .trigger = a[2] % TRIGGERS,
                 .intervalMs = intervals[a[3] % 4],
                 .capSec = caps[a[4] % 5],
                 .graceMs = graces[a[5] % 4],
                 .cooldownSec = cooldowns[a[6] % 4],
                 .inFlight = 1 + (guint)a[7] % 3,
                 .atStart = a[8] % 3,
                 .prompt = a[9],
                 .frames = 1 + (guint)a[10] % 2};

    spec.startsWhenActive = spec.atStart ? spec.atStart == 1 : spec.isMonitoring;
    return spec;
}

static void changeProfile(const Step* step) {
    Spec changed[SLOTS];
    int slot = step->arguments[0] % SLOTS;

    memcpy(changed, specs, sizeof changed);
    if (step->kind == STEP_PROFILE)
        changed[slot] = readSpec(step->arguments);
    else if (step->kind == STEP_DELETE)
        changed[slot].isUsed = FALSE;
    else if (step->kind == STEP_TOGGLE)
        changed[slot].isEnabled = !changed[slot].isEnabled;
    configure(changed, &settings);
}

static void changeSettings(const int* a) {
    Settings changed = {.callsPerHour = budgets[a[0] % 5],
                        .retries = (guint)a[1] % 3,
                        .maxConcurrent = 1 + (guint)a[2] % 4,
                        .levelCheckSec = levelPeriods[a[3] % 4],
                        .hasUrl = a[4] != 0};

    configure(specs, &changed);
}

static void burst(int trigger, int flaps) {
    gboolean before = trueState(trigger) == 1;

    for (int i = 0; i < flaps; i++)
        setTrueState(trigger, i % 2 ? before : !before, EDGE_NOW);
}

static void setModes(const int* a) {
    setPromptWorkers(a[0] != 0);
    setDescriberModes(a[1] % 8 == 7 ? OUTCOME_GOOD : a[1] % 8,
                      a[2] == FRAME_FAILS || a[2] == FRAME_HANGS ? a[2] : FRAME_GOOD);
}

static void moveWorker(int which) {
    const GPtrArray* movable = findMovableJobs();

    if (movable->len)
        moveJob(g_ptr_array_index(movable, (guint)which % movable->len));
}

static void decideOutcome(int which, int outcome) {
    const GPtrArray* hanging = findHangingJobs();

    if (!hanging->len)
        return;
    PoolJob* job = g_ptr_array_index(hanging, (guint)which % hanging->len);
    job->outcome = job->stage == CALL_FRAME ? outcome % 2 : outcome % 5;
}

static void restart(const Step* step) {
    if (step->kind == STEP_CRASH)
        crashApp(step->arguments[0] == 1, step->arguments[1] == 1);
    else
        stopApp();
    passMoment();
    startApp(specs, &settings);
}

static void setWallClock(int minutes) {
    jumpWallClock((minutes - 2000) * G_TIME_SPAN_MINUTE);
    if (minutes > 2000)
        modelClockIsSetForward();
}

static void makeEdge(const int* a) {
    int trigger = a[0] % TRIGGERS;
    gboolean active = a[1] == EDGE_TOGGLES ? trueState(trigger) != 1 : a[1] % 2;

    setTrueState(trigger, active, (EdgeWay)(a[2] % EDGE_WAYS));
}

static void runCameraStep(const Step* step) {
    static const guint firstDelays[] = {1, 30, 500}, answerDelays[] = {400, 50, 900};
    const int* a = step->arguments;

    if (step->kind == STEP_EDGE)
        makeEdge(a);
    else if (step->kind == STEP_REPEAT)
        repeatTrueState(a[0] % TRIGGERS);
    else if (step->kind == STEP_BURST)
        burst(a[0] % TRIGGERS, a[1]);
    else if (step->kind == STEP_VANISH)
        removeTrigger(a[0] % TRIGGERS);
    else if (step->kind == STEP_MANNERS)
        setCameraManners(firstDelays[a[0] % 3], answerDelays[a[1] % 3], a[2] % 2);
    else if (step->kind == STEP_REFUSE)
        refuseSubscriptions(a[0]);
    else
        setEventService(a[0] != 0);
}

static void runStep(const Step* step) {
    const int* a = step->arguments;

    switch (step->kind) {
    case STEP_PROFILE:
    case STEP_DELETE:
    case STEP_TOGGLE:
    case STEP_SAME_CONFIG:
        changeProfile(step);
        break;
    case STEP_SETTINGS:
        changeSettings(a);
        break;
    case STEP_TIME:
        passTime(uniqueMoment(a[0]));
        break;
    case STEP_WORKERS:
        setModes(a);
        break;
    case STEP_WORK:
        moveWorker(a[0]);
        break;
    case STEP_RESULT:
        takeOneResult();
        break;
    case STEP_OUTCOME:
        decideOutcome(a[0], a[1]);
        break;
    case STEP_RESTART:
    case STEP_CRASH:
        restart(step);
        break;
    case STEP_WALL:
        setWallClock(a[0]);
        break;
    case STEP_DISK:
        setDiskFull(a[0] == 1);
        break;
    default:
        runCameraStep(step);
    }
}

static void begin(guint64 seed) {
    Settings first = {
        .retries = 1, .maxConcurrent = 2, .levelCheckSec = 5, .hasUrl = TRUE, .callsPerHour = 0};

    g_random_set_seed((guint32)seed); /* the app's ids and its jitter */
    memset(specs, 0, sizeof specs);
    settings = (Settings){600, 2, 4, 30, FALSE}; /* the app's own */
    wipeDisk();
    bootClock(G_TIME_SPAN_HOUR);
    startModel();
    startLedger();
    startCamera();
    setPromptWorkers(TRUE);
    setDescriberModes(OUTCOME_GOOD, FRAME_GOOD);
    startApp(specs, &settings);
    configure(specs, &first);
    turnMainLoop();
}

/* The world calms down: then every level is known and acted on, and the app can stop. */
static void finish(void) {
    setDiskFull(FALSE);
    setCameraManners(1, 400, FALSE);
    setEventService(TRUE);
    setPromptWorkers(TRUE);
    setDescriberModes(OUTCOME_GOOD, FRAME_GOOD);
    while (findHangingJobs()->len)
        decideOutcome(0, OUTCOME_GOOD);
    refuseSubscriptions(0);
    passTime(uniqueMoment(settings.levelCheckSec * LONGEST_BACK_OFF * 1000 + 10000));
    compare();
    compareWithTruth();
    stopApp();
    clearLedger();
    clearModel();
    wipeDisk();
}

void runHistory(const GArray* steps, guint64 seed, gboolean isTold) {
    Verdict* verdict = getVerdict();

    verdict->step = -1;
    begin(seed);
    compare();
    for (guint i = 0; i < steps->len; i++) {
        const Step* step = &g_array_index(steps, Step, i);
        verdict->step = (gint)i;
        verdict->steps++;
        if (isTold) {
            g_autofree char* text = formatStep(step);
            g_printerr("%8.3f s  step %u  %s\n", (double)clockNow() / 1e6, i, text);
        }
        passMoment();
        runStep(step);
        turnMainLoop();
        compare();
    }
    verdict->step = (gint)steps->len;
    finish();
    verdict->histories++;
}
