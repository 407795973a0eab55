using System;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hcs
{
    /// <summary>Our end of a pipe of a process, as a stream.</summary>
    internal static class Pipe
    {
        internal static Stream Open(IntPtr handle)
        {
            if (Environment.OSVersion.Platform == PlatformID.Win32NT)
            {
                // HCS opens pipes for overlapped input and output.
                return new FileStream(new SafeFileHandle(handle, true), FileAccess.Read, 4096, true);
            }
            return new SimulatedPipe(handle);
        }

        /// <summary>Where there is no Windows, a pipe of hcs-sim is no file of the operating system.</summary>
        private sealed class SimulatedPipe : Stream
        {
            private const int BrokenPipe = 109;

            private readonly PipeHandle pipe;

            internal SimulatedPipe(IntPtr handle)
            {
                pipe = new PipeHandle(handle);
            }

            public override bool CanRead
            {
                get { return true; }
            }

            public override bool CanSeek
            {
                get { return false; }
            }

            public override bool CanWrite
            {
                get { return false; }
            }

            public override long Length
            {
                get { throw new NotSupportedException(); }
            }

            public override long Position
            {
                get { throw new NotSupportedException(); }
                set { throw new NotSupportedException(); }
            }

            public override unsafe int Read(byte[] buffer, int offset, int count)
            {
                if (count > buffer.Length - offset)
                {
                    throw new ArgumentOutOfRangeException("count");
                }
                uint length;
                fixed (byte* start = buffer)
                {
                    if (ReadFile(pipe, start + offset, (uint)count, out length, IntPtr.Zero))
                    {
                        return (int)length;
                    }
                }
                // Not Marshal.GetLastWin32Error, which is errno here.
                var error = GetLastError();
                return error == BrokenPipe ? 0 : throw new IOException("cannot read a pipe: error " + error);
            }

            public override void Flush()
            {
            }

            public override long Seek(long offset, SeekOrigin origin)
            {
                throw new NotSupportedException();
            }

            public override void SetLength(long value)
            {
                throw new NotSupportedException();
            }

            public override void Write(byte[] buffer, int offset, int count)
            {
                throw new NotSupportedException();
            }

            protected override void Dispose(bool disposing)
            {
                if (disposing)
                {
                    pipe.Dispose();
                }
                base.Dispose(disposing);
            }

            [DllImport("kernel32.dll")]
            [return: MarshalAs(UnmanagedType.Bool)]
            private static extern unsafe bool ReadFile(PipeHandle pipe, byte* buffer, uint size, out uint length, IntPtr overlapped);

            [DllImport("kernel32.dll")]
            private static extern int GetLastError();

            private sealed class PipeHandle : HcsHandle
            {
                internal PipeHandle(IntPtr handle)
                {
                    SetHandle(handle);
                }

                protected override bool ReleaseHandle()
                {
                    return CloseHandle(handle);
                }

                [DllImport("kernel32.dll")]
                [return: MarshalAs(UnmanagedType.Bool)]
                private static extern bool CloseHandle(IntPtr handle);
            }
        }
    }
}
