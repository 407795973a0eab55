// Follows OperationCompletionSample.md: three ways to hear that an operation is done.
// Not here: events that are not about operations (event_callback.cpp).
#include "samples.h"

void samples::completion_by_waiting()
{
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    unique_hcs_system system;
    THROW_IF_FAILED(HcsCreateComputeSystem(L"Proofer", bare_machine, operation.get(), nullptr, &system));
    wil::unique_hlocal_string document;
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    CHECK(!document);
}

namespace
{

struct completed
{
    wil::unique_event event;
    HRESULT code = E_UNEXPECTED;
    HCS_OPERATION_TYPE type = HcsOperationTypeNone;
};

// Nobody else has the handle, so it is closed here. The page throws here, which no callback of a C function may do: the code is
// told.
void fetch_and_close(HCS_OPERATION operation, void *context)
{
    auto &it = *static_cast<completed *>(context);
    it.type = HcsGetOperationType(operation);
    {
        wil::unique_hlocal_string document;
        it.code = HcsGetOperationResult(operation, &document);
    }
    HcsCloseOperation(operation);
    SetEvent(it.event.get());
}

} // namespace

void samples::completion_by_callback()
{
    completed it;
    it.event.create();
    unique_hcs_system system;
    THROW_IF_FAILED(HcsCreateComputeSystem(
        L"Proofer", bare_machine,
        HcsCreateOperation(&it, [](HCS_OPERATION operation, void *context) { fetch_and_close(operation, context); }), nullptr, &system));
    it.event.wait(INFINITE);
    CHECK(it.code == S_OK && it.type == HcsOperationTypeCreate);
}

void samples::completion_by_event()
{
    completed it;
    it.event.create();
    unique_hcs_system system;
    THROW_IF_FAILED(HcsCreateComputeSystem(L"Proofer", bare_machine, HcsCreateOperation(nullptr, nullptr), nullptr, &system));
    THROW_IF_FAILED(HcsSetComputeSystemCallback(
        system.get(), HcsEventOptionEnableOperationCallbacks, &it,
        [](HCS_EVENT *event, void *context)
        {
            if (event->Type == HcsEventOperationCallback)
            {
                fetch_and_close(event->Operation, context);
            }
        }));
    it.event.wait(INFINITE);
    CHECK(it.code == S_OK && it.type == HcsOperationTypeCreate);

    // An operation with a callback of its own is refused now. The page loses it; it has an owner here.
    unique_hcs_operation own{HcsCreateOperation(nullptr, [](HCS_OPERATION, void *) {})};
    const HRESULT result = HcsStartComputeSystem(system.get(), own.get(), nullptr);
    THROW_HR_IF(E_UNEXPECTED, result != HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET);
}
