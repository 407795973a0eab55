using System;
using System.IO;
using System.Linq;
using System.Text;

namespace Hcs.Tests
{
    internal static class ClientTests
    {
        public static void AContainerFromItsCreationToItsExit()
        {
            using (var container = Start("web"))
            {
                Assert.Equal("web", container.GetProperties().Id);
                Assert.Equal("Running", container.GetProperties().State);
                container.Terminate();
                Assert.Equal("ForcedExit", container.Exited.Result.ExitType);
                container.Terminate(); // a second time is as good
            }
        }

        public static void AFailureTellsWhatHcsSaid()
        {
            HcsSim.Load(@"{ ""rules"": [{
                ""when"": { ""call"": ""start"", ""system"": ""web"" },
                ""fail"": ""HCS_E_TERMINATED_DURING_START"",
                ""result_error"": { ""ErrorMessage"": ""Der Prozeß endete."" },
                ""after"": ""2s""
            }] }");
            using (var container = Container.Create("web", "tests"))
            {
                var failure = Assert.Throws<HcsException>(container.Start);
                Assert.Equal(unchecked((int)0x80370100), failure.HResult);
                Assert.Equal("Der Prozeß endete.", failure.Result.ErrorMessage);
                Assert.Equal("cannot start web: Der Prozeß endete. (0x80370100)", failure.Message);
            }
        }

        public static void AFailedCreateLeavesNothingBehind()
        {
            HcsSim.Load(@"{ ""systems"": [{ ""id"": ""web"" }] }");
            var failure = Assert.Throws<HcsException>(() => Container.Create("web", "tests"));
            Assert.Equal(HResults.SystemAlreadyExists, failure.HResult);
        }

        public static void AnExitComesUnasked()
        {
            using (var container = Start("web"))
            {
                Collect(); // a delegate or a listener that nobody keeps would be gone now
                HcsSim.Raise(@"{ ""event"": ""worker_death"", ""system"": ""web"" }");
                Assert.Equal("UnexpectedExit", container.Exited.Result.ExitType);
            }
        }

        public static void ALostServiceEndsTheWait()
        {
            using (var container = Start("web"))
            {
                HcsSim.Raise(@"{ ""event"": ""service_disconnect"" }");
                var failure = Assert.Throws<AggregateException>(container.Exited.Wait).InnerException;
                Assert.Equal(HResults.ServiceDisconnect, failure.HResult);
            }
        }

        public static void ACommandIsReadToItsEnd()
        {
            // More than a pipe holds.
            var written = string.Concat(Enumerable.Repeat(@"all work and no play\n", 10000));
            HcsSim.Load(@"{ ""programs"": [{ ""command_line"": ""type long.txt"", ""prints"": """ + written + @""", ""exits_with"": 7 }] }");
            using (var container = Start("web"))
            using (var process = container.Run("type long.txt"))
            using (var output = new StreamReader(process.StandardOutput, Encoding.UTF8))
            {
                Assert.Equal(written.Replace(@"\n", "\n"), output.ReadToEnd());
                Assert.Equal(7u, process.WaitForExit());
            }
        }

        public static void ACommandThatIsNotThereFails()
        {
            using (var container = Start("web"))
            {
                var failure = Assert.Throws<HcsException>(() => container.Run("unknown.exe"));
                Assert.Equal(unchecked((int)0x80070002), failure.HResult);
            }
        }

        public static void ALeakIsFound()
        {
            using (Container.Create("web", "tests"))
            {
                Assert.Contains("HcsCloseComputeSystem", HcsSim.Verify());
            }
        }

        private static Container Start(string id)
        {
            var container = Container.Create(id, "tests");
            try
            {
                container.Start();
                return container;
            }
            catch
            {
                container.Dispose();
                throw;
            }
        }

        private static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
