/* SPDX-License-Identifier: MIT
 * The name under which older applications include it. */
#include <axsdk/axstorage/ax_storage.h>
