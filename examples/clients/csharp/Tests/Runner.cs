using System;
using System.Linq;
using System.Reflection;
using System.Threading;

namespace Hcs.Tests
{
    /// <summary>Runs every test side by side, each on a thread and with a host of its own.</summary>
    internal static class Runner
    {
        private static int Main()
        {
            var tests = typeof(ClientTests).GetMethods(BindingFlags.Public | BindingFlags.Static);
            var failures = new string[tests.Length];
            var threads = tests.Select((test, at) => new Thread(() => failures[at] = Run(test))).ToArray();
            Array.ForEach(threads, it => it.Start());
            Array.ForEach(threads, it => it.Join());
            foreach (var failure in failures.Where(it => it != null))
            {
                Console.Error.WriteLine(failure);
            }
            Console.WriteLine("{0} tests, {1} failed", tests.Length, failures.Count(it => it != null));
            return failures.All(it => it == null) && tests.Length > 0 ? 0 : 1;
        }

        /// <summary>What is wrong with a test, or null.</summary>
        private static string Run(MethodInfo test)
        {
            try
            {
                HcsSim.EnterHost(test.Name);
                ((Action)Delegate.CreateDelegate(typeof(Action), test))();
                var report = HcsSim.Verify();
                return report == null ? null : test.Name + ": " + report;
            }
            catch (Exception failure) // whatever it is, the other tests go on
            {
                return test.Name + ": " + failure;
            }
        }
    }

    internal static class Assert
    {
        internal static void Equal<T>(T expected, T got)
        {
            if (!Equals(expected, got))
            {
                throw new InvalidOperationException(string.Format("expected {0}, got {1}", expected, got));
            }
        }

        internal static void Contains(string part, string whole)
        {
            if (whole == null || !whole.Contains(part))
            {
                throw new InvalidOperationException(string.Format("expected {0} in {1}", part, whole ?? "nothing"));
            }
        }

        internal static T Throws<T>(Action action) where T : Exception
        {
            try
            {
                action();
            }
            catch (T expected)
            {
                return expected;
            }
            throw new InvalidOperationException("expected a " + typeof(T).Name);
        }
    }
}
