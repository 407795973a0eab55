using System;

namespace Hcs
{
    /// <summary>Calls that take an operation, and what came of them.</summary>
    internal static class Request
    {
        internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

        /// <summary>Makes a call, waits for its outcome, and answers the document of it, or null.</summary>
        internal static string Make(string doing, TimeSpan limit, Func<OperationHandle, int> call)
        {
            using (var operation = Begin(doing, call))
            {
                DocumentHandle document;
                var hresult = Native.HcsWaitForOperationResult(operation, Milliseconds(limit), out document);
                return Finish(doing, hresult, document);
            }
        }

        /// <summary>An operation that HCS has accepted. Closing it does not stop what is under way.</summary>
        internal static OperationHandle Begin(string doing, Func<OperationHandle, int> call)
        {
            var operation = Native.HcsCreateOperation(IntPtr.Zero, IntPtr.Zero);
            try
            {
                Check(doing, operation.IsInvalid ? HResults.OutOfMemory : call(operation));
                return operation;
            }
            catch
            {
                operation.Dispose();
                throw;
            }
        }

        /// <summary>Takes the document, which may come with a success, with a failure, or not at all.</summary>
        internal static string Finish(string doing, int hresult, DocumentHandle document)
        {
            using (document)
            {
                Check(doing, hresult, document.Text);
                return document.Text;
            }
        }

        internal static void Check(string doing, int hresult, string document = null)
        {
            if (hresult < 0)
            {
                throw new HcsException(doing, hresult, document);
            }
        }

        internal static uint Milliseconds(TimeSpan limit)
        {
            return (uint)limit.TotalMilliseconds;
        }
    }
}
