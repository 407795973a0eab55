// Owners of HCS handles, as the documentation's samples declare them. Not here: how an owner works (wil_lite.h).
#pragma once

#include "wil_lite.h"

using unique_hcs_operation = wil::unique_any<HCS_OPERATION, decltype(&HcsCloseOperation), HcsCloseOperation>;
using unique_hcs_system = wil::unique_any<HCS_SYSTEM, decltype(&HcsCloseComputeSystem), HcsCloseComputeSystem>;
using unique_hcs_process = wil::unique_any<HCS_PROCESS, decltype(&HcsCloseProcess), HcsCloseProcess>;

// Codes that the headers of mingw-w64 lack.
#ifndef HCS_E_SYSTEM_ALREADY_STOPPED
#define HCS_E_SYSTEM_ALREADY_STOPPED ((HRESULT)0x80370110)
#endif
#ifndef HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET
#define HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET ((HRESULT)0x80370119)
#endif
