#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIGURATION                                                                                                           \
    "{\"SchemaVersion\": {\"Major\": 2, \"Minor\": 5}, \"Owner\": \"tests\", \"VirtualMachine\": {\"ComputeTopology\":"            \
    " {\"Memory\": {\"SizeInMB\": 512}}, \"Services\": {\"Shutdown\": {}}, \"GuestConnection\": {}}}"
#define RESIZE                                                                                                                  \
    "{\"ResourcePath\": \"VirtualMachine/ComputeTopology/Memory/SizeInMB\", \"RequestType\": \"Update\", \"Settings\": 1024}"
#define SOCKET "hcs:/VirtualMachine/LiveMigrationSocket"

/* Nothing that bad arguments do is said: the host is asked for answers only. */
static const char SCENARIO[] =
    "{\"host\": {\"source_lines\": 0},"
    " \"saved_states\": [\"C:\\\\states\\\\vm.vmrs\"],"
    " \"programs\": [{\"command_line\": \"stays\", \"runs_until_terminated\": true}, {\"command_line\": \"ends\", \"exits_with\": 0}],"
    " \"allow\": [\"leaked-operation\", \"leaked-system\", \"leaked-process\", \"leaked-document\","
    " \"use-after-close\", \"double-close\", \"wrong-kind\", \"not-a-handle\", \"null-handle\", \"closed-in-use\","
    " \"double-free\", \"foreign-free\", \"stuck-wait\", \"rule-never-applied\", \"rule-count\", \"rule-panicked\","
    " \"ambiguous-host\", \"event-missed\", \"callback-unreturned\", \"program-panicked\", \"leaked-pipe\","
    " \"missing-export\", \"replay-departed\", \"subscriber-panicked\", \"out-of-resources\","
    " \"infinite-wait-in-callback\", \"failure-unread\", \"closed-before-exit-event\", \"result-unread\","
    " \"closed-while-pending\", \"polled-in-a-loop\", \"freed-otherwise\", \"timeout-abandoned\","
    " \"opened-without-generic-all\", \"options-not-null\"]}";

static const char PROGRAM[] = "{\"programs\": [{\"command_line\": \"ends\", \"prints\": \"done\", \"exits_with\": 7}]}";

/* For what has to work: a world that cannot be made is no test. */
static void must(const char *what, HRESULT code)
{
    if (code != S_OK)
    {
        fprintf(stderr, "%s: 0x%08X\n", what, (unsigned)code);
        exit(2);
    }
}

static bool is(const char *name, const char *other)
{
    return strcmp(name, other) == 0;
}

typedef HRESULT(WINAPI *request)(HCS_SYSTEM, HCS_OPERATION, PCWSTR);

static void add_socket(HCS_OPERATION operation)
{
    must("resource", HcsAddResourceToOperation(operation, HcsResourceTypeSocket, u"" SOCKET, (HANDLE)(intptr_t)0x1234));
}

static void ask(HCS_SYSTEM system, request call, PCWSTR options)
{
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    if (call == HcsStartLiveMigrationOnSource)
    {
        add_socket(operation);
    }
    must("request", call(system, operation, options));
    must("its operation", HcsWaitForOperationResult(operation, INFINITE, NULL));
    HcsCloseOperation(operation);
}

static HCS_SYSTEM new_system(PCWSTR id)
{
    HCS_SYSTEM system = NULL;
    HCS_OPERATION operation = HcsCreateOperation(NULL, NULL);
    must("create", HcsCreateComputeSystem(id, u"" CONFIGURATION, operation, NULL, &system));
    must("its operation", HcsWaitForOperationResult(operation, INFINITE, NULL));
    HcsCloseOperation(operation);
    return system;
}

/* Answers the operation, too: what asks for process information needs it. */
static HCS_PROCESS new_process(HCS_SYSTEM system, PCWSTR parameters, HCS_OPERATION *operation)
{
    HCS_PROCESS process = NULL;
    *operation = HcsCreateOperation(NULL, NULL);
    must("create process", HcsCreateProcess(system, parameters, *operation, NULL, &process));
    must("its operation", HcsWaitForOperationResult(*operation, INFINITE, NULL));
    return process;
}

static void bring_into_state(HCS_SYSTEM system, const char *name)
{
    if (is(name, "HcsStartComputeSystem"))
    {
        return;
    }
    ask(system, HcsStartComputeSystem, NULL);
    if (is(name, "HcsResumeComputeSystem") || is(name, "HcsSaveComputeSystem"))
    {
        ask(system, HcsPauseComputeSystem, NULL);
    }
    if (is(name, "HcsStartLiveMigrationOnSource") || is(name, "HcsCancelLiveMigration"))
    {
        ask(system, HcsInitializeLiveMigrationOnSource, NULL);
    }
    if (is(name, "HcsStartLiveMigrationTransfer") || is(name, "HcsFinalizeLiveMigration"))
    {
        ask(system, HcsInitializeLiveMigrationOnSource, NULL);
        ask(system, HcsStartLiveMigrationOnSource, NULL);
    }
    if (is(name, "HcsFinalizeLiveMigration"))
    {
        ask(system, HcsStartLiveMigrationTransfer, NULL);
        HcsSimAdvance(1000);
    }
}

/* An operation in the state that the export wants. */
static void make_operation(world *it, const char *name)
{
    it->operation = HcsCreateOperation(it, NULL);
    if (is(name, "HcsStartLiveMigrationOnSource"))
    {
        add_socket(it->operation);
    }
    bool is_pending = strstr(name, "FromOperation") != NULL; /* from one that is done there is nothing to get */
    if (is(name, "HcsGetProcessFromOperation"))
    {
        must("process info", HcsGetProcessInfo(it->process, it->operation));
    }
    else if (strstr(name, "AndProcessInfo") != NULL)
    {
        HcsCloseOperation(it->operation);
        new_process(it->system, u"{\"CommandLine\": \"ends\"}", &it->operation);
    }
    else if (is_pending || strstr(name, "OperationResult") != NULL || is(name, "HcsGetOperationType") || is(name, "HcsGetOperationId"))
    {
        must("properties", HcsGetComputeSystemProperties(it->system, it->operation, NULL));
        if (!is_pending)
        {
            must("their operation", HcsWaitForOperationResult(it->operation, INFINITE, NULL));
        }
    }
}

void make_world(world *it, const char *name)
{
    memset(it, 0, sizeof *it);
    must("reset", HcsSimReset());
    must("scenario", HcsSimLoadScenario(SCENARIO));
    it->system = new_system(u"vm");
    bring_into_state(it->system, name);

    bool needs_process = strstr(name, "Process") != NULL && strstr(name, "HcsCreateProcess") == NULL;
    if (needs_process)
    {
        bool ends = is(name, "HcsWaitForProcessExit");
        HCS_PROCESS_INFORMATION info;
        HCS_OPERATION operation;
        it->process = new_process(it->system, ends ? u"{\"CommandLine\": \"ends\"}" : u"{\"CommandLine\": \"stays\"}", &operation);
        must("process info", HcsGetOperationResultAndProcessInfo(operation, &info, NULL));
        it->process_id = info.ProcessId;
        HcsCloseOperation(operation);
        it->closed_process = new_process(it->system, u"{\"CommandLine\": \"ends\"}", &operation);
        HcsCloseOperation(operation);
        HcsCloseProcess(it->closed_process);
    }
    it->closed_operation = HcsCreateOperation(NULL, NULL);
    HcsCloseOperation(it->closed_operation);
    it->closed_system = new_system(u"closed");
    HcsCloseComputeSystem(it->closed_system);
    make_operation(it, name); /* last: waits for others would complete it */
    if (is(name, "HcsWaitForComputeSystemExit"))
    {
        ask(it->system, HcsTerminateComputeSystem, NULL);
    }
    it->options.Version = HcsCreateOptions_1;
}

void make_strict_world(world *it)
{
    memset(it, 0, sizeof *it);
    must("reset", HcsSimReset());
    it->system = new_system(u"vm");
    ask(it->system, HcsStartComputeSystem, NULL);
}

void must_succeed(HRESULT code)
{
    must("call", code);
}

/* Documents that one export wants. */
static PCWSTR valid_text(const char *name, const char *parameter)
{
    if (is(parameter, "id") || is(parameter, "vm_id"))
    {
        return strstr(name, "Create") != NULL ? u"new" : u"vm";
    }
    if (is(parameter, "configuration"))
    {
        return strstr(name, "Create") != NULL ? u"" CONFIGURATION : u"" RESIZE;
    }
    if (is(parameter, "process_parameters"))
    {
        return u"{\"CommandLine\": \"ends\"}";
    }
    if (is(parameter, "uri"))
    {
        return u"" SOCKET;
    }
    if (is(name, "HcsModifyProcess"))
    {
        return u"{\"Operation\": \"ConsoleSize\", \"ConsoleSize\": {\"Height\": 25, \"Width\": 80}}";
    }
    if (is(name, "HcsModifyServiceSettings"))
    {
        return u"{\"PropertyType\": \"CpuGroup\", \"Settings\": {\"Operation\": \"CreateGroup\", \"OperationDetails\":"
                 " {\"GroupId\": \"6f0c9a5e-3d1b-4c7e-8a52-9b1d40f7e213\", \"LogicalProcessorCount\": 1, \"LogicalProcessors\": [0]}}}";
    }
    if (is(name, "HcsShutDownComputeSystem"))
    {
        return u"{\"Mechanism\": \"IntegrationService\", \"Type\": \"Shutdown\"}";
    }
    if (is(name, "HcsSaveComputeSystem"))
    {
        return u"{\"SaveType\": \"ToFile\", \"SaveStateFilePath\": \"C:\\\\states\\\\other.vmrs\"}";
    }
    if (is(name, "HcsCrashComputeSystem"))
    {
        return u"{\"Type\": \"CrashGuest\"}";
    }
    if (is(name, "HcsSubmitWerReport"))
    {
        return u"{\"SystemId\": \"vm\"}";
    }
    if (is(name, "HcsGetProcessorCompatibilityFromSavedState"))
    {
        return u"C:\\states\\vm.vmrs";
    }
    if (is(parameter, "path"))
    {
        return u"bad_input.tmp";
    }
    return is(parameter, "file_path") ? u"C:\\disks\\vm.vhdx" : NULL;
}

static void CALLBACK on_completion(HCS_OPERATION operation, void *context)
{
    (void)operation, (void)context;
}

static void CALLBACK on_event(HCS_EVENT *event, void *context)
{
    (void)event, (void)context;
}

argument valid_argument(world *it, const char *name, const char *kind, const char *parameter)
{
    if (is(kind, "operation"))
    {
        return (argument)it->operation;
    }
    if (is(kind, "system"))
    {
        return (argument)it->system;
    }
    if (is(kind, "process"))
    {
        return (argument)it->process;
    }
    if (is(kind, "text") || is(kind, "needed_text"))
    {
        return (argument)valid_text(name, parameter);
    }
    if (is(kind, "milliseconds"))
    {
        return 1000;
    }
    if (is(kind, "number"))
    {
        return is(parameter, "process_id") ? it->process_id : GENERIC_ALL;
    }
    if (is(kind, "resource_type"))
    {
        return HcsResourceTypeSocket;
    }
    if (is(kind, "create_options"))
    {
        return (argument)&it->options;
    }
    if (is(kind, "information"))
    {
        return (argument)it->information;
    }
    if (is(kind, "document") || is(kind, "needed_document") || is(kind, "features"))
    {
        return (argument)it->document;
    }
    if (is(kind, "new_system") || is(kind, "new_process"))
    {
        return (argument)it->handle;
    }
    if (is(kind, "completion"))
    {
        return (argument)on_completion;
    }
    if (is(kind, "event_callback"))
    {
        return (argument)on_event;
    }
    return is(parameter, "handle") ? 0x1234 : 0; /* no context, identity or descriptor; no event options */
}

bool full_cycle(void)
{
    char *report = NULL;
    HCS_OPERATION operation;
    HCS_PROCESS_INFORMATION info;
    HCS_PROCESS process = NULL;
    PWSTR properties = NULL;
    PWSTR status = NULL;
    char output[8] = "";
    DWORD got = 0;

    must("reset", HcsSimReset());
    must("scenario", HcsSimLoadScenario(PROGRAM));
    HCS_SYSTEM system = new_system(u"vm");
    ask(system, HcsStartComputeSystem, NULL);
    operation = HcsCreateOperation(NULL, NULL);
    must("properties", HcsGetComputeSystemProperties(system, operation, NULL));
    must("their operation", HcsWaitForOperationResult(operation, INFINITE, &properties));
    LocalFree(properties);
    must("create process",
         HcsCreateProcess(system, u"{\"CommandLine\": \"ends\", \"CreateStdOutPipe\": true}", operation, NULL, &process));
    must("its operation", HcsWaitForOperationResultAndProcessInfo(operation, INFINITE, &info, NULL));
    HcsCloseOperation(operation);
    bool is_read = ReadFile(info.StdOutput, output, sizeof output - 1, &got, NULL) && is(output, "done");
    CloseHandle(info.StdOutput);
    must("exit", HcsWaitForProcessExit(process, INFINITE, &status));
    LocalFree(status);
    HcsCloseProcess(process);
    ask(system, HcsTerminateComputeSystem, NULL);
    HcsCloseComputeSystem(system);
    int findings = HcsSimVerify(&report);
    if (findings != 0)
    {
        fprintf(stderr, "%s\n", report != NULL ? report : HcsSimProblem());
    }
    HcsSimFree(report);
    return is_read && findings == 0;
}
