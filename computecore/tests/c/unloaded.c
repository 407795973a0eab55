/* The library is unloaded with an operation pending, and loaded again. It stays where it is, as threads of it may run: what was pending
 * completes, and the handles of before are good. Not here: anything that is linked; everything is looked up. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <computecore.h>
#include <hcs_sim.h>

#ifdef _WIN32
typedef HMODULE library;
#define LOAD(path) LoadLibraryA(path)
#define UNLOAD(it) FreeLibrary(it)
#define FIND(it, name) (void *)(uintptr_t)GetProcAddress(it, name)
#else
#include <dlfcn.h>
typedef void *library;
#define LOAD(path) dlopen(path, RTLD_NOW | RTLD_LOCAL)
#define UNLOAD(it) dlclose(it)
#define FIND(it, name) dlsym(it, name)
#endif
#include <pthread.h>

/* The functions that are used; ISO C has no cast from an object pointer to them. */
static struct
{
    HCS_OPERATION(WINAPI *create_operation)(const void *, HCS_OPERATION_COMPLETION);
    void(WINAPI *close_operation)(HCS_OPERATION);
    HRESULT(WINAPI *create_system)(PCWSTR, PCWSTR, HCS_OPERATION, const SECURITY_DESCRIPTOR *, HCS_SYSTEM *);
    HRESULT(WINAPI *wait)(HCS_OPERATION, DWORD, PWSTR *);
    void(WINAPI *close_system)(HCS_SYSTEM);
    int(HCS_SIM_CALL *verify)(char **);
} hcs;

static void find(library it, const char *name, void *function, size_t size)
{
    void *found = FIND(it, name);
    if (found == NULL)
    {
        fprintf(stderr, "there is no %s\n", name);
        exit(2);
    }
    memcpy(function, &found, size);
}

static library load(const char *path)
{
    library it = LOAD(path);
    if (it == NULL)
    {
        fprintf(stderr, "%s cannot be loaded\n", path);
        exit(2);
    }
    find(it, "HcsCreateOperation", &hcs.create_operation, sizeof hcs.create_operation);
    find(it, "HcsCloseOperation", &hcs.close_operation, sizeof hcs.close_operation);
    find(it, "HcsCreateComputeSystem", &hcs.create_system, sizeof hcs.create_system);
    find(it, "HcsWaitForOperationResult", &hcs.wait, sizeof hcs.wait);
    find(it, "HcsCloseComputeSystem", &hcs.close_system, sizeof hcs.close_system);
    find(it, "HcsSimVerify", &hcs.verify, sizeof hcs.verify);
    return it;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int completed;

static void CALLBACK on_completion(HCS_OPERATION operation, void *context)
{
    (void)operation, (void)context;
    pthread_mutex_lock(&lock);
    completed++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

int main(int count, char **arguments)
{
    const char *path = count > 1 ? arguments[1] : "computecore.dll";
    library it = load(path);
    HCS_SYSTEM system = NULL;
    HCS_OPERATION operation = hcs.create_operation(NULL, on_completion);
    HRESULT code = hcs.create_system(u"vm", u"{\"SchemaVersion\": {\"Major\": 2, \"Minor\": 1}, \"Owner\": \"tests\", \"Container\": {}}",
                                     operation, NULL, &system);
    UNLOAD(it);
    memset(&hcs, 0, sizeof hcs);

    pthread_mutex_lock(&lock);
    while (completed == 0)
    {
        pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);

    load(path);
    bool works = code == S_OK && hcs.wait(operation, INFINITE, NULL) == S_OK;
    hcs.close_operation(operation);
    hcs.close_system(system);
    works = hcs.verify(NULL) == 0 && works;
    printf("unloaded with an operation pending, and loaded again: %s\n", works ? "it goes on" : "it does not work");
    return works ? EXIT_SUCCESS : EXIT_FAILURE;
}
