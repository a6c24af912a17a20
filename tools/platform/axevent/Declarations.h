/* SPDX-License-Identifier: MIT
 * Declarations - all events that this process has declared, with their current values, so that
 * they can be declared again when the event service starts anew. All functions need eventLock. */
#ifndef PLATFORM_DECLARATIONS_H
#define PLATFORM_DECLARATIONS_H

#include <axsdk/axevent.h>

/* Copies set and propertyKey (may be NULL). owner is the handler. */
void addDeclaration(guint id, gconstpointer owner, const AXEventKeyValueSet* set,
                    gboolean stateless, const char* propertyKey,
                    AXDeclarationCompleteCallback callback, gpointer userData);

gboolean removeDeclaration(guint id, gconstpointer owner, GError** error);

void removeAllDeclarations(gconstpointer owner);

/* Sends set, whose missing keys come from the declaration. FALSE while the service does not know
 * the declaration. */
gboolean sendDeclared(guint id, gconstpointer owner, const AXEventKeyValueSet* set,
                      GDateTime* timeStamp, GError** error);

/* What the event service says. */
gboolean completeDeclaration(guint32 serial, GVariant* body, const char* refusal);
void loseDeclarations(void);
void renewDeclarations(void);

#endif
