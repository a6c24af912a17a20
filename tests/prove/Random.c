/* SPDX-License-Identifier: MIT */
#include "Random.h"

static guint64 mix(guint64 value) {
    value = (value ^ (value >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

Random newRandom(guint64 seed, guint64 index) {
    return (Random){mix(mix(seed) + index * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15))};
}

guint64 nextRandom(Random* random) {
    random->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
    return mix(random->state);
}

int pickBelow(Random* random, int below) {
    return (int)(nextRandom(random) % (guint64)below);
}

gboolean pickChance(Random* random, int percent) {
    return pickBelow(random, 100) < percent;
}
