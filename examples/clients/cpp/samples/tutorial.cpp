// Follows Tutorial.md, "Quick Start", and its shorter form, HelloHCS. Where the page sleeps, the host's time passes.
// Not here: owners and checks (samples.h).
#include "samples.h"

namespace
{

constexpr auto machine_with_disk = LR"({
    "SchemaVersion": {"Major": 2, "Minor": 1},
    "Owner": "bakery",
    "ShouldTerminateOnLastHandleClosed": true,
    "VirtualMachine": {
        "Chipset": {"Uefi": {"BootThis": {"DeviceType": "ScsiDrive", "DevicePath": "System", "DiskNumber": 0}}},
        "ComputeTopology": {"Memory": {"Backing": "Virtual", "SizeInMB": 1536}, "Processor": {"Count": 4}},
        "Devices": {
            "Scsi": {"System": {"Attachments": {"0": {"Type": "VirtualDisk", "Path": "D:\\ovens\\oven.vhdx"}}}}
        }
    }
})";

constexpr auto double_the_memory = LR"({
    "RequestType": "Update",
    "ResourcePath": "VirtualMachine/ComputeTopology/Memory/SizeInMB",
    "Settings": 3072
})";

// What both have in common: one operation for everything that is waited for.
void create_start_and_ask(const unique_hcs_operation &operation, unique_hcs_system &system)
{
    THROW_IF_FAILED(HcsCreateComputeSystem(L"Oven", machine_with_disk, operation.get(), nullptr, &system));
    wil::unique_hlocal_string document;
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    CHECK(!document);

    THROW_IF_FAILED(HcsStartComputeSystem(system.get(), operation.get(), nullptr));
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    CHECK(!document);

    THROW_IF_FAILED(HcsGetComputeSystemProperties(system.get(), operation.get(), samples::ask_for_memory));
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    THROW_HR_IF(E_UNEXPECTED, !document);
    CHECK(samples::has(wil::utf8(document.get()), R"("State":"Running")"));
    CHECK(samples::has(wil::utf8(document.get()), R"("AssignedMemory":393216)")); // pages of 4 KB
}

void terminate(const unique_hcs_operation &operation, const unique_hcs_system &system)
{
    wil::unique_hlocal_string document;
    THROW_IF_FAILED(HcsTerminateComputeSystem(system.get(), operation.get(), nullptr));
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    CHECK(!document);
}

} // namespace

void samples::quick_start()
{
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    unique_hcs_system system;
    create_start_and_ask(operation, system);

    // The change succeeds only when the guest is up.
    HRESULT result;
    int tries = 0;
    do
    {
        HcsSimAdvance(5000);
        unique_hcs_operation modify{HcsCreateOperation(nullptr, nullptr)};
        wil::unique_hlocal_string document;
        THROW_IF_FAILED(HcsModifyComputeSystem(system.get(), modify.get(), double_the_memory, nullptr));
        result = HcsWaitForOperationResult(modify.get(), INFINITE, &document);
    } while (result != S_OK && ++tries < 5);
    THROW_IF_FAILED(result);
    CHECK(tries == 2);

    terminate(operation, system);
}

void samples::hello()
{
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    unique_hcs_system system;
    create_start_and_ask(operation, system);
    terminate(operation, system);
}
