// Command hcsclient runs a command line in a new container: hcsclient <id> <command line>. It prints what the command writes, and
// exits as it does.
package main

import (
	"fmt"
	"io"
	"os"

	"hcsclient/hcs"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: hcsclient <id> <command line>")
		os.Exit(2)
	}
	exitCode, err := run(os.Args[1], os.Args[2], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(int(exitCode))
}

// run owns the container from its creation to its end.
func run(id, commandLine string, stdout io.Writer) (exitCode uint32, err error) {
	system, err := hcs.Create(id, hcs.Configuration{Owner: "hcsclient", HostName: id})
	if err != nil {
		return 0, err
	}
	defer func() {
		if closed := system.Close(); err == nil {
			err = closed
		}
	}()
	if err := system.Start(); err != nil {
		return 0, err
	}
	process, err := system.Run(commandLine)
	if err != nil {
		return 0, err
	}
	defer process.Close()
	if _, err := io.Copy(stdout, process.Stdout); err != nil {
		return 0, err
	}
	return process.Wait()
}
