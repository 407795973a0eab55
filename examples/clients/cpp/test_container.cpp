// The client against the fake. Not here: the client, and how a test runs (testing.h).
#include <future>

#include "container.h"
#include "testing.h"

using testing::has;

namespace
{

constexpr auto configuration = LR"({
    "Owner": "bakery",
    "SchemaVersion": {"Major": 2, "Minor": 1},
    "ShouldTerminateOnLastHandleClosed": true,
    "Container": {}
})";

void it_starts_tells_its_state_and_ends()
{
    std::promise<std::string> status;
    const container web(L"web", configuration, [&](const std::string &it) { status.set_value(it); });
    CHECK(has(web.properties(), R"("State":"Running")"));
    web.terminate();
    CHECK(has(status.get_future().get(), R"("ExitType":"ForcedExit")"));
    web.terminate(); // it has stopped already
}

void a_failed_start_is_an_exception_with_the_message_of_hcs()
{
    try
    {
        const container web(L"web", configuration);
        CHECK(!"it started");
    }
    catch (const wil::ResultException &error)
    {
        CHECK(error.GetErrorCode() == E_OUTOFMEMORY);
        CHECK(has(error.what(), "0x8007000E"));
        CHECK(has(error.what(), "kein Brot \u00fcbrig"));
    }
}

void an_exit_of_its_own_is_told()
{
    std::promise<std::string> status;
    const container web(L"web", configuration, [&](const std::string &it) { status.set_value(it); });
    CHECK(has(status.get_future().get(), R"("ExitType":"UnexpectedExit")"));
    CHECK(HcsSimNow() >= 90'000); // of the host's time; none of ours
}

void a_command_runs_and_its_output_is_read_to_the_end()
{
    const container web(L"web", configuration);
    const auto [output, exit_code] = web.run(LR"({"CommandLine": "cmd /c ver", "CreateStdOutPipe": true})");
    CHECK(output == "Windows [Version 10]\r\n");
    CHECK(exit_code == 3);
}

// Careless on purpose: what the other tests would say if the client forgot something.
void leaves_a_document()
{
    PWSTR document = nullptr;
    CHECK(HcsGetServiceProperties(nullptr, &document) == S_OK);
    char *report = nullptr;
    CHECK(HcsSimVerify(&report) == 1);
    CHECK(report != nullptr && has(report, "a document that HcsGetServiceProperties handed out was never freed"));
    HcsSimFree(report);
    LocalFree(document);
}

} // namespace

int main()
{
    RUN(it_starts_tells_its_state_and_ends, nullptr);
    RUN(a_failed_start_is_an_exception_with_the_message_of_hcs, R"({"rules": [{
        "when": {"call": "start", "system": "web"},
        "fail": "E_OUTOFMEMORY",
        "result_error": {"ErrorMessage": "kein Brot übrig"}
    }]})");
    RUN(an_exit_of_its_own_is_told, R"({"events": [{"at": "90s", "event": "worker_death", "system": "web"}]})");
    RUN(a_command_runs_and_its_output_is_read_to_the_end,
        R"({"programs": [{"command_line": "cmd /c ver", "prints": "Windows [Version 10]\r\n", "after": "2s", "exits_with": 3}]})");
    RUN(leaves_a_document, nullptr);
    return testing::failures == 0 ? 0 : 1;
}
