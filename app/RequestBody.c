/* SPDX-License-Identifier: MIT */
#include "RequestBody.h"

#include <string.h>

/* Three bytes become four digits. */
enum { TRIPLE = 3, QUAD = 4 };

typedef struct {
    GBytes* bytes;
    gboolean isPicture;
    gsize begin, end; /* in the body */
} Part;

struct RequestBody {
    GArray* parts; /* Part */
};

static void clearPart(gpointer data) {
    g_bytes_unref(((Part*)data)->bytes);
}

RequestBody* newRequestBody(void) {
    RequestBody* body = g_new0(RequestBody, 1);

    body->parts = g_array_new(FALSE, FALSE, sizeof(Part));
    g_array_set_clear_func(body->parts, clearPart);
    return body;
}

void freeRequestBody(RequestBody* body) {
    if (!body)
        return;
    g_array_unref(body->parts);
    g_free(body);
}

gsize requestBodySize(const RequestBody* body) {
    const GArray* parts = body->parts;

    return parts->len ? g_array_index(parts, Part, parts->len - 1).end : 0;
}

/* Takes bytes. */
static void appendPart(RequestBody* body, GBytes* bytes, gboolean isPicture, gsize size) {
    gsize begin = requestBodySize(body);
    Part part = {bytes, isPicture, begin, begin + size};

    g_array_append_val(body->parts, part);
}

void appendText(RequestBody* body, GString* text) {
    gsize size = text->len;

    appendPart(body, g_string_free_to_bytes(text), FALSE, size);
}

void appendPicture(RequestBody* body, GBytes* picture) {
    gsize triples = (g_bytes_get_size(picture) + TRIPLE - 1) / TRIPLE;

    appendPart(body, g_bytes_ref(picture), TRUE, triples * QUAD);
}

typedef char Digits[2];

/* The two digits of each twelve bits. With them a picture is encoded three times as fast as with
 * g_base64_encode_step(), which looks up each digit: `invoke bench --suite engine` tells. */
static const Digits* digitPairs(void) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static Digits pairs[1 << 12];
    static gsize once = 0;

    if (g_once_init_enter(&once)) {
        for (guint bits = 0; bits < G_N_ELEMENTS(pairs); bits++) {
            pairs[bits][0] = digits[bits >> 6];
            pairs[bits][1] = digits[bits & 63];
        }
        g_once_init_leave(&once, 1);
    }
    return pairs;
}

/* Six bytes at a time, and the two that follow them are read too: the last ones are left over.
 * How many triples were encoded. */
static gsize encodeMost(const guchar* data, gsize size, gsize triples, char* out) {
    const Digits* pairs = digitPairs();
    gsize done = 0;

    for (; done + 2 <= triples && done * TRIPLE + 8 <= size; done += 2, out += 2 * QUAD) {
        guint64 bits;
        memcpy(&bits, data + done * TRIPLE, sizeof bits);
        bits = GUINT64_FROM_BE(bits);
        memcpy(out, pairs[bits >> 52], 2);
        memcpy(out + 2, pairs[bits >> 40 & 0xfff], 2);
        memcpy(out + 4, pairs[bits >> 28 & 0xfff], 2);
        memcpy(out + 6, pairs[bits >> 16 & 0xfff], 2);
    }
    return done;
}

/* The triple of up to three bytes, padded. */
static void encodeOne(const guchar* data, gsize size, char* out) {
    const Digits* pairs = digitPairs();
    guint bits = (guint)data[0] << 16;

    bits |= size > 1 ? (guint)data[1] << 8 : 0;
    bits |= size > 2 ? data[2] : 0;
    memcpy(out, pairs[bits >> 12], 2);
    memcpy(out + 2, pairs[bits & 0xfff], 2);
    if (size < 3)
        out[3] = '=';
    if (size < 2)
        out[2] = '=';
}

/* Part of the quad of the next three bytes: from digit `skipped` on. */
static gsize readQuad(const guchar* data, gsize length, gsize skipped, char* buffer, gsize size) {
    char quad[QUAD];
    gsize taken = MIN(size, QUAD - skipped);

    encodeOne(data, length, quad);
    memcpy(buffer, quad + skipped, taken);
    return taken;
}

/* Reads from a picture's base64; size is within it. */
static void readPicture(const Part* part, gsize offset, char* buffer, gsize size) {
    gsize length, triple = offset / QUAD, skipped = offset % QUAD;
    const guchar* data = g_bytes_get_data(part->bytes, &length);

    for (char* end = buffer + size; buffer < end; triple++, skipped = 0) {
        if (!skipped) {
            gsize from = triple * TRIPLE;
            gsize done =
                encodeMost(data + from, length - from, (gsize)(end - buffer) / QUAD, buffer);
            triple += done;
            buffer += done * QUAD;
        }
        if (buffer < end)
            buffer += readQuad(data + triple * TRIPLE, length - triple * TRIPLE, skipped, buffer,
                               (gsize)(end - buffer));
    }
}

static void readText(const Part* part, gsize offset, char* buffer, gsize size) {
    const char* text = g_bytes_get_data(part->bytes, NULL);

    memcpy(buffer, text + offset, size);
}

gsize readRequestBody(const RequestBody* body, gsize offset, char* buffer, gsize size) {
    gsize done = 0;

    for (guint i = 0; i < body->parts->len && done < size; i++) {
        const Part* part = &g_array_index(body->parts, Part, i);
        if (offset + done >= part->end)
            continue;
        gsize from = offset + done - part->begin;
        gsize taken = MIN(size - done, part->end - part->begin - from);
        (part->isPicture ? readPicture : readText)(part, from, buffer + done, taken);
        done += taken;
    }
    return done;
}
