/* SPDX-License-Identifier: MIT */
/* ProfileJson - the app's configuration of what a history sets. */
#pragma once

#include "Config.h"
#include "Model.h"

/* config with these profiles and settings instead of its own; a new reference. */
Config* makeConfigOf(const Config* config, const Spec* specs, const Settings* settings);
