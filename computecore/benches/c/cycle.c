/* The cycle of one operation, as often as it is asked for: a count on each line of stdin, nanoseconds on each line of stdout.
 * Not here: the same in Rust, and whom they are compared by (from_c.rs). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <computecore.h>
#include <hcs_sim.h>

static void must(HRESULT code)
{
    if (code != S_OK)
    {
        fprintf(stderr, "0x%08X\n", (unsigned)code);
        exit(1);
    }
}

static HCS_SYSTEM running(void)
{
    HCS_SYSTEM system = NULL;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    must(HcsCreateComputeSystem(u"web", u"{\"SchemaVersion\": {\"Major\": 2, \"Minor\": 1}, \"Owner\": \"bench\", \"Container\": {}}",
                                operation, NULL, &system));
    must(HcsWaitForOperationResult(operation, INFINITE, NULL));
    must(HcsStartComputeSystem(system, operation, NULL));
    must(HcsWaitForOperationResult(operation, INFINITE, NULL));
    HcsCloseOperation(operation);
    return system;
}

static void cycle(HCS_SYSTEM system)
{
    PWSTR document = NULL;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    must(HcsGetComputeSystemProperties(system, operation, NULL));
    must(HcsWaitForOperationResult(operation, INFINITE, &document));
    LocalFree(document);
    HcsCloseOperation(operation);
}

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void)
{
    must(HcsSimLoadScenario("{\"allow\": [\"polled-in-a-loop\"]}"));
    HCS_SYSTEM system = running();
    long count;
    while (scanf("%ld", &count) == 1)
    {
        long long began = now();
        for (long at = 0; at < count; at++)
        {
            cycle(system);
        }
        printf("%lld\n", now() - began);
        fflush(stdout);
    }
    HcsCloseComputeSystem(system);
    return HcsSimVerify(NULL) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
