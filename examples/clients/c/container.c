#include "container.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Milliseconds. A start is over when the guest is ready, so it may take long. */
enum
{
    START_MS = 120000,
    REQUEST_MS = 10000
};

/* Code of later headers that mingw-w64's lack. */
#ifndef HCS_E_SYSTEM_ALREADY_STOPPED
#define HCS_E_SYSTEM_ALREADY_STOPPED ((HRESULT)0x80370110)
#endif

struct container
{
    HCS_SYSTEM system;
    container_exited exited;
    void *context;
};

static bool fail(container_error *error, const char *call, HRESULT code, PCWSTR document)
{
    error->call = call;
    error->code = code;
    char *json = text_to_utf8(document);
    text_member(json, "ErrorMessage", error->message, sizeof error->message);
    free(json);
    return false;
}

/* Waits for what was begun, closes the operation, and gives the document if it is wanted. A call that was refused has nothing to
 * wait for. */
static bool finish(HCS_OPERATION operation, const char *call, HRESULT begun, DWORD timeout_ms, char **json, container_error *error)
{
    PWSTR document = NULL;
    HRESULT code = FAILED(begun) ? begun : HcsWaitForOperationResult(operation, timeout_ms, &document);
    HcsCloseOperation(operation);
    bool is_done = SUCCEEDED(code) || fail(error, call, code, document);
    if (is_done && json != NULL)
    {
        *json = text_to_utf8(document);
        is_done = *json != NULL || fail(error, call, E_UNEXPECTED, NULL);
    }
    LocalFree(document);
    return is_done;
}

static void CALLBACK on_event(HCS_EVENT *event, void *context)
{
    const container *self = context;
    if (event->Type == HcsEventSystemExited && self->exited != NULL)
    {
        self->exited(event->EventData, self->context);
    }
}

static bool start(container *self, PCWSTR id, PCWSTR configuration, container_error *error)
{
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HRESULT begun = HcsCreateComputeSystem(id, configuration, operation, NULL, &self->system);
    if (!finish(operation, "HcsCreateComputeSystem", begun, REQUEST_MS, NULL, error))
    {
        return false;
    }
    /* Before the start, so that no exit is missed. */
    HRESULT set = HcsSetComputeSystemCallback(self->system, HcsEventOptionNone, self, on_event);
    if (FAILED(set))
    {
        return fail(error, "HcsSetComputeSystemCallback", set, NULL);
    }
    operation = HcsCreateOperation(NULL, NULL);
    begun = HcsStartComputeSystem(self->system, operation, NULL);
    return finish(operation, "HcsStartComputeSystem", begun, START_MS, NULL, error);
}

container *container_start(PCWSTR id, PCWSTR configuration, container_exited exited, void *context, container_error *error)
{
    container *self = calloc(1, sizeof *self);
    if (self == NULL)
    {
        fail(error, "calloc", E_OUTOFMEMORY, NULL);
        return NULL;
    }
    self->exited = exited;
    self->context = context;
    if (!start(self, id, configuration, error))
    {
        container_close(self);
        return NULL;
    }
    return self;
}

char *container_properties(const container *self, container_error *error)
{
    char *json = NULL;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HRESULT begun = HcsGetComputeSystemProperties(self->system, operation, NULL);
    finish(operation, "HcsGetComputeSystemProperties", begun, REQUEST_MS, &json, error);
    return json;
}

/* Reads to the end, which comes when the command has ended. */
static char *read_all(HANDLE pipe)
{
    char *text = NULL;
    size_t length = 0;
    for (;;)
    {
        char *longer = realloc(text, length + 4096 + 1);
        if (longer == NULL)
        {
            free(text);
            return NULL;
        }
        text = longer;
        DWORD got = 0;
        if (!ReadFile(pipe, text + length, 4096, &got, NULL))
        {
            text[length] = '\0';
            return text;
        }
        length += got;
    }
}

static bool wait_for_exit(HCS_PROCESS process, int *exit_code, container_error *error)
{
    PWSTR status = NULL;
    HRESULT code = HcsWaitForProcessExit(process, INFINITE, &status);
    char *json = text_to_utf8(status);
    LocalFree(status);
    bool is_known = SUCCEEDED(code) && number_member(json, "ExitCode", exit_code);
    free(json);
    return is_known || fail(error, "HcsWaitForProcessExit", FAILED(code) ? code : E_UNEXPECTED, NULL);
}

static bool spawn(HCS_SYSTEM system, PCWSTR parameters, HCS_PROCESS *process, HCS_PROCESS_INFORMATION *info,
                  container_error *error)
{
    PWSTR document = NULL;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HRESULT code = HcsCreateProcess(system, parameters, operation, NULL, process);
    if (SUCCEEDED(code))
    {
        code = HcsWaitForOperationResultAndProcessInfo(operation, REQUEST_MS, info, &document);
    }
    HcsCloseOperation(operation);
    if (FAILED(code))
    {
        fail(error, "HcsCreateProcess", code, document);
        if (*process != NULL) /* the call was accepted, and its operation failed */
        {
            HcsCloseProcess(*process);
        }
    }
    LocalFree(document);
    return SUCCEEDED(code);
}

static void close_pipes(const HCS_PROCESS_INFORMATION *info)
{
    const HANDLE pipes[] = {info->StdInput, info->StdOutput, info->StdError};
    for (size_t at = 0; at < sizeof pipes / sizeof *pipes; at++)
    {
        if (pipes[at] != NULL && pipes[at] != INVALID_HANDLE_VALUE) /* those that were not asked for */
        {
            CloseHandle(pipes[at]);
        }
    }
}

char *container_run(const container *self, PCWSTR parameters, int *exit_code, container_error *error)
{
    HCS_PROCESS process = NULL;
    HCS_PROCESS_INFORMATION info;
    memset(&info, 0, sizeof info);
    if (!spawn(self->system, parameters, &process, &info, error))
    {
        return NULL;
    }
    char *output = read_all(info.StdOutput);
    close_pipes(&info);
    bool has_ended = output != NULL ? wait_for_exit(process, exit_code, error) : fail(error, "ReadFile", E_OUTOFMEMORY, NULL);
    HcsCloseProcess(process);
    if (!has_ended)
    {
        free(output);
        output = NULL;
    }
    return output;
}

bool container_terminate(const container *self, container_error *error)
{
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HRESULT begun = HcsTerminateComputeSystem(self->system, operation, NULL);
    return finish(operation, "HcsTerminateComputeSystem", begun, REQUEST_MS, NULL, error) ||
           error->code == HCS_E_SYSTEM_ALREADY_STOPPED;
}

void container_close(container *self)
{
    if (self != NULL && self->system != NULL)
    {
        HcsCloseComputeSystem(self->system);
    }
    free(self);
}

void container_free(char *text)
{
    free(text);
}
