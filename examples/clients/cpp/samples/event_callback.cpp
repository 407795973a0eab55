// Follows EventCallbackSample.md, with one of the causes that it names for an exit: a terminate.
// Not here: operations whose completion is an event (operation_completion.cpp).
#include <atomic>

#include "samples.h"

namespace
{

struct seen
{
    wil::unique_event exited;
    std::atomic<int> exits{0};
    std::atomic<int> others{0};
    std::string status;
};

} // namespace

void samples::event_callback()
{
    seen it; // before the system: it is closed first
    it.exited.create();
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    unique_hcs_system system;
    THROW_IF_FAILED(HcsCreateComputeSystem(L"Proofer", bare_machine, operation.get(), nullptr, &system));
    wil::unique_hlocal_string document;
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());

    THROW_IF_FAILED(HcsSetComputeSystemCallback(
        system.get(), HcsEventOptionNone, &it,
        [](HCS_EVENT *event, void *context)
        {
            auto &it = *static_cast<seen *>(context);
            switch (event->Type)
            {
            case HcsEventSystemExited:
                it.status = wil::utf8(event->EventData);
                it.exits++;
                SetEvent(it.exited.get());
                break;
            default: // operations are none of these events without the option, and processes have callbacks of their own
                it.others++;
                break;
            }
        }));

    THROW_IF_FAILED(HcsStartComputeSystem(system.get(), operation.get(), nullptr));
    THROW_IF_FAILED(HcsWaitForOperationResult(operation.get(), INFINITE, nullptr));
    THROW_IF_FAILED(HcsTerminateComputeSystem(system.get(), operation.get(), nullptr));
    THROW_IF_FAILED(HcsWaitForOperationResult(operation.get(), INFINITE, nullptr));
    it.exited.wait(INFINITE);
    system.reset(); // waits for the callback
    CHECK(it.exits == 1 && it.others == 0);
    CHECK(has(it.status, R"("ExitType":"ForcedExit")"));
}
