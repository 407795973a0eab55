using System;
using System.IO;

namespace Hcs
{
    /// <summary>A command that was started in a container. Disposing it does not end the command.</summary>
    public sealed class GuestProcess : IDisposable
    {
        private const uint Infinite = 0xFFFFFFFF;

        private readonly string doing;
        private readonly ProcessHandle process;

        private GuestProcess(string doing, ProcessHandle process, Native.ProcessInformation information)
        {
            this.doing = doing;
            this.process = process;
            Id = information.ProcessId;
            StandardOutput = Pipe.Open(information.StdOutput);
        }

        /// <summary>The process id in the container.</summary>
        public uint Id { get; private set; }

        /// <summary>What the command writes, up to its end.</summary>
        public Stream StandardOutput { get; private set; }

        internal static GuestProcess Start(SystemHandle system, string commandLine)
        {
            var doing = "run " + commandLine;
            var parameters = Json.Write(new ProcessParameters { CommandLine = commandLine, CreateStdOutPipe = true });
            ProcessHandle process = null;
            try
            {
                using (var operation = Request.Begin(doing, it =>
                    Native.HcsCreateProcess(system, parameters, it, IntPtr.Zero, out process)))
                {
                    Native.ProcessInformation information;
                    DocumentHandle document;
                    var hresult = Native.HcsWaitForOperationResultAndProcessInfo(
                        operation, Request.Milliseconds(Request.Limit), out information, out document);
                    Request.Finish(doing, hresult, document);
                    return new GuestProcess(doing, process, information);
                }
            }
            catch
            {
                if (process != null)
                {
                    process.Dispose();
                }
                throw;
            }
        }

        /// <summary>Waits until the command has exited, and answers its exit code.</summary>
        public uint WaitForExit()
        {
            DocumentHandle document;
            var hresult = Native.HcsWaitForProcessExit(process, Infinite, out document);
            return Json.Read<ProcessStatus>(Request.Finish("wait for the end of: " + doing, hresult, document)).ExitCode;
        }

        public void Dispose()
        {
            StandardOutput.Dispose();
            process.Dispose();
        }
    }
}
