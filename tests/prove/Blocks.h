/* SPDX-License-Identifier: MIT */
/* Blocks - how many blocks of memory are in use, to see what a history leaves. */
#pragma once

#include <glib.h>

/* -1 where something else looks for leaks: in a build with sanitizers. */
gint64 countBlocks(void);
