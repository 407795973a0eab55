using System.IO;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.Text;

namespace Hcs
{
    /// <summary>The document of a failure.</summary>
    [DataContract]
    public sealed class ResultError
    {
        /// <summary>The code once more, sometimes as an NTSTATUS: compare the exception's HResult instead.</summary>
        [DataMember]
        public int Error { get; private set; }

        [DataMember]
        public string ErrorMessage { get; private set; }
    }

    /// <summary>What HCS knows of a container.</summary>
    [DataContract]
    public sealed class Properties
    {
        [DataMember]
        public string Id { get; private set; }

        [DataMember]
        public string SystemType { get; private set; }

        /// <summary>Null until the first start, and after the exit.</summary>
        [DataMember]
        public string State { get; private set; }
    }

    /// <summary>How a container exited.</summary>
    [DataContract]
    public sealed class ExitStatus
    {
        [DataMember]
        public int Status { get; private set; }

        /// <summary>GracefulExit, ForcedExit, UnexpectedExit, or a newer word.</summary>
        [DataMember]
        public string ExitType { get; private set; }
    }

    [DataContract]
    internal sealed class ProcessStatus
    {
        [DataMember]
        internal uint ExitCode { get; private set; }
    }

    [DataContract]
    internal sealed class ProcessParameters
    {
        [DataMember]
        internal string CommandLine { get; set; }

        [DataMember]
        internal bool CreateStdOutPipe { get; set; }
    }

    [DataContract]
    internal sealed class Configuration
    {
        [DataMember]
        internal string Owner { get; set; }

        [DataMember]
        internal SchemaVersion SchemaVersion { get; set; }

        [DataMember]
        internal bool ShouldTerminateOnLastHandleClosed { get; set; }

        [DataMember]
        internal ContainerSettings Container { get; set; }
    }

    [DataContract]
    internal sealed class SchemaVersion
    {
        [DataMember]
        internal int Major { get; set; }

        [DataMember]
        internal int Minor { get; set; }
    }

    [DataContract]
    internal sealed class ContainerSettings
    {
        [DataMember]
        internal GuestOs GuestOs { get; set; }
    }

    [DataContract]
    internal sealed class GuestOs
    {
        [DataMember]
        internal string HostName { get; set; }
    }

    internal static class Json
    {
        internal static string Write<T>(T document)
        {
            using (var text = new MemoryStream())
            {
                new DataContractJsonSerializer(typeof(T)).WriteObject(text, document);
                return Encoding.UTF8.GetString(text.ToArray());
            }
        }

        /// <exception cref="SerializationException">There is no document, or it cannot be read.</exception>
        internal static T Read<T>(string document)
        {
            using (var text = new MemoryStream(Encoding.UTF8.GetBytes(document ?? "")))
            {
                return (T)new DataContractJsonSerializer(typeof(T)).ReadObject(text);
            }
        }

        /// <summary>The document, or null if there is none that can be read.</summary>
        internal static T TryRead<T>(string document) where T : class
        {
            try
            {
                return Read<T>(document);
            }
            catch (SerializationException)
            {
                return null;
            }
        }
    }
}
