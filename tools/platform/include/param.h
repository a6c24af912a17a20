/* SPDX-License-Identifier: MIT
 * Header of the camera's parameter library from before axparameter. Applications still include it
 * and use axparameter alone; of the old library itself nothing is here. */
#ifndef PLATFORM_PARAM_H
#define PLATFORM_PARAM_H

#endif
