/* SPDX-License-Identifier: MIT */
#include "RequestBody.h"

#include <string.h>

/* No pattern, so that a digit in the wrong place shows. */
static GBytes* newPicture(gsize size) {
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    guchar* data = g_malloc(size + 1);

    for (gsize i = 0; i < size; i++)
        data[i] = (guchar)g_rand_int(random);
    return g_bytes_new_take(data, size);
}

/* Adds the picture between two texts; what the body must read as. */
static char* fillBody(RequestBody* body, gsize size) {
    g_autoptr(GBytes) picture = newPicture(size);
    g_autofree char* base64 = g_base64_encode(g_bytes_get_data(picture, NULL), size);

    appendText(body, g_string_new("before "));
    appendPicture(body, picture);
    appendText(body, g_string_new(" after"));
    return g_strconcat("before ", base64, " after", NULL);
}

/* Each piece in memory of its own, so that a checker sees a byte written beyond it. */
static GString* readInPieces(const RequestBody* body, gsize piece) {
    GString* read = g_string_new(NULL);

    for (;;) {
        g_autofree char* buffer = g_malloc(piece);
        gsize got = readRequestBody(body, read->len, buffer, piece);
        if (!got)
            return read;
        g_string_append_len(read, buffer, (gssize)got);
    }
}

static void testPicturesOfAllSizes(void) {
    for (gsize size = 0; size < 70; size++) {
        g_autoptr(RequestBody) body = newRequestBody();
        g_autofree char* expected = fillBody(body, size);
        g_autoptr(GString) read = readInPieces(body, 1000);
        g_assert_cmpstr(read->str, ==, expected);
        g_assert_cmpuint(requestBodySize(body), ==, strlen(expected));
    }
}

static void testPiecesOfAllSizes(void) {
    g_autoptr(RequestBody) body = newRequestBody();
    g_autofree char* expected = fillBody(body, 1000);

    for (gsize piece = 1; piece < 70; piece++) {
        g_autoptr(GString) read = readInPieces(body, piece);
        g_assert_cmpstr(read->str, ==, expected);
    }
}

static void testSeveralPictures(void) {
    g_autoptr(RequestBody) body = newRequestBody();
    g_autofree char* first = fillBody(body, 1);
    g_autofree char* second = fillBody(body, 100);
    g_autofree char* expected = g_strconcat(first, second, NULL);
    g_autoptr(GString) read = readInPieces(body, 64);

    g_assert_cmpstr(read->str, ==, expected);
}

static void testNothing(void) {
    g_autoptr(RequestBody) body = newRequestBody();
    char buffer[1];

    g_assert_cmpuint(requestBodySize(body), ==, 0);
    g_assert_cmpuint(readRequestBody(body, 0, buffer, 1), ==, 0);
}

int main(int argc, char** argv) {
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/request/pictures-of-all-sizes", testPicturesOfAllSizes);
    g_test_add_func("/request/pieces-of-all-sizes", testPiecesOfAllSizes);
    g_test_add_func("/request/several-pictures", testSeveralPictures);
    g_test_add_func("/request/nothing", testNothing);
    return g_test_run();
}
