/* Callbacks that do not return: they throw, or end their thread. Each is one finding, the call that waits for it goes on, and the library
 * works afterwards. Not here: the callbacks that throw (throwing.cpp). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef _WIN32
#include <pthread.h>
#endif

#include "throwing.h"
#include "world.h"

static int failures;

static void end_thread(void)
{
#ifdef _WIN32
    ExitThread(3);
#else
    pthread_exit(NULL);
#endif
}

static void CALLBACK ending_completion(HCS_OPERATION operation, void *context)
{
    (void)operation, (void)context;
    end_thread();
}

static void CALLBACK ending_event(HCS_EVENT *event, void *context)
{
    (void)event, (void)context;
    end_thread();
}

static void expect(bool is_so, const char *name, const char *what)
{
    if (!is_so)
    {
        failures++;
        fprintf(stderr, "%s: %s\n", name, what);
    }
}

/* What is wrong is the callback alone, each time. */
static void verify(const char *name, int times)
{
    char *report = NULL;
    int findings = HcsSimVerify(&report);
    expect(findings == times, name, "one finding each time");
    expect(report != NULL && strstr(report, "callback-unreturned") != NULL, name, report != NULL ? report : "a report");
    HcsSimFree(report);
    expect(full_cycle(), name, "works afterwards");
    printf("%s\n", name);
}

static void completion(const char *name, HCS_OPERATION_COMPLETION callback)
{
    world it;
    make_strict_world(&it);
    HCS_OPERATION operation = HcsCreateOperation(NULL, callback);
    expect(HcsGetComputeSystemProperties(it.system, operation, NULL) == S_OK, name, "is accepted");
    expect(HcsWaitForOperationResult(operation, 10000, NULL) == S_OK, name, "completes");
    HcsSimAdvance(1000);
    HcsCloseOperation(operation);
    HcsCloseComputeSystem(it.system);
    verify(name, 1);
}

static void event(const char *name, HCS_EVENT_CALLBACK callback)
{
    world it;
    make_strict_world(&it);
    expect(HcsSetComputeSystemCallback(it.system, HcsEventOptionNone, NULL, callback) == S_OK, name, "is set");
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    expect(HcsTerminateComputeSystem(it.system, operation, NULL) == S_OK, name, "is terminated");
    expect(HcsWaitForOperationResult(operation, 10000, NULL) == S_OK, name, "is gone");
    HcsCloseOperation(operation);
    HcsSimAdvance(1000);
    HcsCloseComputeSystem(it.system); /* waits for callbacks that run, and not for one that never returns */
    verify(name, 2); /* the guest connection closes, and the system exits */
}

int main(void)
{
    completion("a completion callback that throws", throwing_completion);
    completion("a completion callback that ends its thread", ending_completion);
    event("an event callback that throws", throwing_event);
    event("an event callback that ends its thread", ending_event);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
