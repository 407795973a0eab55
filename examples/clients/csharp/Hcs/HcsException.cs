using System;
using System.Runtime.InteropServices;

namespace Hcs
{
    /// <summary>A request that HCS did not fulfil. <see cref="Exception.HResult"/> is what it answered.</summary>
    public sealed class HcsException : ExternalException
    {
        internal HcsException(string doing, int hresult, string document)
            : this(doing, hresult, Json.TryRead<ResultError>(document))
        {
        }

        private HcsException(string doing, int hresult, ResultError result)
            : base(Describe(doing, hresult, result), hresult)
        {
            Result = result;
        }

        /// <summary>What HCS said about it, or null: often it says nothing.</summary>
        public ResultError Result { get; private set; }

        private static string Describe(string doing, int hresult, ResultError result)
        {
            var said = result == null || string.IsNullOrWhiteSpace(result.ErrorMessage) ? "" : ": " + result.ErrorMessage.Trim();
            return string.Format("cannot {0}{1} (0x{2:X8})", doing, said, hresult);
        }
    }

    /// <summary>Answers that callers may want to know.</summary>
    public static class HResults
    {
        public const int OutOfMemory = unchecked((int)0x8007000E);
        public const int SystemAlreadyExists = unchecked((int)0x8037010F);
        public const int SystemAlreadyStopped = unchecked((int)0x80370110);
        public const int OperationTimeout = unchecked((int)0x80370118);
        public const int ServiceDisconnect = unchecked((int)0x8037011E);
    }
}
