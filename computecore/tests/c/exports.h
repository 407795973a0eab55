/* Every export with its parameters, called with numbers.
 * Not here: the list (exports.def, generated), and which numbers are good (world.c). */
#ifndef EXPORTS_H
#define EXPORTS_H

#include "world.h"

enum
{
    MOST_PARAMETERS = 6
};

typedef struct export
{
    const char *name;
    HRESULT (*call)(const argument *);
    const char *returns;
    int count;
    struct
    {
        const char *kind, *name;
    } parameters[MOST_PARAMETERS];
} export;

/* How a number becomes a parameter. */
#define AS_operation(it) (HCS_OPERATION)(it)
#define AS_system(it) (HCS_SYSTEM)(it)
#define AS_process(it) (HCS_PROCESS)(it)
#define AS_text(it) (PCWSTR)(it)
#define AS_needed_text(it) (PCWSTR)(it)
#define AS_milliseconds(it) (DWORD)(it)
#define AS_number(it) (DWORD)(it)
#define AS_operation_options(it) (HCS_OPERATION_OPTIONS)(it)
#define AS_event_options(it) (HCS_EVENT_OPTIONS)(it)
#define AS_resource_type(it) (HCS_RESOURCE_TYPE)(it)
#define AS_create_options(it) (const HCS_CREATE_OPTIONS *)(it)
#define AS_information(it) (HCS_PROCESS_INFORMATION *)(it)
#define AS_document(it) (PWSTR *)(it)
#define AS_needed_document(it) (PWSTR *)(it)
#define AS_features(it) (PCWSTR *)(it)
#define AS_new_system(it) (HCS_SYSTEM *)(it)
#define AS_new_process(it) (HCS_PROCESS *)(it)
#define AS_completion(it) (HCS_OPERATION_COMPLETION)(it)
#define AS_event_callback(it) (HCS_EVENT_CALLBACK)(it)
#define AS_carried(it) (void *)(it)

/* What an answer says, as an HRESULT. */
#define RETURN_a_code(call) return call
#define RETURN_a_request(call) return call
#define RETURN_a_handle(call) return (call) != NULL ? S_OK : E_HANDLE
#define RETURN_a_type(call) return (call) != HcsOperationTypeNone ? S_OK : E_HANDLE
#define RETURN_an_id(call) return (call) != HCS_INVALID_OPERATION_ID ? S_OK : E_HANDLE
#define RETURN_nothing(call)                                                                                                    \
    call;                                                                                                                       \
    return S_OK

#define EXPORT1(returns, name, A, a)                                                                                            \
    static HRESULT call_##name(const argument *it) { RETURN_##returns(name(AS_##A(it[0]))); }
#define EXPORT2(returns, name, A, a, B, b)                                                                                      \
    static HRESULT call_##name(const argument *it) { RETURN_##returns(name(AS_##A(it[0]), AS_##B(it[1]))); }
#define EXPORT3(returns, name, A, a, B, b, C, c)                                                                                \
    static HRESULT call_##name(const argument *it) { RETURN_##returns(name(AS_##A(it[0]), AS_##B(it[1]), AS_##C(it[2]))); }
#define EXPORT4(returns, name, A, a, B, b, C, c, D, d)                                                                          \
    static HRESULT call_##name(const argument *it)                                                                              \
    {                                                                                                                           \
        RETURN_##returns(name(AS_##A(it[0]), AS_##B(it[1]), AS_##C(it[2]), AS_##D(it[3])));                                     \
    }
#define EXPORT5(returns, name, A, a, B, b, C, c, D, d, E, e)                                                                    \
    static HRESULT call_##name(const argument *it)                                                                              \
    {                                                                                                                           \
        RETURN_##returns(name(AS_##A(it[0]), AS_##B(it[1]), AS_##C(it[2]), AS_##D(it[3]), AS_##E(it[4])));                      \
    }
#define EXPORT6(returns, name, A, a, B, b, C, c, D, d, E, e, F, f)                                                              \
    static HRESULT call_##name(const argument *it)                                                                              \
    {                                                                                                                           \
        RETURN_##returns(name(AS_##A(it[0]), AS_##B(it[1]), AS_##C(it[2]), AS_##D(it[3]), AS_##E(it[4]), AS_##F(it[5])));       \
    }
#include "exports.def"
#undef EXPORT1
#undef EXPORT2
#undef EXPORT3
#undef EXPORT4
#undef EXPORT5
#undef EXPORT6

#define EXPORT1(r, name, A, a) {#name, call_##name, #r, 1, {{#A, #a}}},
#define EXPORT2(r, name, A, a, B, b) {#name, call_##name, #r, 2, {{#A, #a}, {#B, #b}}},
#define EXPORT3(r, name, A, a, B, b, C, c) {#name, call_##name, #r, 3, {{#A, #a}, {#B, #b}, {#C, #c}}},
#define EXPORT4(r, name, A, a, B, b, C, c, D, d) {#name, call_##name, #r, 4, {{#A, #a}, {#B, #b}, {#C, #c}, {#D, #d}}},
#define EXPORT5(r, name, A, a, B, b, C, c, D, d, E, e)                                                                          \
    {#name, call_##name, #r, 5, {{#A, #a}, {#B, #b}, {#C, #c}, {#D, #d}, {#E, #e}}},
#define EXPORT6(r, name, A, a, B, b, C, c, D, d, E, e, F, f)                                                                    \
    {#name, call_##name, #r, 6, {{#A, #a}, {#B, #b}, {#C, #c}, {#D, #d}, {#E, #e}, {#F, #f}}},
static const export EXPORTS[] = {
#include "exports.def"
};

#endif
