// Follows ComputeSystemSample.md: open, enumerate, pause and resume, save and close.
// Not here: how a system is made (tutorial.cpp).
#include "samples.h"

void samples::open()
{
    // The machine runs on without a handle. The page prepares operation and query but ends before it uses them.
    started(L"Oven", vm).reset();
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    unique_hcs_system system;
    THROW_IF_FAILED(HcsOpenComputeSystem(L"Oven", GENERIC_ALL, &system));

    wil::unique_hlocal_string document;
    THROW_IF_FAILED(HcsGetComputeSystemProperties(system.get(), operation.get(), ask_for_memory));
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    CHECK(has(wil::utf8(document.get()), R"("AssignedMemory":196608)"));
}

void samples::enumerate()
{
    const unique_hcs_system oven = started(L"Oven", vm), mixer = created(L"Mixer", vm);
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    THROW_IF_FAILED(HcsEnumerateComputeSystems(nullptr, operation.get()));
    wil::unique_hlocal_string document;
    THROW_IF_FAILED(HcsWaitForOperationResult(operation.get(), INFINITE, &document));
    const std::string list = wil::utf8(document.get());
    CHECK(list.front() == '[' && has(list, R"("Id":"Oven")") && has(list, R"("Id":"Mixer")"));
}

void samples::pause_and_resume()
{
    constexpr auto suspend_to_save = LR"({"HostedNotification": {"Reason": "Save"}, "SuspensionLevel": "Suspend"})";
    const unique_hcs_system system = started(L"Oven", vm);

    unique_hcs_operation pause{HcsCreateOperation(nullptr, nullptr)};
    THROW_IF_FAILED(HcsPauseComputeSystem(system.get(), pause.get(), suspend_to_save));
    wil::unique_hlocal_string document;
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(pause.get(), INFINITE, &document), document.get());
    CHECK(has(properties(system), R"("State":"Paused")"));

    HcsSimAdvance(60'000);
    unique_hcs_operation resume{HcsCreateOperation(nullptr, nullptr)};
    THROW_IF_FAILED(HcsResumeComputeSystem(system.get(), resume.get(), nullptr));
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(resume.get(), INFINITE, &document), document.get());
    CHECK(has(properties(system), R"("State":"Running")"));
}

void samples::save_and_close()
{
    constexpr auto to_file = LR"({"SaveStateFilePath": "D:\\ovens\\cold.vmrs", "SaveType": "ToFile"})";
    unique_hcs_system system = started(L"Oven", vm);
    {
        // The page goes on from the one before, where the system is running again; what is saved has to be paused.
        unique_hcs_operation pause{HcsCreateOperation(nullptr, nullptr)};
        THROW_IF_FAILED(HcsPauseComputeSystem(system.get(), pause.get(), nullptr));
        THROW_IF_FAILED(HcsWaitForOperationResult(pause.get(), INFINITE, nullptr));
    }
    unique_hcs_operation save{HcsCreateOperation(nullptr, nullptr)};
    THROW_IF_FAILED(HcsSaveComputeSystem(system.get(), save.get(), to_file));
    wil::unique_hlocal_string document;
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(save.get(), INFINITE, &document), document.get());
    // The page closes what its owner closes a second time; release() leaves it to one of them.
    HcsCloseComputeSystem(system.release());

    unique_hcs_system again; // neither the save nor the close has ended it
    THROW_IF_FAILED(HcsOpenComputeSystem(L"Oven", GENERIC_ALL, &again));
    CHECK(has(properties(again), R"("State":"Paused")"));
}
