/* Loads the library, and prints how long that took in nanoseconds and how many threads there are then.
 * Not here: what is expected of them. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int threads(void)
{
    char line[256];
    int count = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
    {
        sscanf(line, "Threads: %d", &count);
    }
    return status != NULL && fclose(status) == 0 ? count : 0;
}

int main(int count, char **arguments)
{
    if (count < 2)
    {
        return 2;
    }
    long long began = now();
    void *library = dlopen(arguments[1], RTLD_NOW);
    long long took = now() - began;
    if (library == NULL)
    {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    printf("%lld %d\n", took, threads());
    return 0;
}
