/* SPDX-License-Identifier: MIT */
/* Random - splitmix64, so that a seed means the same numbers on every machine. */
#pragma once

#include <glib.h>

typedef struct {
    guint64 state;
} Random;

/* The stream number `index` of `seed`. */
Random newRandom(guint64 seed, guint64 index);
guint64 nextRandom(Random* random);
/* 0 to below - 1. */
int pickBelow(Random* random, int below);
/* Whether a thing happens that has this chance in a hundred. */
gboolean pickChance(Random* random, int percent);
