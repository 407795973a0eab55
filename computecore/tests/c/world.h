/* A world in which each export can be called with success: valid arguments by export and parameter.
 * Not here: bad arguments (bad_input.c). */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <computecore.h>
#include <hcs_sim.h>

/* Everything that is passed is a number of 64 bits at most. */
typedef uintptr_t argument;

typedef struct world
{
    HCS_SYSTEM system;
    HCS_PROCESS process;
    HCS_OPERATION operation;
    /* Of other kinds than above, and closed, for bad arguments. */
    HCS_OPERATION closed_operation;
    HCS_SYSTEM closed_system;
    HCS_PROCESS closed_process;
    DWORD process_id;
    /* Where answers go: longer than each of them, so that they may also begin at an odd address. */
    unsigned char document[32], information[64], handle[32];
    HCS_CREATE_OPTIONS_1 options;
} world;

/* Begins a host and makes what the export needs. */
void make_world(world *it, const char *export_name);

/* The same with a running system and nothing else, in a host that says of nothing that it is fine. */
void make_strict_world(world *it);

/* Ends the program unless the code is S_OK. */
void must_succeed(HRESULT code);

/* The valid value of a parameter. */
argument valid_argument(world *it, const char *export_name, const char *kind, const char *parameter);

/* The whole life of a system, from its creation to its end, in a host that says of nothing that it is fine. Answers whether all went well,
 * and says what did not. */
bool full_cycle(void);

#endif
