// bcryptprimitives.dll for a wine that has none (8 and older): the one export that Go programs and newer Rust programs import.
// .ci/windows builds it and puts it into the prefix's system32.
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID data, ULONG length); // RtlGenRandom, which wine has in advapi32

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    while (length > 0) {
        ULONG part = length > 0x10000000 ? 0x10000000 : (ULONG)length;
        if (!SystemFunction036(data, part)) return FALSE;
        data += part;
        length -= part;
    }
    return TRUE;
}
