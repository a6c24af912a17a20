/* SPDX-License-Identifier: MIT */
/* CameraOutput - sessions as events of the camera, so that its action rules, a VMS and its MQTT
 * client get them. Under tnsaxis:CameraApplicationPlatform/batondescribe:
 *
 *   Session      stateful; source `profile`; `active` while the profile has an open session
 *   Description  stateless; source `profile`; `session`, `number`, `text`, `latencyMs`
 *   Answer       stateful, one for each question of type bool; source `question`
 *                ("PROFILE/NAME"); `active`, false again when the profile has no open session
 *
 * What the event service does not take is kept, in order and with its time, and sent when it does,
 * within bounds (OutputQueue.h). Main loop only. */
#pragma once

#include "ChatProtocol.h"
#include "Config.h"
#include "EventSubscribe.h"
#include "SessionContext.h"

typedef struct CameraOutput CameraOutput;

/* source is borrowed and must outlive the output. */
CameraOutput* newCameraOutput(EventSource* source, const char* app);
void freeCameraOutput(CameraOutput* output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CameraOutput, freeCameraOutput)

/* Declares the events of config's enabled profiles that publish them; a profile that was edited
 * keeps them. Those of other profiles are undeclared once their last session has ended and is
 * sent. */
void setupCameraOutput(CameraOutput* output, const Config* config);

void outputStart(CameraOutput* output, const SessionContext* session);
void outputDescription(CameraOutput* output, const SessionContext* session, const Answer* answer,
                       gint64 latencyUs);
void outputEnd(CameraOutput* output, const SessionContext* session);
/* What waits for the event service. */
guint countQueuedOutput(const CameraOutput* output);
