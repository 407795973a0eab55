// Runs every sample on a host of its own, and what the pages take for granted. Not here: the samples.
#include "samples.h"

namespace samples
{

unique_hcs_system created(PCWSTR id, PCWSTR configuration)
{
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    unique_hcs_system system;
    wil::unique_hlocal_string document;
    THROW_IF_FAILED(HcsCreateComputeSystem(id, configuration, operation.get(), nullptr, &system));
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    return system;
}

unique_hcs_system started(PCWSTR id, PCWSTR configuration)
{
    unique_hcs_system system = created(id, configuration);
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    wil::unique_hlocal_string document;
    THROW_IF_FAILED(HcsStartComputeSystem(system.get(), operation.get(), nullptr));
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    return system;
}

std::string properties(const unique_hcs_system &system, PCWSTR query)
{
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    wil::unique_hlocal_string document;
    THROW_IF_FAILED(HcsGetComputeSystemProperties(system.get(), operation.get(), query));
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), INFINITE, &document), document.get());
    return wil::utf8(document.get());
}

} // namespace samples

int main()
{
    using namespace samples;
    RUN(quick_start, R"({"host": {"behavior": {"guest_boot": "12s"}}})");
    RUN(hello, nullptr);
    RUN(open, nullptr);
    RUN(enumerate, nullptr);
    RUN(pause_and_resume, nullptr);
    RUN(save_and_close, nullptr);
    RUN(event_callback, nullptr);
    RUN(completion_by_waiting, nullptr);
    RUN(completion_by_callback, nullptr);
    RUN(completion_by_event, nullptr);
    RUN(service_properties, nullptr);
    RUN(service_settings, nullptr);
    RUN(crash_report, nullptr);
    RUN(runtime_state_file, nullptr);
    return testing::failures == 0 ? 0 : 1;
}
