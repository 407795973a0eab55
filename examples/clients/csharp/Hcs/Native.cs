using System;
using System.Runtime.InteropServices;

namespace Hcs
{
    /// <summary>The functions of computecore.dll that this client calls.</summary>
    internal static class Native
    {
        private const string ComputeCore = "computecore.dll";

        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate void EventCallback(ref Event it, IntPtr context);

        [StructLayout(LayoutKind.Sequential)]
        internal struct Event
        {
            internal EventType Type;
            internal IntPtr EventData;
            internal IntPtr Operation;
        }

        internal enum EventType
        {
            SystemExited = 1,
            ServiceDisconnect = 0x02000000,
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct ProcessInformation
        {
            internal uint ProcessId;
            internal uint Reserved;
            internal IntPtr StdInput;
            internal IntPtr StdOutput;
            internal IntPtr StdError;
        }

        [DllImport(ComputeCore)]
        internal static extern OperationHandle HcsCreateOperation(IntPtr context, IntPtr callback);

        [DllImport(ComputeCore)]
        internal static extern void HcsCloseOperation(IntPtr operation);

        [DllImport(ComputeCore)]
        internal static extern int HcsWaitForOperationResult(OperationHandle operation, uint milliseconds, out DocumentHandle document);

        [DllImport(ComputeCore)]
        internal static extern int HcsWaitForOperationResultAndProcessInfo(
            OperationHandle operation, uint milliseconds, out ProcessInformation information, out DocumentHandle document);

        [DllImport(ComputeCore, CharSet = CharSet.Unicode)]
        internal static extern int HcsCreateComputeSystem(
            string id, string configuration, OperationHandle operation, IntPtr securityDescriptor, out SystemHandle system);

        [DllImport(ComputeCore)]
        internal static extern void HcsCloseComputeSystem(IntPtr system);

        [DllImport(ComputeCore)]
        internal static extern int HcsSetComputeSystemCallback(
            SystemHandle system, int options, IntPtr context, EventCallback callback);

        [DllImport(ComputeCore, CharSet = CharSet.Unicode)]
        internal static extern int HcsStartComputeSystem(SystemHandle system, OperationHandle operation, string options);

        [DllImport(ComputeCore, CharSet = CharSet.Unicode)]
        internal static extern int HcsTerminateComputeSystem(SystemHandle system, OperationHandle operation, string options);

        [DllImport(ComputeCore, CharSet = CharSet.Unicode)]
        internal static extern int HcsGetComputeSystemProperties(SystemHandle system, OperationHandle operation, string query);

        [DllImport(ComputeCore, CharSet = CharSet.Unicode)]
        internal static extern int HcsCreateProcess(
            SystemHandle system, string parameters, OperationHandle operation, IntPtr securityDescriptor, out ProcessHandle process);

        [DllImport(ComputeCore)]
        internal static extern void HcsCloseProcess(IntPtr process);

        [DllImport(ComputeCore)]
        internal static extern int HcsWaitForProcessExit(ProcessHandle process, uint milliseconds, out DocumentHandle document);

        [DllImport("kernel32.dll")]
        internal static extern IntPtr LocalFree(IntPtr memory);
    }
}
