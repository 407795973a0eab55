/* Every export with bad values in every parameter: one parameter at a time with all others valid, and in all at once. Each call answers a
 * failure, or works where the table below says so; nothing crashes, and the library works afterwards.
 *
 * Handles are values, so that any number is tried. Pointers are NULL, valid, or valid at an odd address: garbage pointers crash on Windows
 * too, as nothing can tell that they are none. So do garbage functions as callbacks.
 *
 * Not here: valid arguments (world.c), and the list of exports and parameters (exports.def, generated). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exports.h"
#include "world.h"

enum
{
    MOST_VALUES = 9,
    LONG_TEXT = 512 * 1024, /* units: 1 MB */
    DEPTH = 100000
};

/* Values */

static WCHAR empty_text[1], long_text[LONG_TEXT + 1], deep_text[DEPTH + 1];
static WCHAR lone_surrogate[] = {'{', 0xD800, '}', 0}, half_pair_at_the_end[] = {'v', 'm', 0xDBFF, 0};
static WCHAR no_json[] = {'{', '"', 'I', 'd', 0}, other_json[] = {'[', '4', '2', ']', 0};
static unsigned char odd_text[64];
static HCS_CREATE_OPTIONS_1 unknown_version, garbage_members;
static unsigned char odd_options[sizeof(HCS_CREATE_OPTIONS_1) + 1];

static void make_texts(void)
{
    static const WCHAR vm[] = {'v', 'm', 0};
    for (int at = 0; at < LONG_TEXT; at++)
    {
        long_text[at] = 'x';
    }
    for (int at = 0; at < DEPTH; at++)
    {
        deep_text[at] = '[';
    }
    memcpy(odd_text + 1, vm, sizeof vm);
    unknown_version.Version = (HCS_CREATE_OPTIONS)0x7FFFFFFF;
    garbage_members.Version = HcsCreateOptions_1;
    garbage_members.UserToken = (HANDLE)(intptr_t)1;
    garbage_members.SecurityDescriptor = (SECURITY_DESCRIPTOR *)(intptr_t)-1;
    garbage_members.CallbackContext = (void *)(intptr_t)-1;
    memcpy(odd_options + 1, &garbage_members, sizeof garbage_members);
}

typedef struct value
{
    const char *name;
    argument it;
} value;

typedef struct values
{
    int count;
    value list[MOST_VALUES];
} values;

static void add(values *to, const char *name, argument it)
{
    to->list[to->count++] = (value){name, it};
}

static bool is(const char *name, const char *other)
{
    return strcmp(name, other) == 0;
}

static void add_handles(values *to, const world *world, const char *kind)
{
    HCS_OPERATION operation = world->operation;
    add(to, "NULL", 0);
    add(to, "1", 1);
    add(to, "-1", (argument)-1);
    add(to, "an address", (argument)to);
    add(to, "one off a handle", (is(kind, "operation") ? (argument)operation : (argument)world->system) + 1);
    add(to, "a handle with another bit", (argument)world->system ^ ((argument)1 << 40));
    if (is(kind, "operation"))
    {
        add(to, "closed", (argument)world->closed_operation);
        add(to, "a system", (argument)world->system);
        add(to, "a process", (argument)world->closed_process);
    }
    if (is(kind, "system"))
    {
        add(to, "closed", (argument)world->closed_system);
        add(to, "an operation", (argument)operation);
        add(to, "a process", (argument)world->closed_process);
    }
    if (is(kind, "process"))
    {
        add(to, "closed", (argument)world->closed_process);
        add(to, "an operation", (argument)operation);
        add(to, "a system", (argument)world->system);
    }
}

/* The bad values of a kind. Of some, all are fine: contexts and descriptors are only carried. */
static values bad_values(world *world, const char *kind)
{
    values it = {0};
    if (is(kind, "operation") || is(kind, "system") || is(kind, "process"))
    {
        add_handles(&it, world, kind);
    }
    else if (is(kind, "text") || is(kind, "needed_text"))
    {
        add(&it, "NULL", 0);
        add(&it, "empty", (argument)empty_text);
        add(&it, "lone surrogate", (argument)lone_surrogate);
        add(&it, "half a pair at the end", (argument)half_pair_at_the_end);
        add(&it, "1 MB", (argument)long_text);
        add(&it, "deeply nested", (argument)deep_text);
        add(&it, "no JSON", (argument)no_json);
        add(&it, "other JSON", (argument)other_json);
        add(&it, "odd address", (argument)(odd_text + 1));
    }
    else if (is(kind, "milliseconds") || is(kind, "number") || strstr(kind, "options") == kind || is(kind, "resource_type") ||
             is(kind, "operation_options") || is(kind, "event_options"))
    {
        add(&it, "0", 0);
        add(&it, "1", 1);
        add(&it, "INT_MIN", 0x80000000u);
        add(&it, "INT_MAX", 0x7FFFFFFFu);
        add(&it, "UINT32_MAX", 0xFFFFFFFFu);
    }
    else if (is(kind, "create_options"))
    {
        add(&it, "NULL", 0);
        add(&it, "unknown version", (argument)&unknown_version);
        add(&it, "garbage members", (argument)&garbage_members);
        add(&it, "odd address", (argument)(odd_options + 1));
    }
    else if (is(kind, "information"))
    {
        add(&it, "NULL", 0);
        add(&it, "odd address", (argument)(world->information + 1));
    }
    else if (is(kind, "document") || is(kind, "needed_document") || is(kind, "features"))
    {
        add(&it, "NULL", 0);
        add(&it, "odd address", (argument)(world->document + 1));
    }
    else if (is(kind, "new_system") || is(kind, "new_process"))
    {
        add(&it, "NULL", 0);
        add(&it, "odd address", (argument)(world->handle + 1));
    }
    else if (is(kind, "completion") || is(kind, "event_callback"))
    {
        add(&it, "NULL", 0);
    }
    else if (is(kind, "carried"))
    {
        add(&it, "NULL", 0);
        add(&it, "1", 1);
        add(&it, "-1", (argument)-1);
    }
    return it;
}

/* Expectations */

typedef enum outcome
{
    FAILS,
    WORKS,
    /* It depends on the file system. */
    EITHER
} outcome;

/* Bad values fail, unless a row says something else; a later row wins. "" is everything; a parameter may be named by its kind. */
typedef struct expectation
{
    const char *export, *parameter, *value;
    outcome outcome;
} expectation;

static const expectation EXPECTED[] = {
    {"", "", "", FAILS},
    /* What is written may be left out, unless it is what the call is for; its place may be anywhere. */
    {"", "document", "", WORKS},
    {"", "information", "", WORKS},
    {"", "needed_document", "odd address", WORKS},
    {"", "features", "odd address", WORKS},
    {"", "new_system", "odd address", WORKS},
    {"", "new_process", "odd address", WORKS},
    /* Contexts, descriptors and identities are only carried; a resource is looked at. */
    {"", "carried", "", WORKS},
    {"HcsAddResourceToOperation", "handle", "", FAILS},
    {"HcsAddResourceToOperation", "handle", "1", WORKS},
    {"HcsAddResourceToOperation", "resource_type", "1", WORKS},
    {"", "event_options", "0", WORKS},
    {"", "event_options", "1", WORKS},
    /* What is waited for has happened. */
    {"", "milliseconds", "", WORKS},
    /* An operation can always be made. */
    {"HcsCreateOperation", "", "", WORKS},
    {"HcsCreateOperationWithNotifications", "", "", WORKS},
    /* No options or queries is what the documentation wants; these need some. */
    {"", "text", "NULL", WORKS},
    {"HcsShutDownComputeSystem", "options", "NULL", EITHER},
    {"HcsSaveComputeSystem", "options", "NULL", EITHER},
    {"", "options", "empty", WORKS},
    {"HcsShutDownComputeSystem", "options", "empty", EITHER},
    {"HcsSaveComputeSystem", "options", "empty", EITHER},
    {"HcsGetProcessProperties", "property_query", "empty", WORKS},
    /* Not read. */
    {"HcsGetOperationProperties", "options", "", WORKS},
    {"HcsOpenProcess", "requested_access", "", WORKS},
    /* Any namespace is a namespace; in another one there is no such system. */
    {"", "id_namespace", "", WORKS},
    {"", "id_namespace", "lone surrogate", FAILS},
    {"", "id_namespace", "half a pair at the end", FAILS},
    {"HcsOpenComputeSystemInNamespace", "id_namespace", "1 MB", FAILS},
    {"HcsOpenComputeSystemInNamespace", "id_namespace", "deeply nested", FAILS},
    {"HcsOpenComputeSystemInNamespace", "id_namespace", "no JSON", FAILS},
    {"HcsOpenComputeSystemInNamespace", "id_namespace", "other JSON", FAILS},
    {"HcsOpenComputeSystemInNamespace", "id_namespace", "odd address", FAILS},
    {"HcsCreateComputeSystemInNamespace", "create_options", "", WORKS},
    {"HcsCreateComputeSystemInNamespace", "create_options", "unknown version", FAILS},
    /* Any text but an empty or broken one is an id, a name, a place. */
    {"HcsCreateComputeSystem", "id", "", WORKS},
    {"HcsCreateComputeSystemInNamespace", "id", "", WORKS},
    {"HcsAddResourceToOperation", "uri", "", WORKS},
    {"", "vm_id", "", WORKS},
    {"", "file_path", "", WORKS},
    {"", "path", "", EITHER},
    {"", "needed_text", "NULL", FAILS},
    {"", "needed_text", "empty", FAILS},
    {"", "needed_text", "lone surrogate", FAILS},
    {"", "needed_text", "half a pair at the end", FAILS},
    /* The text at the odd address is "vm", which is there already. */
    {"HcsCreateComputeSystem", "id", "odd address", FAILS},
    {"HcsCreateComputeSystemInNamespace", "id", "odd address", FAILS},
    {"HcsOpenComputeSystem", "id", "odd address", WORKS},
    {"HcsOpenComputeSystemInNamespace", "id", "odd address", WORKS},
};

static outcome expected(const export *row, int parameter, const value *it)
{
    outcome last = FAILS;
    for (size_t at = 0; at < sizeof EXPECTED / sizeof *EXPECTED; at++)
    {
        const expectation *e = &EXPECTED[at];
        const char *name = row->parameters[parameter].name, *kind = row->parameters[parameter].kind;
        bool is_meant = (*e->export == '\0' || is(e->export, row->name)) &&
                        (*e->parameter == '\0' || is(e->parameter, name) || is(e->parameter, kind)) &&
                        (*e->value == '\0' || is(e->value, it->name));
        last = is_meant ? e->outcome : last;
    }
    return is(row->returns, "nothing") ? WORKS : last;
}

/* Calls */

static int failures, calls;

static HRESULT call(const world *world, const export *row, const argument *arguments)
{
    calls++;
    remove("bad_input.tmp");
    HRESULT code = row->call(arguments);
    if (code == S_OK && is(row->returns, "a_request"))
    {
        code = HcsWaitForOperationResult(world->operation, INFINITE, NULL);
    }
    return code;
}

static void judge(const export *row, const char *parameter, const char *what, outcome outcome, HRESULT code)
{
    if (outcome != EITHER && (outcome == WORKS) != SUCCEEDED(code))
    {
        failures++;
        fprintf(stderr, "%s, %s %s: 0x%08X\n", row->name, parameter, what, (unsigned)code);
    }
}

static void fill_valid(world *world, const export *row, argument *arguments)
{
    for (int at = 0; at < row->count; at++)
    {
        arguments[at] = valid_argument(world, row->name, row->parameters[at].kind, row->parameters[at].name);
    }
}

static void try_valid(const export *row)
{
    world world;
    argument arguments[MOST_PARAMETERS];
    make_world(&world, row->name);
    fill_valid(&world, row, arguments);
    HRESULT code = call(&world, row, arguments);
    /* On Windows, too, nothing can be cancelled. */
    judge(row, "every parameter", "valid", is(row->name, "HcsCancelOperation") ? FAILS : WORKS, code);
}

static void try_each(const export *row)
{
    for (int parameter = 0; parameter < row->count; parameter++)
    {
        int count = 1;
        for (int at = 0; at < count; at++)
        {
            world world;
            argument arguments[MOST_PARAMETERS];
            make_world(&world, row->name);
            fill_valid(&world, row, arguments);
            values bad = bad_values(&world, row->parameters[parameter].kind);
            count = bad.count;
            arguments[parameter] = bad.list[at].it;
            HRESULT code = call(&world, row, arguments);
            judge(row, row->parameters[parameter].name, bad.list[at].name, expected(row, parameter, &bad.list[at]), code);
        }
    }
}

static void try_all_at_once(const export *row)
{
    for (int at = 0; at < MOST_VALUES; at++)
    {
        world world;
        argument arguments[MOST_PARAMETERS];
        outcome all = WORKS;
        make_world(&world, row->name);
        for (int parameter = 0; parameter < row->count; parameter++)
        {
            values bad = bad_values(&world, row->parameters[parameter].kind);
            const value *it = &bad.list[at % bad.count];
            outcome of_this = expected(row, parameter, it);
            all = of_this == FAILS || all == FAILS ? FAILS : of_this == EITHER ? EITHER : all;
            arguments[parameter] = it->it;
        }
        judge(row, "every parameter", "bad", all, call(&world, row, arguments));
    }
}

/* What the exports that create files made of strange names. */
static void remove_files(void)
{
    static const char *const names[] = {"bad_input.tmp", "vm", "[42]", "{\"Id"};
    for (size_t at = 0; at < sizeof names / sizeof *names; at++)
    {
        remove(names[at]);
    }
}

int main(void)
{
    int parameters = 0;
    const int count = sizeof EXPORTS / sizeof *EXPORTS;
    make_texts();
    for (int at = 0; at < count; at++)
    {
        try_valid(&EXPORTS[at]);
        try_each(&EXPORTS[at]);
        try_all_at_once(&EXPORTS[at]);
        parameters += EXPORTS[at].count;
    }
    remove_files();
    if (!full_cycle())
    {
        failures++;
    }
    printf("bad input: %d calls with bad values in %d parameters of %d exports, %d not as expected\n", calls, parameters, count, failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
