// What HCS code takes from the Windows Implementation Library, in a few lines: owners, events, exceptions for HRESULTs. A program on
// Windows includes wil itself. Not here: anything of HCS (owners.h).
#pragma once

#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include <computecore.h>

namespace wil
{

// The one owner of a handle.
template <typename Handle, typename Close, Close close>
class unique_any
{
public:
    unique_any() = default;
    explicit unique_any(Handle handle) noexcept : handle_(handle) {}
    unique_any(unique_any &&other) noexcept : handle_(other.release()) {}
    unique_any &operator=(unique_any &&other) noexcept
    {
        reset(other.release());
        return *this;
    }
    ~unique_any() { reset(); }

    Handle get() const noexcept { return handle_; }
    explicit operator bool() const noexcept { return handle_ != Handle{}; }
    Handle release() noexcept { return std::exchange(handle_, Handle{}); }
    void reset(Handle handle = Handle{}) noexcept
    {
        if (Handle former = std::exchange(handle_, handle); former != Handle{})
        {
            close(former);
        }
    }
    // For a function that writes a handle: what was owned before is closed.
    Handle *operator&() noexcept
    {
        reset();
        return &handle_;
    }

private:
    Handle handle_{};
};

inline void free_local(PWSTR text) noexcept { LocalFree(text); }
using unique_hlocal_string = unique_any<PWSTR, decltype(&free_local), free_local>;

inline void close_handle(HANDLE handle) noexcept { CloseHandle(handle); }
using unique_handle = unique_any<HANDLE, decltype(&close_handle), close_handle>;

#ifdef _WIN32

class unique_event
{
public:
    void create() { event_.reset(CreateEventW(nullptr, FALSE, FALSE, nullptr)); }
    HANDLE get() const noexcept { return event_.get(); }
    void wait(DWORD milliseconds) const noexcept { WaitForSingleObject(event_.get(), milliseconds); }

private:
    unique_handle event_;
};

#else

// Elsewhere there are no Win32 events: the same with what C++ has. It resets itself, and waits for ever only.
class unique_event
{
public:
    void create() { state_ = std::make_unique<state>(); }
    HANDLE get() const noexcept { return state_.get(); }
    void wait(DWORD) const
    {
        std::unique_lock lock(state_->mutex);
        state_->changed.wait(lock, [this] { return state_->is_set; });
        state_->is_set = false;
    }
    static void set(HANDLE event)
    {
        auto *it = static_cast<state *>(event);
        std::lock_guard lock(it->mutex);
        it->is_set = true;
        it->changed.notify_one(); // locked: the event may be gone once the waiting thread goes on
    }

private:
    struct state
    {
        std::mutex mutex;
        std::condition_variable changed;
        bool is_set = false;
    };
    std::unique_ptr<state> state_;
};

#endif

// Text of HCS as UTF-8, for messages. No wide function of the C library: on Linux they take wchar_t for 4 bytes.
inline std::string utf8(PCWSTR text)
{
    std::string result;
    for (std::size_t at = 0; text != nullptr && text[at] != 0; at++)
    {
        char32_t point = static_cast<char16_t>(text[at]);
        if ((point & 0xFC00) == 0xD800 && (static_cast<char16_t>(text[at + 1]) & 0xFC00) == 0xDC00)
        {
            point = 0x10000 + ((point & 0x3FF) << 10) + (static_cast<char16_t>(text[++at]) & 0x3FF);
        }
        if (point < 0x80)
        {
            result += static_cast<char>(point);
            continue;
        }
        const int following = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
        const int lead = following == 1 ? 0xC0 : following == 2 ? 0xE0 : 0xF0;
        result += static_cast<char>(lead | point >> (6 * following));
        for (int shift = 6 * (following - 1); shift >= 0; shift -= 6)
        {
            result += static_cast<char>(0x80 | (point >> shift & 0x3F));
        }
    }
    return result;
}

class ResultException : public std::runtime_error
{
public:
    ResultException(HRESULT code, const std::string &what) : std::runtime_error(what), code_(code) {}
    HRESULT GetErrorCode() const noexcept { return code_; }

private:
    HRESULT code_;
};

[[noreturn]] inline void throw_hresult(HRESULT code, const char *call, const char *file, int line, PCWSTR document = nullptr)
{
    char hex[16];
    std::snprintf(hex, sizeof hex, "0x%08X", static_cast<unsigned>(code));
    std::string what = std::string(file) + "(" + std::to_string(line) + "): " + call + ": " + hex;
    if (document != nullptr)
    {
        what += ": " + utf8(document);
    }
    throw ResultException(code, what);
}

} // namespace wil

#ifndef _WIN32
inline void SetEvent(HANDLE event) { wil::unique_event::set(event); }
#endif

#define THROW_IF_FAILED(call) THROW_IF_FAILED_MSG(call, nullptr)

// The second argument is evaluated after the call, so it may be what the call has written. In wil the order is the compiler's choice.
#define THROW_IF_FAILED_MSG(call, document)                                                                                     \
    do                                                                                                                          \
    {                                                                                                                           \
        if (const HRESULT result_of_call = (call); FAILED(result_of_call))                                                     \
        {                                                                                                                       \
            wil::throw_hresult(result_of_call, #call, __FILE__, __LINE__, document);                                            \
        }                                                                                                                       \
    } while (false)

#define THROW_HR_IF(code, condition)                                                                                            \
    do                                                                                                                          \
    {                                                                                                                           \
        if (condition)                                                                                                          \
        {                                                                                                                       \
            wil::throw_hresult(code, #condition, __FILE__, __LINE__);                                                           \
        }                                                                                                                       \
    } while (false)
