// The behaviours of docs/cookbook.md with gmock. `.ci/run` compiles and runs it, where there are a compiler and gmock:
//   g++ -std=c++17 -Wall -Wextra -Werror behaviours.cpp -lgmock_main -lgmock -lgtest -pthread -o behaviours && ./behaviours

// 0: what all need
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "keeper.h"

using namespace testing;

class MockHcs : public Hcs {
public:
    MOCK_METHOD(size_t, create_operation, (), (override));
    MOCK_METHOD(void, close_operation, (size_t), (override));
    MOCK_METHOD(Outcome, wait, (size_t, uint32_t), (override));
    MOCK_METHOD((std::pair<Outcome, std::string>), wait_for_process, (size_t, uint32_t), (override));
    MOCK_METHOD(Handed, create, (const std::string&, const std::string&, size_t), (override));
    MOCK_METHOD(Handed, open, (const std::string&), (override));
    MOCK_METHOD(void, close, (size_t), (override));
    MOCK_METHOD(int32_t, listen, (size_t, Callback), (override));
    MOCK_METHOD(int32_t, start, (size_t, size_t), (override));
    MOCK_METHOD(int32_t, shut_down, (size_t, size_t, const std::string&), (override));
    MOCK_METHOD(int32_t, terminate, (size_t, size_t), (override));
    MOCK_METHOD(int32_t, properties, (size_t, size_t), (override));
    MOCK_METHOD(Outcome, wait_for_exit, (size_t, uint32_t), (override));
    MOCK_METHOD(Handed, create_process, (size_t, const std::string&, size_t), (override));
    MOCK_METHOD(Outcome, wait_for_process_exit, (size_t, uint32_t), (override));
    MOCK_METHOD(void, close_process, (size_t), (override));
};

// The numbers of the operations of a boot, and of the first one after it.
constexpr size_t CREATE = 1, START = 2, AFTER = 3;
const Outcome RUNNING{S_OK, R"({"State":"Running"})"};

// Says yes to whatever a test does not say otherwise, and counts what is open.
struct Willing : NiceMock<MockHcs> {
    size_t numbers = 0;
    int opened = 0;
    Callback callback;

    Willing() {
        ON_CALL(*this, create_operation).WillByDefault([this] { return ++opened, ++numbers; });
        ON_CALL(*this, close_operation).WillByDefault([this](auto) { --opened; });
        ON_CALL(*this, wait).WillByDefault(Return(Outcome{S_OK, {}}));
        ON_CALL(*this, create).WillByDefault([this](auto, auto, auto) { return ++opened, Handed{S_OK, 100}; });
        ON_CALL(*this, open).WillByDefault([this](auto) { return ++opened, Handed{S_OK, 100}; });
        ON_CALL(*this, close).WillByDefault([this](auto) { --opened; });
        ON_CALL(*this, listen).WillByDefault([this](auto, auto it) { return callback = it, S_OK; });
        ON_CALL(*this, wait_for_exit).WillByDefault(Return(Outcome{S_OK, R"({"ExitType":"ForcedExit"})"}));
        ON_CALL(*this, create_process).WillByDefault([this](auto, auto, auto) { return ++opened, Handed{S_OK, 200}; });
        ON_CALL(*this, wait_for_process_exit).WillByDefault(Return(Outcome{S_OK, R"({"ExitCode":0})"}));
        ON_CALL(*this, close_process).WillByDefault([this](auto) { --opened; });
    }

    ~Willing() override { EXPECT_EQ(opened, 0) << "handles that were not closed"; }

    std::unique_ptr<Vm> boot() { return Vm::boot(*this, "web"); }
};

template <typename Body> Failure failure_of(Body body) {
    try {
        body();
    } catch (const Failure& failure) {
        return failure;
    }
    ADD_FAILURE() << "it did not fail";
    return Failure{S_OK, {}};
}

// 1: my VM dies while starting
TEST(Keeper, AVmThatDiesWhileStartingIsReported) {
    Willing hcs;
    Outcome died{HCS_E_TERMINATED_DURING_START, R"({"Error":-1070137088,"ErrorMessage":"worker died"})"};
    EXPECT_CALL(hcs, wait).Times(AnyNumber());
    EXPECT_CALL(hcs, wait(START, _)).WillOnce(Return(died));
    Failure failure = failure_of([&] { hcs.boot(); });
    EXPECT_EQ(failure.code, HCS_E_TERMINATED_DURING_START);
    EXPECT_THAT(failure.document, Optional(HasSubstr("worker died")));
}

// 2: the service restarts half way
TEST(Keeper, AServiceThatGoesAwayReleasesWhoWaits) {
    Willing hcs;
    EXPECT_CALL(hcs, wait).Times(AnyNumber());
    EXPECT_CALL(hcs, wait(5, _)).WillOnce(Return(RUNNING));
    auto vm = hcs.boot();
    auto waiting = std::async(std::launch::async, [&] { return failure_of([&] { vm->wait(); }); });
    hcs.callback(SERVICE_DISCONNECT, {}); // perhaps before it waits
    EXPECT_EQ(waiting.get().code, HCS_E_SERVICE_DISCONNECT);
    vm.reset();
    EXPECT_EQ(hcs.boot()->state(), "Running");
}

// 3: the guest ignores shutdown
TEST(Keeper, AGuestThatIgnoresShutdownIsTerminatedAfterThePatience) {
    Willing hcs;
    EXPECT_CALL(hcs, wait_for_exit).Times(AnyNumber());
    EXPECT_CALL(hcs, wait_for_exit(_, 30'000)).WillOnce(Return(Outcome{HCS_E_OPERATION_TIMEOUT, {}})).RetiresOnSaturation();
    EXPECT_CALL(hcs, terminate);
    EXPECT_EQ(hcs.boot()->shut_down(30'000), "ForcedExit");
}

// 4: the create fails after a handle came back
TEST(Keeper, TheHandleOfACreateThatFailsLaterIsClosed) {
    Willing hcs;
    EXPECT_CALL(hcs, wait).Times(AnyNumber());
    EXPECT_CALL(hcs, wait(CREATE, _)).WillOnce(Return(Outcome{E_ACCESSDENIED, {}}));
    EXPECT_EQ(failure_of([&] { hcs.boot(); }).code, E_ACCESSDENIED);
    hcs.boot();
}

// 5: the result document is missing
TEST(Keeper, AnAnswerWithoutADocumentIsAnErrorAndNoCrash) {
    Willing hcs;
    EXPECT_CALL(hcs, wait).Times(AnyNumber());
    EXPECT_CALL(hcs, wait(START, _)).WillOnce(Return(Outcome{HCS_E_UNEXPECTED_EXIT, {}}));
    EXPECT_EQ(failure_of([&] { hcs.boot(); }).document, std::nullopt);
    EXPECT_EQ(failure_of([&] { hcs.boot()->state(); }).code, E_UNEXPECTED);
}

// 6: a start outlives my timeout
TEST(Keeper, AStartThatOutlivesItsTimeoutLeavesNoMachineBehind) {
    Willing hcs;
    EXPECT_CALL(hcs, wait).Times(AnyNumber());
    EXPECT_CALL(hcs, wait(START, _)).WillOnce(Return(Outcome{HCS_E_OPERATION_TIMEOUT, {}}));
    EXPECT_CALL(hcs, terminate);
    EXPECT_EQ(failure_of([&] { hcs.boot(); }).code, HCS_E_OPERATION_TIMEOUT);
}

// 7: the exit event never comes
TEST(Keeper, AMachineWhoseExitEventIsLostIsEndedAllTheSame) {
    Willing hcs; // it tells nothing by itself
    EXPECT_EQ(hcs.boot()->end(), "ForcedExit");
}

// 8: two threads wait for one exit
TEST(Keeper, EveryThreadThatWaitsForAnExitIsReleased) {
    Willing hcs;
    auto vm = hcs.boot();
    auto first = std::async(std::launch::async, [&] { return vm->wait(); });
    auto second = std::async(std::launch::async, [&] { return vm->wait(); });
    hcs.callback(SYSTEM_EXITED, R"({"ExitType":"UnexpectedExit"})"); // perhaps before they wait
    EXPECT_EQ(first.get(), "UnexpectedExit");
    EXPECT_EQ(second.get(), "UnexpectedExit");
}

// 9: a process prints and exits with 3
TEST(Keeper, WhatAProcessPrintsAndItsExitCodeComeBack) {
    Willing hcs;
    EXPECT_CALL(hcs, wait_for_process(AFTER, _)).WillOnce(Return(std::pair{Outcome{S_OK, {}}, "1 failed\n"}));
    EXPECT_CALL(hcs, wait_for_process_exit(200, _)).WillOnce(Return(Outcome{S_OK, R"({"ExitCode":3})"}));
    EXPECT_THAT(hcs.boot()->run("make test"), Pair(3, "1 failed\n"));
}

// 10: an old Windows refuses my configuration
TEST(Keeper, TheConfigurationNeedsTheWindowsThatTheManualSays) {
    Willing hcs;
    EXPECT_CALL(hcs, wait(CREATE, _)).WillOnce(Return(Outcome{HCS_E_INVALID_JSON, {}})); // because the author says so
    EXPECT_EQ(failure_of([&] { hcs.boot(); }).code, HCS_E_INVALID_JSON);
}

// 11: a name is in use, left over from a killed run
TEST(Keeper, AMachineThatAKilledRunLeftOverIsReplaced) {
    Willing hcs;
    EXPECT_CALL(hcs, wait).Times(AnyNumber());
    EXPECT_CALL(hcs, wait(CREATE, _)).WillOnce(Return(Outcome{HCS_E_SYSTEM_ALREADY_EXISTS, {}}));
    EXPECT_CALL(hcs, wait(5, _)).WillOnce(Return(RUNNING));
    EXPECT_CALL(hcs, open("web"));
    EXPECT_CALL(hcs, terminate);
    EXPECT_EQ(hcs.boot()->state(), "Running");
}

// 12: nothing leaks, whatever fails
TEST(Keeper, NothingLeaksWhicheverCallFails) {
    Outcome no{E_OUTOFMEMORY, {}};
    Handed nothing{E_OUTOFMEMORY, 0};
    std::vector<std::function<void(Willing&)>> each{
        [](auto& hcs) { ON_CALL(hcs, create_operation).WillByDefault(Return(0)); },
        [&](auto& hcs) { ON_CALL(hcs, create).WillByDefault(Return(nothing)); },
        [](auto& hcs) { ON_CALL(hcs, listen).WillByDefault(Return(E_OUTOFMEMORY)); },
        [](auto& hcs) { ON_CALL(hcs, start).WillByDefault(Return(E_OUTOFMEMORY)); },
        [&](auto& hcs) { ON_CALL(hcs, create_process).WillByDefault(Return(nothing)); },
        [&](auto& hcs) { ON_CALL(hcs, wait_for_process).WillByDefault(Return(std::pair{no, ""})); },
        [&](auto& hcs) { ON_CALL(hcs, wait_for_process_exit).WillByDefault(Return(no)); },
        [](auto& hcs) { ON_CALL(hcs, properties).WillByDefault(Return(E_OUTOFMEMORY)); },
        [](auto& hcs) { ON_CALL(hcs, shut_down).WillByDefault(Return(E_OUTOFMEMORY)); },
        [&](auto& hcs) { ON_CALL(hcs, wait_for_exit).WillByDefault(Return(no)); },
        [&](auto& hcs) { ON_CALL(hcs, wait).WillByDefault(Return(no)); }, // all waits: the third needs its number
        [](auto&) {},
    };
    for (auto& fail : each) {
        Willing hcs;
        fail(hcs);
        try {
            auto vm = hcs.boot();
            for (auto& use : std::vector<std::function<void()>>{
                     [&] { vm->run("make"); }, [&] { vm->state(); }, [&] { vm->shut_down(1'000); }}) {
                try { use(); } catch (const Failure&) {}
            }
        } catch (const Failure&) {
        }
    }
}
