// The client of tests/support/keeper in C++, as far as a test can tell them apart. Not here: what is expected of it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "hcs.h"

const std::string CONFIGURATION = R"({"Owner":"keeper","SchemaVersion":{"Major":2,"Minor":5},)"
    R"("ShouldTerminateOnLastHandleClosed":true,"VirtualMachine":{"ComputeTopology":{"Memory":{"SizeInMB":512}},)"
    R"("Services":{"Shutdown":{}},"GuestConnection":{}}})";

// What could not be done, and what HCS said of it.
struct Failure {
    int32_t code;
    Document document;
};

class Vm {
public:
    // Creates a machine and starts it. One of the same name that a killed run has left over is ended first.
    static std::unique_ptr<Vm> boot(Hcs& hcs, const std::string& id) {
        std::unique_ptr<Vm> vm;
        try {
            vm = create(hcs, id);
        } catch (const Failure& failure) {
            if (failure.code != HCS_E_SYSTEM_ALREADY_EXISTS) throw;
            open(hcs, id)->end();
            vm = create(hcs, id);
        }
        check({hcs.listen(vm->system, [told = vm->told](int32_t event, Document data) { told->tell(event, data); }), {}});
        try {
            vm->request(START_MS, [&](size_t operation) { return hcs.start(vm->system, operation); });
        } catch (const Failure&) {
            try {
                vm->end(); // a start that outlived its limit goes on without us, and nobody would end what comes of it
            } catch (const Failure&) {
            }
            throw;
        }
        return vm;
    }

    ~Vm() {
        if (system != 0) hcs.close(system);
    }

    // Waits until the machine tells that it has ended, for ever if need be: how, in the words of HCS.
    std::string wait() {
        std::unique_lock lock(told->mutex);
        told->changed.wait(lock, [&] { return told->event != 0; });
        if (told->event == SERVICE_DISCONNECT) throw Failure{HCS_E_SERVICE_DISCONNECT, {}};
        return text_of(told->data, "ExitType");
    }

    // Asks the guest to shut down. One that cannot be asked, or is there still after the patience, is terminated.
    std::string shut_down(uint32_t patience_ms) {
        try {
            request(REQUEST_MS, [&](size_t operation) { return hcs.shut_down(system, operation, SHUTDOWN); });
            return text_of(check(hcs.wait_for_exit(system, patience_ms)), "ExitType");
        } catch (const Failure& failure) {
            if (failure.code != HCS_E_OPERATION_TIMEOUT && failure.code != CANNOT_BE_ASKED) throw;
            return end();
        }
    }

    // Ends the machine at once, and waits until it is gone: not for the event, which may be lost.
    std::string end() {
        terminate();
        return text_of(check(hcs.wait_for_exit(system, GONE_MS)), "ExitType");
    }

    // What the machine is doing.
    std::string state() {
        return text_of(request(REQUEST_MS, [&](size_t operation) { return hcs.properties(system, operation); }), "State");
    }

    // Runs a command in the guest: its exit code, and what it printed.
    std::pair<int, std::string> run(const std::string& command) {
        Operation operation(hcs);
        auto [code, number] = hcs.create_process(system, R"({"CommandLine":")" + command + R"("})", operation.number);
        Process process{hcs, number};
        check({code, {}});
        auto [outcome, printed] = hcs.wait_for_process(operation.number, REQUEST_MS);
        check(outcome);
        Document status = check(hcs.wait_for_process_exit(number, REQUEST_MS));
        return {number_of(status, "ExitCode"), printed};
    }

private:
    static constexpr uint32_t START_MS = 60'000, REQUEST_MS = 10'000, GONE_MS = 30'000;
    static constexpr const char* SHUTDOWN = R"({"Mechanism":"IntegrationService","Type":"Shutdown"})";

    struct Told {
        std::mutex mutex;
        std::condition_variable changed;
        int32_t event = 0;
        Document data;

        void tell(int32_t what, Document with) {
            if (what != SYSTEM_EXITED && what != SERVICE_DISCONNECT) return;
            std::lock_guard lock(mutex);
            if (event == 0) event = what, data = with;
            changed.notify_all(); // there may be several who wait
        }
    };

    struct Operation {
        Hcs& hcs;
        size_t number;

        explicit Operation(Hcs& hcs) : hcs(hcs), number(hcs.create_operation()) {
            if (number == 0) throw Failure{E_OUTOFMEMORY, {}};
        }
        ~Operation() { hcs.close_operation(number); }
    };

    struct Process {
        Hcs& hcs;
        size_t number;

        ~Process() {
            if (number != 0) hcs.close_process(number);
        }
    };

    Vm(Hcs& hcs, size_t system) : hcs(hcs), system(system) {}

    static std::unique_ptr<Vm> create(Hcs& hcs, const std::string& id) {
        Operation operation(hcs);
        auto [code, system] = hcs.create(id, CONFIGURATION, operation.number);
        // The handle comes before it is known whether the create succeeds: it is owned, and so closed, in either case.
        std::unique_ptr<Vm> vm(new Vm(hcs, system));
        check({code, {}});
        check(hcs.wait(operation.number, START_MS));
        return vm;
    }

    static std::unique_ptr<Vm> open(Hcs& hcs, const std::string& id) {
        auto [code, system] = hcs.open(id);
        std::unique_ptr<Vm> vm(new Vm(hcs, system));
        check({code, {}});
        return vm;
    }

    void terminate() {
        try {
            request(REQUEST_MS, [&](size_t operation) { return hcs.terminate(system, operation); });
        } catch (const Failure& failure) {
            if (failure.code != HCS_E_SYSTEM_ALREADY_STOPPED) throw;
        }
    }

    template <typename Call> Document request(uint32_t limit_ms, Call call) {
        Operation operation(hcs);
        check({call(operation.number), {}});
        return check(hcs.wait(operation.number, limit_ms));
    }

    static Document check(Outcome outcome) {
        if (outcome.first < 0) throw Failure{outcome.first, outcome.second};
        return outcome.second;
    }

    // Enough of JSON for the documents of these tests; a product has a library for it.
    static std::string text_of(const Document& document, const std::string& name) {
        std::string key = "\"" + name + "\":\"";
        size_t at = document ? document->find(key) : std::string::npos;
        if (at == std::string::npos) throw Failure{E_UNEXPECTED, document};
        at += key.size();
        return document->substr(at, document->find('"', at) - at);
    }

    static int number_of(const Document& document, const std::string& name) {
        std::string key = "\"" + name + "\":";
        size_t at = document ? document->find(key) : std::string::npos;
        if (at == std::string::npos) throw Failure{E_UNEXPECTED, document};
        return std::stoi(document->substr(at + key.size()));
    }

    Hcs& hcs;
    size_t system;
    std::shared_ptr<Told> told = std::make_shared<Told>();
};
