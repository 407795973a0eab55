// The C++ samples of the HCS documentation, told again: the same calls in the same order, each with what has to come of it.
// Not here: the samples, a file for each page.
#pragma once

#include "../owners.h"
#include "../testing.h"

namespace samples
{

using testing::has;

// What the pages on compute systems take for granted; it goes on when its handles are closed.
inline constexpr auto vm = LR"({
    "SchemaVersion": {"Major": 2, "Minor": 1},
    "Owner": "bakery",
    "VirtualMachine": {
        "Chipset": {"Uefi": {}},
        "ComputeTopology": {"Memory": {"Backing": "Virtual", "SizeInMB": 768}, "Processor": {"Count": 1}}
    }
})";

// The machine without guest and disks of the pages on callbacks; it ends with its last handle.
inline constexpr auto bare_machine = LR"({
    "SchemaVersion": {"Major": 2, "Minor": 1},
    "Owner": "bakery",
    "ShouldTerminateOnLastHandleClosed": true,
    "VirtualMachine": {
        "Chipset": {"Uefi": {}},
        "ComputeTopology": {"Memory": {"Backing": "Physical", "SizeInMB": 512}, "Processor": {"Count": 1}}
    }
})";

inline constexpr auto ask_for_memory = LR"({"PropertyTypes": ["Memory"]})";

// A system as a page takes it for granted.
unique_hcs_system created(PCWSTR id, PCWSTR configuration);
unique_hcs_system started(PCWSTR id, PCWSTR configuration);
std::string properties(const unique_hcs_system &system, PCWSTR query = nullptr);

// Tutorial.md, and HelloHCS of Validation OS, which is the same without the change
void quick_start();
void hello();
// ComputeSystemSample.md
void open();
void enumerate();
void pause_and_resume();
void save_and_close();
// EventCallbackSample.md
void event_callback();
// OperationCompletionSample.md
void completion_by_waiting();
void completion_by_callback();
void completion_by_event();
// ServiceSample.md
void service_properties();
void service_settings();
void crash_report();
// UtilityFunctionSample.md
void runtime_state_file();

} // namespace samples
