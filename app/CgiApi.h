/* SPDX-License-Identifier: MIT */
/* CgiApi - the app's HTTP API (design 4.8): JSON in, JSON out.
 *
 * sessions.cgi and descriptions.cgi read copies of state in their own thread; everything else is
 * done on the main loop. Errors are {"error": {"code", "message", "field"}}. */
#pragma once

#include "Application.h"
#include "CgiServer.h"

typedef struct CgiApi CgiApi;

/* app is borrowed. Registers for the publisher's news. */
CgiApi* newCgiApi(Application* app);
void freeCgiApi(CgiApi* api);
/* The server to wake when there is news; NULL while there is none. Main loop. */
void setCgiApiServer(CgiApi* api, CgiServer* server);

/* A CgiHandler; data is a CgiApi. */
void answerCgiRequest(const CgiRequest* request, CgiReply* reply, gpointer data);
