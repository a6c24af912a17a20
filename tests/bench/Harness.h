/* SPDX-License-Identifier: MIT */
/* Harness - what the figures' programs share: options, samples, figures, waiting, and children.
 *
 * A figure is a line of JSON on stdout, {"name", "value", "unit", "baseline", "baselineValue",
 * "ratio"}; progress goes to stderr. */
#pragma once

#include <glib.h>

/* Reads the one option, --quick: a few rounds only, to see that it works and not how fast. Exits on
 * anything else. */
void readOptions(int argc, char** argv);
/* How often to do something: `full` times, or `few` with --quick. */
guint rounds(guint full, guint few);

/* Samples of one quantity, doubles. */
GArray* newSamples(void);
void addSample(GArray* samples, double value);
/* share 0.5: the median. Sorts the samples; 0 when there are none. */
double percentile(GArray* samples, double share);
/* The median of the percentiles of ten parts of the samples, in the order in which they came: one
 * burst of something else on the machine does not decide it. Does not sort. */
double typicalPercentile(const GArray* samples, double share);

/* baseline NULL: a figure without one, whose baselineValue and ratio are null. */
void printFigure(const char* name, double value, const char* unit, const char* baseline,
                 double baselineValue);
void progress(const char* format, ...) G_GNUC_PRINTF(1, 2);

typedef gboolean (*Check)(gconstpointer data);
/* Runs the main loop, which sleeps between events, until check(data); exits, naming what, after
 * 30 s. */
void waitFor(Check check, gconstpointer data, const char* what);
/* The same for something that another process changes and nothing announces: looks every
 * millisecond. */
void pollFor(Check check, gconstpointer data, const char* what);
/* Runs the main loop until this time. */
void runUntil(gint64 monotonicUs);

/* Memory that the children share; never freed. */
gpointer shareMemory(gsize size);
/* Runs body(data) in a process of its own, which ends with this one, at stopChild() or after some
 * minutes; its pid. Only before anything has started a thread. */
int startChild(void (*body)(gpointer data), gpointer data);
void stopChild(int pid);

/* A new folder below the temporary one. */
char* newWorkFolder(void);
/* Removes the folder with the files in it, and frees its name. */
void removeWorkFolder(char* folder);
/* Ends the program with an error. */
void fail(const char* format, ...) G_GNUC_PRINTF(1, 2) G_GNUC_NORETURN;
