/* SPDX-License-Identifier: MIT */
/* Coroutine - a worker that is no thread: it runs until it yields, and goes on where it was. */
#pragma once

#include <glib.h>

typedef struct Coroutine Coroutine;

Coroutine* newCoroutine(void (*run)(gpointer data), gpointer data);
/* It must have ended. */
void freeCoroutine(Coroutine* coroutine);
/* Lets it run until it yields; FALSE when it has ended. */
gboolean resumeCoroutine(Coroutine* coroutine);
/* Called by the coroutine that runs. */
void yieldCoroutine(void);
