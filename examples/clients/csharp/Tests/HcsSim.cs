using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Hcs.Tests
{
    /// <summary>Tells the simulated Host Compute Service of hcs-sim what to do.</summary>
    internal static class HcsSim
    {
        private const string ComputeCore = "computecore.dll";

        /// <summary>From now on this thread has a host of its own, which begins with a scenario.</summary>
        internal static void EnterHost(string name)
        {
            Check(HcsSimEnterHost(Utf8(name)));
        }

        /// <summary>Adds a scenario: JSON, or the path of a file with it.</summary>
        internal static void Load(string scenario)
        {
            Check(HcsSimLoadScenario(Utf8(scenario)));
        }

        /// <summary>Lets an event happen.</summary>
        internal static void Raise(string happening)
        {
            Check(HcsSimRaiseEvent(Utf8(happening)));
        }

        /// <summary>The report of what was done wrong, each finding told once; null if there is none.</summary>
        internal static string Verify()
        {
            IntPtr report;
            Check(HcsSimVerify(out report));
            try
            {
                return Text(report);
            }
            finally
            {
                HcsSimFree(report);
            }
        }

        private static void Check(int answer)
        {
            if (answer < 0)
            {
                throw new ArgumentException(Text(HcsSimProblem()));
            }
        }

        // Strings are marshalled in the code page of the system, which is not UTF-8 everywhere.
        private static byte[] Utf8(string text)
        {
            return Encoding.UTF8.GetBytes(text + "\0");
        }

        private static string Text(IntPtr utf8)
        {
            if (utf8 == IntPtr.Zero)
            {
                return null;
            }
            var length = 0;
            while (Marshal.ReadByte(utf8, length) != 0)
            {
                length++;
            }
            var bytes = new byte[length];
            Marshal.Copy(utf8, bytes, 0, length);
            return Encoding.UTF8.GetString(bytes);
        }

        [DllImport(ComputeCore)]
        private static extern int HcsSimEnterHost(byte[] name);

        [DllImport(ComputeCore)]
        private static extern int HcsSimLoadScenario(byte[] scenario);

        [DllImport(ComputeCore)]
        private static extern int HcsSimRaiseEvent(byte[] happening);

        [DllImport(ComputeCore)]
        private static extern int HcsSimVerify(out IntPtr report);

        [DllImport(ComputeCore)]
        private static extern void HcsSimFree(IntPtr text);

        [DllImport(ComputeCore)]
        private static extern IntPtr HcsSimProblem();
    }
}
