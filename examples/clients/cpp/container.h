// Containers of the Host Compute Service: an object that ends with its container's last handle, exceptions for what fails.
// Not here: what a container is made of; the caller brings its configuration.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "owners.h"

struct command_result
{
    std::string output;
    int exit_code;
};

// Every function throws wil::ResultException, whose text has the ResultError of HCS.
class container
{
public:
    // Told once on a thread of HCS, even while the constructor still waits, with the SystemExitStatus. It must not throw, and not destroy
    // the container: that waits for it.
    using exited = std::function<void(const std::string &status)>;

    container(PCWSTR id, PCWSTR configuration, exited on_exit = {});

    // Its properties as JSON.
    std::string properties() const;

    // Runs a command to its end.
    command_result run(PCWSTR parameters) const;

    // Ends it. One that has ended by itself is ended as well.
    void terminate() const;

private:
    // The callback's, in a place that does not move. It outlives the handle, whose close waits for callbacks that run.
    std::unique_ptr<exited> on_exit_;
    unique_hcs_system system_;
};
