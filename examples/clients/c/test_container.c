/* The client against the fake: each test has a host of its own, with its own scenario, and ends by asking it what was wrong.
 * Not here: the client. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hcs_sim.h>

#include "container.h"
#include "text.h"

static int failures;

#define CHECK(condition) ((condition) ? (void)0 : failed(#condition, __LINE__))

static void failed(const char *condition, int line)
{
    failures++;
    fprintf(stderr, "test_container.c:%d: %s\n", line, condition);
}

static const PCWSTR CONFIGURATION = u"{\"Owner\": \"bakery\", \"SchemaVersion\": {\"Major\": 2, \"Minor\": 1},"
                                    u" \"ShouldTerminateOnLastHandleClosed\": true, \"Container\": {}}";

/* How a container exited, from the thread that is told to the one that waits. */
typedef struct exit_box
{
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int times;
    char type[32];
} exit_box;

static void put_exit(PCWSTR status, void *context)
{
    exit_box *box = context;
    char *json = text_to_utf8(status);
    pthread_mutex_lock(&box->lock);
    text_member(json, "ExitType", box->type, sizeof box->type);
    box->times++;
    pthread_cond_signal(&box->filled);
    pthread_mutex_unlock(&box->lock);
    free(json);
}

static void await_exit(exit_box *box)
{
    pthread_mutex_lock(&box->lock);
    while (box->times == 0)
    {
        pthread_cond_wait(&box->filled, &box->lock);
    }
    pthread_mutex_unlock(&box->lock);
}

#define EXIT_BOX {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, ""}

static void it_starts_tells_its_state_and_ends(void)
{
    exit_box box = EXIT_BOX;
    container_error error = {0};
    container *web = container_start(u"web", CONFIGURATION, put_exit, &box, &error);
    CHECK(web != NULL);
    if (web == NULL)
    {
        return;
    }
    char state[16];
    char *properties = container_properties(web, &error);
    text_member(properties, "State", state, sizeof state);
    container_free(properties);
    CHECK(strcmp(state, "Running") == 0);

    CHECK(container_terminate(web, &error));
    await_exit(&box);
    CHECK(strcmp(box.type, "ForcedExit") == 0);
    CHECK(container_terminate(web, &error)); /* it has stopped already */
    container_close(web);
    CHECK(box.times == 1);
}

static void a_failed_start_is_an_error_with_the_message_of_hcs(void)
{
    CHECK(HcsSimLoadScenario("{\"rules\": [{\"when\": {\"call\": \"start\", \"system\": \"web\"},"
                             " \"fail\": \"E_OUTOFMEMORY\", \"result_error\": {\"ErrorMessage\": \"kein Brot \\u00fcbrig\"}}]}") == S_OK);
    container_error error = {0};
    CHECK(container_start(u"web", CONFIGURATION, NULL, NULL, &error) == NULL);
    CHECK(error.code == E_OUTOFMEMORY);
    CHECK(strcmp(error.call, "HcsStartComputeSystem") == 0);
    CHECK(strcmp(error.message, "kein Brot \xC3\xBC" "brig") == 0);
}

static void a_refused_call_is_an_error_too(void)
{
    CHECK(HcsSimLoadScenario("{\"rules\": [{\"when\": {\"call\": \"create\"}, \"refuse\": \"HCS_E_ACCESS_DENIED\"}]}") == S_OK);
    container_error error = {0};
    CHECK(container_start(u"web", CONFIGURATION, NULL, NULL, &error) == NULL);
    CHECK(error.code == HCS_E_ACCESS_DENIED);
    CHECK(strcmp(error.call, "HcsCreateComputeSystem") == 0);
}

static void an_exit_of_its_own_is_told(void)
{
    CHECK(HcsSimLoadScenario("{\"events\": [{\"at\": \"90s\", \"event\": \"worker_death\", \"system\": \"web\"}]}") == S_OK);
    exit_box box = EXIT_BOX;
    container_error error = {0};
    container *web = container_start(u"web", CONFIGURATION, put_exit, &box, &error);
    CHECK(web != NULL);
    if (web == NULL)
    {
        return;
    }
    await_exit(&box); /* 90 seconds of the host's time, none of ours */
    CHECK(strcmp(box.type, "UnexpectedExit") == 0);
    CHECK(HcsSimNow() >= 90000);
    container_close(web);
}

static void a_command_runs_and_its_output_is_read_to_the_end(void)
{
    CHECK(HcsSimLoadScenario("{\"programs\": [{\"command_line\": \"cmd /c ver\", \"prints\": \"Windows [Version 10]\\r\\n\","
                             " \"after\": \"2s\", \"exits_with\": 3}]}") == S_OK);
    container_error error = {0};
    container *web = container_start(u"web", CONFIGURATION, NULL, NULL, &error);
    CHECK(web != NULL);
    if (web == NULL)
    {
        return;
    }
    int exit_code = -1;
    char *output = container_run(web, u"{\"CommandLine\": \"cmd /c ver\", \"CreateStdOutPipe\": true}", &exit_code, &error);
    CHECK(output != NULL && strcmp(output, "Windows [Version 10]\r\n") == 0);
    CHECK(exit_code == 3);
    container_free(output);

    CHECK(container_run(web, u"{\"CommandLine\": \"fdisk\", \"CreateStdOutPipe\": true}", &exit_code, &error) == NULL);
    CHECK(error.code == (HRESULT)0x80070002);
    container_close(web);
}

/* Careless on purpose: what the other tests would say if the client forgot something. */
static void leaves_a_handle_open(void)
{
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HCS_SYSTEM system = NULL;
    CHECK(HcsCreateComputeSystem(u"web", CONFIGURATION, operation, NULL, &system) == S_OK);
    CHECK(HcsWaitForOperationResult(operation, INFINITE, NULL) == S_OK);
    HcsCloseOperation(operation);

    char *report = NULL;
    CHECK(HcsSimVerify(&report) == 1);
    CHECK(report != NULL && strstr(report, "system#1, a handle of \"web\", was never closed") != NULL);
    HcsSimFree(report);
}

static void run(const char *name, void (*test)(void))
{
    int before = failures;
    CHECK(HcsSimEnterHost(name) == S_OK);
    test();
    char *report = NULL;
    if (HcsSimVerify(&report) != 0)
    {
        failures++;
        fputs(report != NULL ? report : HcsSimProblem(), stderr);
    }
    HcsSimFree(report);
    HcsSimEnterHost(NULL);
    printf("%s %s\n", failures == before ? "ok  " : "FAIL", name);
}

#define RUN(test) run(#test, test)

int main(void)
{
    RUN(it_starts_tells_its_state_and_ends);
    RUN(a_failed_start_is_an_error_with_the_message_of_hcs);
    RUN(a_refused_call_is_an_error_too);
    RUN(an_exit_of_its_own_is_told);
    RUN(a_command_runs_and_its_output_is_read_to_the_end);
    RUN(leaves_a_handle_open);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
