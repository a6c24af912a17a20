/* SPDX-License-Identifier: MIT */
/* ChatProtocol - the OpenAI chat-completions protocol as hosted providers, vLLM, llama.cpp and
 * Ollama speak it: a request with pictures, and the answer taken apart. Pure functions. */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "Profile.h"
#include "RequestBody.h"

/* What the model said. */
typedef struct {
    char* text;      /* the description */
    json_t* answers; /* an object: each question's name and its answer, null where the model cannot
                        tell; NULL without questions */
    char* model;     /* as the describer names it, "" if it does not */
} Answer;

void clearAnswer(Answer* answer);

/* The request's JSON. frames: GBytes*, JPEG. model "" leaves the choice to the describer. With
 * questions it asks for structured output (a JSON schema named "answers"); free the body. */
RequestBody* formatChatRequest(const Profile* profile, const char* model, const GPtrArray* frames);

/* FALSE and error (DESCRIBE_ERROR_ANSWER) when the reply is no answer, or does not answer every
 * question with a value of its type or null. */
gboolean parseChatReply(const GString* reply, const Profile* profile, Answer* answer,
                        GError** error);

#define DESCRIBE_ERROR (describeError_quark())
GQuark describeError_quark(void);

typedef enum {
    DESCRIBE_ERROR_CANCELLED, /* by the session's end */
    DESCRIBE_ERROR_SETTINGS,  /* no describer is set */
    DESCRIBE_ERROR_NETWORK,   /* not reached, cut or timed out: worth another try */
    DESCRIBE_ERROR_BUSY,      /* 408, 429 or 5xx: worth another try */
    DESCRIBE_ERROR_REFUSED,   /* any other HTTP status */
    DESCRIBE_ERROR_ANSWER,    /* a reply that is no valid answer */
    DESCRIBE_ERROR_BUDGET,    /* no calls left */
    DESCRIBE_ERROR_FROZEN,    /* the picture is the one that was described last */
} DescribeErrorCode;
