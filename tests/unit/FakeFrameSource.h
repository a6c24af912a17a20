/* SPDX-License-Identifier: MIT */
/* FakeFrameSource - the FrameSource port: one small picture, or an error, or none until
 * a test lets it come. */
#pragma once

#include <glib.h>

void failFakeFrames(gboolean fail);
/* TRUE: every picture is the same one. */
void freezeFakeFrames(gboolean freeze);
/* FALSE: those that hang come back. */
void hangFakeFrames(gboolean hang);
guint countHangingFrames(void);
