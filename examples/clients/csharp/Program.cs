using System;
using Hcs;

/// <summary>Runs a command line in a new container, prints what it writes, and exits as it does.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 2)
        {
            Console.Error.WriteLine("usage: RunInContainer <id> <command line>");
            return 2;
        }
        try
        {
            return Run(arguments[0], arguments[1]);
        }
        catch (HcsException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    }

    private static int Run(string id, string commandLine)
    {
        using (var container = Container.Create(id, "RunInContainer"))
        {
            container.Start();
            using (var process = container.Run(commandLine))
            using (var output = Console.OpenStandardOutput())
            {
                process.StandardOutput.CopyTo(output);
                return (int)process.WaitForExit();
            }
        }
    }
}
