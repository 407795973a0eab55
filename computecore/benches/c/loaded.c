/* Loads the library, and prints how long that took in nanoseconds.
 * Not here: how often (from_c.rs). */
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
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
    printf("%lld\n", took);
    return 0;
}
