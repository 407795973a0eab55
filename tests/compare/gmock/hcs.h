// The client's seam in C++: HCS as an interface, with handles as numbers and documents as texts. Not here: the client.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

using Document = std::optional<std::string>;
// An HRESULT, and the document that came with it.
using Outcome = std::pair<int32_t, Document>;
// An HRESULT, and a handle; 0 is NULL.
using Handed = std::pair<int32_t, size_t>;
using Callback = std::function<void(int32_t, Document)>;

class Hcs {
public:
    virtual ~Hcs() = default;
    virtual size_t create_operation() = 0;
    virtual void close_operation(size_t operation) = 0;
    virtual Outcome wait(size_t operation, uint32_t limit_ms) = 0;
    // With what the process prints.
    virtual std::pair<Outcome, std::string> wait_for_process(size_t operation, uint32_t limit_ms) = 0;
    virtual Handed create(const std::string& id, const std::string& configuration, size_t operation) = 0;
    virtual Handed open(const std::string& id) = 0;
    virtual void close(size_t system) = 0;
    virtual int32_t listen(size_t system, Callback callback) = 0;
    virtual int32_t start(size_t system, size_t operation) = 0;
    virtual int32_t shut_down(size_t system, size_t operation, const std::string& options) = 0;
    virtual int32_t terminate(size_t system, size_t operation) = 0;
    virtual int32_t properties(size_t system, size_t operation) = 0;
    virtual Outcome wait_for_exit(size_t system, uint32_t limit_ms) = 0;
    virtual Handed create_process(size_t system, const std::string& parameters, size_t operation) = 0;
    virtual Outcome wait_for_process_exit(size_t process, uint32_t limit_ms) = 0;
    virtual void close_process(size_t process) = 0;
};

constexpr int32_t hresult(uint32_t bits) { return static_cast<int32_t>(bits); }

constexpr int32_t S_OK = 0;
constexpr int32_t E_ACCESSDENIED = hresult(0x80070005);
constexpr int32_t E_OUTOFMEMORY = hresult(0x8007000E);
constexpr int32_t E_UNEXPECTED = hresult(0x8000FFFF);
constexpr int32_t CANNOT_BE_ASKED = hresult(0x80070032);
constexpr int32_t HCS_E_TERMINATED_DURING_START = hresult(0x80370100);
constexpr int32_t HCS_E_UNEXPECTED_EXIT = hresult(0x80370106);
constexpr int32_t HCS_E_INVALID_JSON = hresult(0x8037010D);
constexpr int32_t HCS_E_SYSTEM_ALREADY_EXISTS = hresult(0x8037010F);
constexpr int32_t HCS_E_SYSTEM_ALREADY_STOPPED = hresult(0x80370110);
constexpr int32_t HCS_E_OPERATION_TIMEOUT = hresult(0x80370118);
constexpr int32_t HCS_E_SERVICE_DISCONNECT = hresult(0x8037011E);

constexpr int32_t SYSTEM_EXITED = 1;
constexpr int32_t SERVICE_DISCONNECT = 0x02000000;
