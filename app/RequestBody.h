/* SPDX-License-Identifier: MIT */
/* RequestBody - what a call sends: text with pictures in it as base64. A picture is encoded while
 * it is sent, piece by piece, so that a call holds each picture once and never its text.
 *
 * Made by one thread; reading changes nothing, so that any thread may then read it. */
#pragma once

#include <glib.h>

typedef struct RequestBody RequestBody;

RequestBody* newRequestBody(void);
void freeRequestBody(RequestBody* body);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RequestBody, freeRequestBody)

/* Appends the text to the end of what is there; takes it. */
void appendText(RequestBody* body, GString* text);
/* Appends the bytes as base64 (RFC 4648, padded, in one line); keeps a reference. */
void appendPicture(RequestBody* body, GBytes* picture);

/* In bytes. */
gsize requestBodySize(const RequestBody* body);
/* Copies up to size bytes from offset on into buffer; how many, 0 at the end. */
gsize readRequestBody(const RequestBody* body, gsize offset, char* buffer, gsize size);
