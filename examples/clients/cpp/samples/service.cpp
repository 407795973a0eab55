// Follows ServiceSample.md: properties and settings of the service, and a crash report that is passed on.
// Not here: what events are (event_callback.cpp).
#include <atomic>

#include "samples.h"

void samples::service_properties()
{
    // The page asks for Memory, which the schema does not list.
    wil::unique_hlocal_string document;
    THROW_IF_FAILED(HcsGetServiceProperties(LR"({"PropertyTypes": ["Basic"]})", &document));
    CHECK(has(wil::utf8(document.get()), R"({"SupportedSchemaVersions":[)"));
}

void samples::service_settings()
{
    // The page has a hole where its settings belong; these make a CPU group.
    wil::unique_hlocal_string document;
    THROW_IF_FAILED_MSG(HcsModifyServiceSettings(LR"({
        "PropertyType": "CpuGroup",
        "Settings": {
            "Operation": "CreateGroup",
            "OperationDetails": {
                "GroupId": "6f0c9a5e-3d1b-4c7e-8a52-9b1d40f7e213",
                "LogicalProcessorCount": 2,
                "LogicalProcessors": [0, 1]
            }
        }
    })", &document), document.get());
    THROW_IF_FAILED(HcsGetServiceProperties(LR"({"PropertyTypes": ["CpuGroup"]})", &document));
    CHECK(has(wil::utf8(document.get()), "6f0c9a5e-3d1b-4c7e-8a52-9b1d40f7e213"));
}

namespace
{

struct reports
{
    wil::unique_event exited;
    std::atomic<HRESULT> submitted{E_UNEXPECTED};
};

} // namespace

void samples::crash_report()
{
    // The page waits for a crash; HcsCrashComputeSystem makes one. Its registration lacks the options.
    reports it;
    it.exited.create();
    unique_hcs_system system = created(L"Proofer", bare_machine);
    THROW_IF_FAILED(HcsSetComputeSystemCallback(
        system.get(), HcsEventOptionNone, &it,
        [](HCS_EVENT *event, void *context)
        {
            auto &it = *static_cast<reports *>(context);
            if (event->Type == HcsEventSystemCrashReport)
            {
                it.submitted = HcsSubmitWerReport(event->EventData);
            }
            if (event->Type == HcsEventSystemExited)
            {
                SetEvent(it.exited.get());
            }
        }));
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    THROW_IF_FAILED(HcsStartComputeSystem(system.get(), operation.get(), nullptr));
    THROW_IF_FAILED(HcsWaitForOperationResult(operation.get(), INFINITE, nullptr));
    THROW_IF_FAILED(HcsCrashComputeSystem(system.get(), operation.get(), LR"({"Type": "CrashGuest"})"));
    THROW_IF_FAILED(HcsWaitForOperationResult(operation.get(), INFINITE, nullptr));
    it.exited.wait(INFINITE);
    CHECK(it.submitted == S_OK);
}
