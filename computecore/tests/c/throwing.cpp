#include "throwing.h"

#include <stdexcept>

void CALLBACK throwing_completion(HCS_OPERATION, void *)
{
    throw std::runtime_error("thrown by a completion callback");
}

void CALLBACK throwing_event(HCS_EVENT *, void *)
{
    throw std::runtime_error("thrown by an event callback");
}
