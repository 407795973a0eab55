using System;
using System.Runtime.InteropServices;

namespace Hcs
{
    /// <summary>What HCS hands out and wants back. None of it is ever -1.</summary>
    internal abstract class HcsHandle : SafeHandle
    {
        protected HcsHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }
    }

    internal sealed class OperationHandle : HcsHandle
    {
        protected override bool ReleaseHandle()
        {
            Native.HcsCloseOperation(handle);
            return true;
        }
    }

    internal sealed class SystemHandle : HcsHandle
    {
        // HCS calls it as long as the handle is open; a delegate that only native code knows would be collected.
        private static readonly Native.EventCallback Callback = OnEvent;

        private GCHandle listener;

        /// <summary>From now on the listener hears of events.</summary>
        internal int Listen(Action<Native.EventType, string> heard)
        {
            listener = GCHandle.Alloc(heard);
            return Native.HcsSetComputeSystemCallback(this, 0, GCHandle.ToIntPtr(listener), Callback);
        }

        private static void OnEvent(ref Native.Event it, IntPtr context)
        {
            var heard = (Action<Native.EventType, string>)GCHandle.FromIntPtr(context).Target;
            heard(it.Type, Marshal.PtrToStringUni(it.EventData));
        }

        protected override bool ReleaseHandle()
        {
            Native.HcsCloseComputeSystem(handle); // waits for a callback that is running; none comes later
            if (listener.IsAllocated)
            {
                listener.Free();
            }
            return true;
        }
    }

    internal sealed class ProcessHandle : HcsHandle
    {
        protected override bool ReleaseHandle()
        {
            Native.HcsCloseProcess(handle);
            return true;
        }
    }

    /// <summary>A document, if HCS gave one.</summary>
    internal sealed class DocumentHandle : HcsHandle
    {
        /// <summary>The text, or null.</summary>
        internal string Text
        {
            get { return Marshal.PtrToStringUni(handle); }
        }

        protected override bool ReleaseHandle()
        {
            return Native.LocalFree(handle) == IntPtr.Zero;
        }
    }
}
