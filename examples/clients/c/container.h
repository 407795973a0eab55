/* Containers of the Host Compute Service: one object a container, one call a task, failures with the sentence that HCS had for them.
 * Not here: what a container is made of; the caller brings its configuration. */
#ifndef CONTAINER_H
#define CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include <computecore.h>

typedef struct container container;

/* What failed, with which code, and what HCS said about it: the ErrorMessage of its ResultError, as UTF-8, else empty. */
typedef struct container_error
{
    const char *call;
    HRESULT code;
    char message[256];
} container_error;

/* Called once, on a thread of HCS, when the container has exited, even while container_start still waits; status is its
 * SystemExitStatus, or NULL. It must not close the container: that waits for it. */
typedef void (*container_exited)(PCWSTR status, void *context);

/* Creates a container and starts it. NULL on failure, and nothing is left behind. */
container *container_start(PCWSTR id, PCWSTR configuration, container_exited exited, void *context, container_error *error);

/* Its properties as JSON: a text for container_free. NULL on failure. */
char *container_properties(const container *self, container_error *error);

/* Runs a command to its end. Its output is a text for container_free, or NULL on failure. */
char *container_run(const container *self, PCWSTR parameters, int *exit_code, container_error *error);

/* Ends it. One that has ended by itself is ended as well. */
bool container_terminate(const container *self, container_error *error);

/* Closes the handle, after the last callback. NULL is fine. */
void container_close(container *self);

void container_free(char *text);

#endif
