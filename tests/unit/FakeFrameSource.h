/* SPDX-License-Identifier: MIT */
/* FakeFrameSource - the FrameSource port: one small picture, or an error. */
#pragma once

#include <glib.h>

void failFakeFrames(gboolean fail);
