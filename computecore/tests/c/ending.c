/* Programs that end, each in a way of its own, with an operation that was never closed: what HCS_SIM_VERIFY makes of it. And what would
 * end a program that is not careful. Not here: callbacks that do not return (misbehaving.c), children that call (forked.c). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <computecore.h>
#include <hcs_sim.h>

enum
{
    SECONDS = 30 /* for what would hang */
};

static void leak(void)
{
    HcsCreateOperation(NULL, NULL);
}

static int begun[2];

static void *read_input(void *nothing)
{
    flockfile(stdin);
    if (write(begun[1], "", 1) == 1)
    {
        pause();
    }
    return nothing;
}

/* A thread has the lock of a stream, as one that waits for a line of input has. */
static int beside_a_reader(void)
{
    pthread_t thread;
    char byte;
    if (pipe(begun) != 0 || pthread_create(&thread, NULL, read_input, NULL) != 0 || read(begun[0], &byte, 1) != 1)
    {
        return 2;
    }
    leak();
    printf("printed"); /* and not flushed */
    return EXIT_SUCCESS;
}

/* The host is the parent's: the child ends without a word. */
static int after_a_fork(void)
{
    HcsSimEnterHost("forked");
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
    {
        dup2(STDOUT_FILENO, STDERR_FILENO);
        exit(EXIT_SUCCESS);
    }
    int status = 1;
    waitpid(child, &status, 0);
    HcsCloseOperation(operation);
    return status;
}

/* A program of the guest has ended: a write to it fails, and no signal comes. */
static int writing_to_nobody(void)
{
    HCS_SYSTEM system;
    HCS_PROCESS process;
    HCS_PROCESS_INFORMATION information;
    DWORD written = 1;
    HcsSimLoadScenario("{\"systems\": [{\"id\": \"web\", \"state\": \"Running\", \"configuration\": {\"Container\": {}}}],"
                       " \"programs\": [{\"command_line\": \"brief\"}]}");
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    HcsOpenComputeSystem((PCWSTR)u"web", GENERIC_ALL, &system);
    HcsCreateProcess(system, (PCWSTR)u"{\"CommandLine\": \"brief\", \"CreateStdInPipe\": true}", operation, NULL, &process);
    HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, &information, NULL);
    HcsWaitForProcessExit(process, INFINITE, NULL);
    BOOL wrote = WriteFile(information.StdInput, "text", 4, &written, NULL);
    DWORD why = GetLastError();
    CloseHandle(information.StdInput);
    HcsCloseProcess(process);
    HcsCloseOperation(operation);
    HcsCloseComputeSystem(system);
    printf("wrote %u: %d, error %u\n", written, wrote, why);
    return EXIT_SUCCESS;
}

static void CALLBACK release(HCS_OPERATION operation, void *context)
{
    (void)operation;
    *(int *)context = HcsSimRelease("nap");
}

/* In a callback, control functions work on the host whose callback it is. */
static int controlled_by_a_callback(void)
{
    int released = -1;
    HCS_SYSTEM system;
    HcsSimEnterHost("called back");
    HcsSimLoadScenario("{\"systems\": [{\"id\": \"web\", \"state\": \"Running\"}],"
                       " \"rules\": [{\"when\": {\"call\": \"pause\"}, \"simulate\": true, \"hold_as\": \"nap\"}]}");
    HCS_OPERATION pause = HcsCreateOperation(NULL, NULL);
    HCS_OPERATION list = HcsCreateOperation(&released, release);
    HcsOpenComputeSystem((PCWSTR)u"web", GENERIC_ALL, &system);
    HcsPauseComputeSystem(system, pause, NULL);
    HcsEnumerateComputeSystems(NULL, list);
    HRESULT paused = HcsWaitForOperationResult(pause, INFINITE, NULL);
    HcsCloseOperation(pause);
    HcsCloseOperation(list);
    HcsCloseComputeSystem(system);
    printf("released %d, paused %x\n", released, (unsigned)paused);
    return EXIT_SUCCESS;
}

static int is_reset[2], is_in[2];

static void *use_after_the_reset(void *answer)
{
    char byte;
    HCS_SYSTEM system = NULL;
    HcsSimEnterHost("common");
    if (write(is_in[1], "", 1) == 1 && read(is_reset[0], &byte, 1) == 1)
    {
        *(HRESULT *)answer = HcsOpenComputeSystem((PCWSTR)u"new", GENERIC_ALL, &system);
        HcsCloseComputeSystem(system);
    }
    return NULL;
}

/* A host that begins anew does so for every thread that is in it. */
static int reset_for_all(void)
{
    char byte;
    HRESULT answer = -1;
    pthread_t thread;
    HcsSimEnterHost("common");
    if (pipe(is_reset) != 0 || pipe(is_in) != 0 || pthread_create(&thread, NULL, use_after_the_reset, &answer) != 0)
    {
        return 2;
    }
    if (read(is_in[0], &byte, 1) == 1)
    {
        HcsSimReset();
        HcsSimLoadScenario("{\"systems\": [{\"id\": \"new\"}]}");
    }
    if (write(is_reset[1], "", 1) == 1)
    {
        pthread_join(thread, NULL);
    }
    printf("opened %x, then %d findings\n", (unsigned)answer, HcsSimVerify(NULL));
    return EXIT_SUCCESS;
}

/* A host that cannot begin leaves the former one as it was, with what is wrong with it. */
static int no_new_host(void)
{
    HcsSimLoadScenario("{\"systems\": [{\"id\": \"web\"}]}");
    HRESULT answer = HcsSimLoadScenario("{\"host\": {\"latency\": \"1ms\"}, \"systems\": [{\"id\": \"web\"}]}");
    leak();
    printf("loaded %x, then %d findings\n", (unsigned)answer, HcsSimVerify(NULL));
    return EXIT_SUCCESS;
}

int main(int count, char **arguments)
{
    static const struct
    {
        const char *name;
        int (*end)(void);
    } WAYS[] = {
        {"beside-a-reader", beside_a_reader},
        {"after-a-fork", after_a_fork},
        {"writing-to-nobody", writing_to_nobody},
        {"controlled-by-a-callback", controlled_by_a_callback},
        {"reset-for-all", reset_for_all},
        {"no-new-host", no_new_host},
    };
    alarm(SECONDS);
    const char *way = count > 1 ? arguments[1] : "";
    for (size_t at = 0; at < sizeof WAYS / sizeof *WAYS; at++)
    {
        if (strcmp(way, WAYS[at].name) == 0)
        {
            return WAYS[at].end();
        }
    }
    leak();
    exit(atoi(way)); /* a code */
}
