/* Callbacks that throw an exception of C++. Not here: who registers them (misbehaving.c). */
#ifndef THROWING_H
#define THROWING_H

#include <computecore.h>

#ifdef __cplusplus
extern "C" {
#endif

void CALLBACK throwing_completion(HCS_OPERATION operation, void *context);
void CALLBACK throwing_event(HCS_EVENT *event, void *context);

#ifdef __cplusplus
}
#endif

#endif
