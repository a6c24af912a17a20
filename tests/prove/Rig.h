/* SPDX-License-Identifier: MIT */
/* Rig - the real app among the fakes: started, stopped, crashed and driven through time. */
#pragma once

#include "Application.h"
#include "Model.h"

/* The app that runs; NULL between two runs. */
extern Application* app;

/* Starts the app with what is on the disk, which must be these profiles and settings. */
void startApp(const Spec* specs, const Settings* settings);
/* Stops it as SIGTERM does; it must leave nothing. */
void stopApp(void);
/* It is gone at once; its journal stays. cut: so does only a part of its last line. */
void crashApp(gboolean cut, gboolean reboots);
/* Puts a configuration in force, or finds it refused when the disk is full; FALSE then. */
gboolean configureApp(const Spec* specs, const Settings* settings);

/* Whether workers go on and results are taken by themselves. */
void setPromptWorkers(gboolean prompt);
/* What the app has asked the real main loop to do as soon as it can. */
void turnMainLoop(void);
/* Workers and main loop do all that can be done without time passing. */
void runAll(void);
/* Lets time pass with the main loop turning. */
void passTime(gint64 until);
/* To a moment just after now; results wait. */
void passMoment(void);
/* When the app must ask for the triggers' levels at the latest; G_MAXINT64: it need not. */
gint64 levelCheckDeadline(void);
