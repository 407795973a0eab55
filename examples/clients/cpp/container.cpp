#include "container.h"

#include <array>

namespace
{

// Milliseconds. A start is over when the guest is ready, so it may take long.
constexpr DWORD start_ms = 120'000;
constexpr DWORD request_ms = 10'000;

unique_hcs_operation new_operation()
{
    unique_hcs_operation operation{HcsCreateOperation(nullptr, nullptr)};
    THROW_HR_IF(E_OUTOFMEMORY, !operation);
    return operation;
}

std::string wait_for(const unique_hcs_operation &operation, DWORD milliseconds)
{
    wil::unique_hlocal_string document;
    THROW_IF_FAILED_MSG(HcsWaitForOperationResult(operation.get(), milliseconds, &document), document.get());
    return wil::utf8(document.get());
}

// To the end, which comes when the command has ended.
std::string read_all(HANDLE pipe)
{
    std::string text;
    std::array<char, 4096> buffer;
    DWORD got = 0;
    while (ReadFile(pipe, buffer.data(), static_cast<DWORD>(buffer.size()), &got, nullptr))
    {
        text.append(buffer.data(), got);
    }
    return text;
}

int exit_code_of(const std::string &status)
{
    constexpr char member[] = "\"ExitCode\":";
    const auto at = status.find(member);
    THROW_HR_IF(E_UNEXPECTED, at == std::string::npos);
    return std::stoi(status.substr(at + sizeof member - 1));
}

void CALLBACK on_event(HCS_EVENT *event, void *context)
{
    const auto &on_exit = *static_cast<container::exited *>(context);
    if (event->Type == HcsEventSystemExited && on_exit)
    {
        on_exit(wil::utf8(event->EventData));
    }
}

} // namespace

container::container(PCWSTR id, PCWSTR configuration, exited on_exit) : on_exit_(std::make_unique<exited>(std::move(on_exit)))
{
    const auto operation = new_operation();
    THROW_IF_FAILED(HcsCreateComputeSystem(id, configuration, operation.get(), nullptr, &system_));
    wait_for(operation, request_ms);
    // Before the start, so that no exit is missed.
    THROW_IF_FAILED(HcsSetComputeSystemCallback(system_.get(), HcsEventOptionNone, on_exit_.get(), on_event));
    THROW_IF_FAILED(HcsStartComputeSystem(system_.get(), operation.get(), nullptr));
    wait_for(operation, start_ms);
}

std::string container::properties() const
{
    const auto operation = new_operation();
    THROW_IF_FAILED(HcsGetComputeSystemProperties(system_.get(), operation.get(), nullptr));
    return wait_for(operation, request_ms);
}

command_result container::run(PCWSTR parameters) const
{
    const auto operation = new_operation();
    unique_hcs_process process;
    THROW_IF_FAILED(HcsCreateProcess(system_.get(), parameters, operation.get(), nullptr, &process));
    HCS_PROCESS_INFORMATION info{};
    wil::unique_hlocal_string document;
    THROW_IF_FAILED_MSG(HcsWaitForOperationResultAndProcessInfo(operation.get(), request_ms, &info, &document), document.get());
    const wil::unique_handle input{info.StdInput}, output{info.StdOutput}, error{info.StdError};

    command_result result{read_all(output.get()), 0};
    wil::unique_hlocal_string status;
    THROW_IF_FAILED(HcsWaitForProcessExit(process.get(), INFINITE, &status));
    result.exit_code = exit_code_of(wil::utf8(status.get()));
    return result;
}

void container::terminate() const
{
    try
    {
        const auto operation = new_operation();
        THROW_IF_FAILED(HcsTerminateComputeSystem(system_.get(), operation.get(), nullptr));
        wait_for(operation, request_ms);
    }
    catch (const wil::ResultException &error)
    {
        if (error.GetErrorCode() != HCS_E_SYSTEM_ALREADY_STOPPED)
        {
            throw;
        }
    }
}
