// Follows UtilityFunctionSample.md: a file for a runtime state, and the right of a machine to it.
// Not here: what is saved into it (compute_system.cpp).
#include "samples.h"

void samples::runtime_state_file()
{
    const unique_hcs_system oven = created(L"Oven", vm); // as the page takes for granted
    std::remove("warm.vmrs");
    THROW_IF_FAILED(HcsCreateEmptyRuntimeStateFile(L"warm.vmrs"));
    THROW_IF_FAILED(HcsGrantVmAccess(L"Oven", L"warm.vmrs"));
    CHECK(std::remove("warm.vmrs") == 0); // it was there
}
