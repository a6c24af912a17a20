/* SPDX-License-Identifier: MIT
 * axparameter: settings of applications and of the camera (ACAP axparameter API). */
#ifndef PLATFORM_AXPARAMETER_H
#define PLATFORM_AXPARAMETER_H

#include <axsdk/axparameter/ax_parameter.h>
#include <axsdk/axparameter/ax_parameter_error.h>

#endif
