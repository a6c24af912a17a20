/* SPDX-License-Identifier: MIT
 * The name under which older applications include it. */
#include <axsdk/axparameter/ax_parameter_error.h>
