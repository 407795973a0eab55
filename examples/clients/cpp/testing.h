// The little that tests here need: a check, and a host of its own for each test, which is asked at the end what was wrong.
// Not here: the tests.
#pragma once

#include <cstdio>
#include <exception>
#include <string>

#include <hcs_sim.h>

namespace testing
{

inline int failures = 0;

inline void check(bool is_so, const char *condition, const char *file, int line)
{
    if (!is_so)
    {
        failures++;
        std::fprintf(stderr, "%s:%d: %s\n", file, line, condition);
    }
}

inline bool has(const std::string &text, const char *part) { return text.find(part) != std::string::npos; }

template <typename Test>
void run(const char *name, const char *scenario, Test test)
{
    const int before = failures;
    HcsSimEnterHost(name);
    check(scenario == nullptr || HcsSimLoadScenario(scenario) == 0, name, "scenario", 0);
    try
    {
        test();
    }
    catch (const std::exception &error)
    {
        check(false, error.what(), name, 0);
    }
    char *report = nullptr;
    if (HcsSimVerify(&report) != 0)
    {
        check(false, report != nullptr ? report : HcsSimProblem(), name, 0);
    }
    HcsSimFree(report);
    HcsSimEnterHost(nullptr);
    std::printf("%s %s\n", failures == before ? "ok  " : "FAIL", name);
}

} // namespace testing

#define CHECK(condition) testing::check((condition), #condition, __FILE__, __LINE__)
#define RUN(test, scenario) testing::run(#test, scenario, test)
