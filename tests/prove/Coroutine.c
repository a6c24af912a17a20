/* SPDX-License-Identifier: MIT */
#include "Coroutine.h"

#include <ucontext.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id) (void)(id)
#endif

enum { STACK_BYTES = 256 * 1024 };

struct Coroutine {
    void (*run)(gpointer data);
    gpointer data;
    char* stack;
    unsigned valgrindId;
    ucontext_t own, caller;
    gboolean isOver;
};

static Coroutine* running = NULL;
static GPtrArray* spareStacks = NULL;

static char* takeStack(void) {
    if (!spareStacks)
        spareStacks = g_ptr_array_new();
    if (spareStacks->len)
        return g_ptr_array_steal_index_fast(spareStacks, spareStacks->len - 1);
    return g_malloc(STACK_BYTES);
}

static void enter(void) {
    Coroutine* self = running;

    self->run(self->data);
    self->isOver = TRUE;
    swapcontext(&self->own, &self->caller);
}

Coroutine* newCoroutine(void (*run)(gpointer data), gpointer data) {
    Coroutine* coroutine = g_new0(Coroutine, 1);

    coroutine->run = run;
    coroutine->data = data;
    coroutine->stack = takeStack();
    coroutine->valgrindId =
        VALGRIND_STACK_REGISTER(coroutine->stack, coroutine->stack + STACK_BYTES);
    getcontext(&coroutine->own);
    coroutine->own.uc_stack.ss_sp = coroutine->stack;
    coroutine->own.uc_stack.ss_size = STACK_BYTES;
    makecontext(&coroutine->own, enter, 0);
    return coroutine;
}

void freeCoroutine(Coroutine* coroutine) {
    g_assert(coroutine->isOver);
    VALGRIND_STACK_DEREGISTER(coroutine->valgrindId);
    g_ptr_array_add(spareStacks, coroutine->stack);
    g_free(coroutine);
}

gboolean resumeCoroutine(Coroutine* coroutine) {
    running = coroutine;
    swapcontext(&coroutine->caller, &coroutine->own);
    running = NULL;
    return !coroutine->isOver;
}

void yieldCoroutine(void) {
    Coroutine* self = running;

    swapcontext(&self->own, &self->caller);
}
