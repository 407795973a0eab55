/* run_in_container ID COMMAND: runs a command in a new container, prints its output, and exits with its code.
 * Not here: how that is done (container.c). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"

static const PCWSTR CONFIGURATION = u"{\"Owner\": \"bakery\", \"SchemaVersion\": {\"Major\": 2, \"Minor\": 1},"
                                    u" \"ShouldTerminateOnLastHandleClosed\": true, \"Container\": {}}";

/* Appends ASCII as UTF-16; what stands in a JSON text is escaped. */
static WCHAR *append(WCHAR *to, const char *text, bool is_escaped)
{
    for (; *text != '\0'; text++)
    {
        if (is_escaped && (*text == '"' || *text == '\\'))
        {
            *to++ = '\\';
        }
        *to++ = (unsigned char)*text;
    }
    *to = 0;
    return to;
}

static int report(const container_error *error)
{
    fprintf(stderr, "%s failed with 0x%08X: %s\n", error->call, (unsigned)error->code, error->message);
    return EXIT_FAILURE;
}

int main(int count, char **arguments)
{
    static WCHAR id[128], parameters[2 * 1024 + 128];
    if (count != 3 || strlen(arguments[1]) >= 128 || strlen(arguments[2]) >= 1024)
    {
        fprintf(stderr, "usage: run_in_container ID COMMAND\n");
        return EXIT_FAILURE;
    }
    append(id, arguments[1], false);
    WCHAR *end = append(parameters, "{\"CreateStdOutPipe\": true, \"CommandLine\": \"", false);
    append(append(end, arguments[2], true), "\"}", false);

    container_error error = {0};
    container *it = container_start(id, CONFIGURATION, NULL, NULL, &error);
    if (it == NULL)
    {
        return report(&error);
    }
    int exit_code = 0;
    char *output = container_run(it, parameters, &exit_code, &error);
    if (output != NULL)
    {
        fputs(output, stdout);
    }
    else
    {
        exit_code = report(&error);
    }
    container_free(output);
    container_close(it);
    return exit_code;
}
