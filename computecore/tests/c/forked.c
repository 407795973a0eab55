/* A process that used the library forks. In the child the host's threads are missing and its locks may be held for ever: every export
 * answers a failure there, and stderr says why, once. The parent goes on. Not here: Windows, which does not fork. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exports.h"

enum
{
    SECONDS = 30 /* for the child, which would hang if it were not told */
};

static int use_everything(void)
{
    static const argument nothing[MOST_PARAMETERS];
    int accepted = 0;
    alarm(SECONDS);
    for (size_t at = 0; at < sizeof EXPORTS / sizeof *EXPORTS; at++)
    {
        const export *it = &EXPORTS[at];
        bool answers = strcmp(it->returns, "nothing") != 0;
        if (SUCCEEDED(it->call(nothing)) && answers)
        {
            accepted++;
            printf("%s works in the child\n", it->name);
        }
    }
    const HRESULT control[] = {HcsSimReset(), HcsSimLoadScenario("{}"), HcsSimEnterHost("child"), HcsSimAdvance(1), HcsSimVerify(NULL)};
    for (size_t at = 0; at < sizeof control / sizeof *control; at++)
    {
        if (SUCCEEDED(control[at]))
        {
            accepted++;
            printf("control function %d works in the child\n", (int)at);
        }
    }
    fflush(stdout);
    return accepted;
}

int main(void)
{
    world it;
    make_world(&it, "HcsGetComputeSystemProperties");
    must_succeed(HcsGetComputeSystemProperties(it.system, it.operation, NULL)); /* pending while the process forks */

    int pipes[2];
    if (pipe(pipes) != 0)
    {
        return 2;
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
    {
        dup2(pipes[1], STDERR_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        _exit(use_everything() == 0 ? 0 : 1);
    }
    close(pipes[1]);
    char said[4096];
    size_t length = 0;
    ssize_t got;
    while ((got = read(pipes[0], said + length, sizeof said - 1 - length)) > 0)
    {
        length += (size_t)got;
    }
    said[length] = '\0';
    int status = 0;
    waitpid(child, &status, 0);
    /* Once for the exports; control functions say it with their names. */
    static const char sentence[] = "hcs-sim: this process was forked";
    const char *first = strstr(said, sentence);
    bool is_told_once = first != NULL && strstr(first + 1, sentence) == NULL;
    printf("forked: the child ended with %d and said: %s\n", status, said);
    return status == 0 && is_told_once && full_cycle() ? EXIT_SUCCESS : EXIT_FAILURE;
}
