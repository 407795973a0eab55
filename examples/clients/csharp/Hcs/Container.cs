using System;
using System.Threading.Tasks;

namespace Hcs
{
    /// <summary>A container from its creation to its exit. Disposing it ends it.</summary>
    public sealed class Container : IDisposable
    {
        private static readonly TimeSpan CreateLimit = TimeSpan.FromMinutes(1);
        private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
        private static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(30);

        private readonly SystemHandle system;

        // Whoever awaits it goes on elsewhere: HCS waits for its callbacks when the handle is closed.
        private readonly TaskCompletionSource<ExitStatus> exited =
            new TaskCompletionSource<ExitStatus>(TaskCreationOptions.RunContinuationsAsynchronously);

        private Container(string id, SystemHandle system)
        {
            Id = id;
            this.system = system;
        }

        public string Id { get; private set; }

        /// <summary>Done when HCS tells that the container has exited; it fails if the service goes away.</summary>
        public Task<ExitStatus> Exited
        {
            get { return exited.Task; }
        }

        public static Container Create(string id, string owner)
        {
            var configuration = Json.Write(new Configuration
            {
                Owner = owner,
                SchemaVersion = new SchemaVersion { Major = 2, Minor = 1 },
                ShouldTerminateOnLastHandleClosed = true,
                Container = new ContainerSettings { GuestOs = new GuestOs { HostName = id } },
            });
            SystemHandle system = null;
            try
            {
                Request.Make("create " + id, CreateLimit, operation =>
                    Native.HcsCreateComputeSystem(id, configuration, operation, IntPtr.Zero, out system));
                var container = new Container(id, system);
                // Before the start, so that no event is missed.
                Request.Check("listen to " + id, system.Listen(container.Hear));
                return container;
            }
            catch
            {
                // There is a handle even if the create failed later on.
                if (system != null)
                {
                    system.Dispose();
                }
                throw;
            }
        }

        public void Start()
        {
            Request.Make("start " + Id, StartLimit, operation => Native.HcsStartComputeSystem(system, operation, null));
        }

        public Properties GetProperties()
        {
            return Json.Read<Properties>(Request.Make("query " + Id, Request.Limit, operation =>
                Native.HcsGetComputeSystemProperties(system, operation, null)));
        }

        /// <summary>Starts a command line in the container.</summary>
        public GuestProcess Run(string commandLine)
        {
            return GuestProcess.Start(system, commandLine);
        }

        /// <summary>Ends the container, and waits until it has exited. One that has exited already is as good.</summary>
        public void Terminate()
        {
            var doing = "terminate " + Id;
            try
            {
                Request.Make(doing, Request.Limit, operation => Native.HcsTerminateComputeSystem(system, operation, null));
            }
            catch (HcsException failure) when (failure.HResult == HResults.SystemAlreadyStopped)
            {
            }
            // The exit is told after the terminate is done, and only as long as the handle is open.
            if (Task.WaitAny(new Task[] { Exited }, ExitLimit) < 0)
            {
                throw new HcsException(doing, HResults.OperationTimeout, null);
            }
        }

        public void Dispose()
        {
            try
            {
                if (!system.IsClosed && !Exited.IsCompleted)
                {
                    Terminate();
                }
            }
            catch (HcsException)
            {
                // The close ends it as well, and nobody expects an exception here.
            }
            finally
            {
                system.Dispose();
            }
        }

        private void Hear(Native.EventType type, string data)
        {
            switch (type)
            {
                case Native.EventType.SystemExited:
                    exited.TrySetResult(Json.TryRead<ExitStatus>(data));
                    break;
                case Native.EventType.ServiceDisconnect:
                    exited.TrySetException(new HcsException("wait for the exit of " + Id, HResults.ServiceDisconnect, null));
                    break;
            }
        }
    }
}
