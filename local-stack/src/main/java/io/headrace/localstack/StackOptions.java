package io.headrace.localstack;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How to run a stack.
 *
 * @param root the checkout with the built services
 * @param directory where data, logs and the state file go
 * @param ports all of them
 * @param address the address that the services listen on
 * @param temporary whether closing the stack deletes the directory
 * @param jvm options of each service's JVM; of them a native binary gets those for the heap's size
 * @param flavour what the services run as
 * @param environment further variables of each service, by the name of the part
 */
public record StackOptions(
    Path root,
    Path directory,
    StackPorts ports,
    String address,
    boolean temporary,
    Flavour flavour,
    List<String> jvm,
    Map<String, Map<String, String>> environment) {
  // The collector of one thread: with as many JVMs as here, a pool of threads in each only competes
  // for the cores.
  private static final List<String> SMALL =
      List.of(
          "-Xms64m",
          "-Xmx256m",
          "-XX:+UseSerialGC",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  public StackOptions {
    root = root.toAbsolutePath().normalize();
    directory = directory.toAbsolutePath().normalize();
    jvm = List.copyOf(jvm);
    environment = Map.copyOf(environment);
  }

  /** The stack of a checkout: the standard ports, data kept below {@code .local}. */
  public static StackOptions of(Path root) {
    return new StackOptions(
        root,
        root.resolve(".local"),
        StackPorts.standard(),
        "127.0.0.1",
        false,
        Flavour.chosen(),
        SMALL,
        Map.of());
  }

  /** A stack beside any other: free ports, data gone when it is closed. */
  public static StackOptions throwaway(Path root) {
    return new StackOptions(
        root,
        Directories.scratch("stack"),
        StackPorts.free(),
        "127.0.0.1",
        true,
        Flavour.chosen(),
        SMALL,
        Map.of());
  }

  /** The same with data, logs and state file in this directory. */
  public StackOptions withDirectory(Path other) {
    return new StackOptions(root, other, ports, address, temporary, flavour, jvm, environment);
  }

  /** The same on these ports. */
  public StackOptions withPorts(StackPorts others) {
    return new StackOptions(root, directory, others, address, temporary, flavour, jvm, environment);
  }

  /** The same with the services listening on this address; {@code 0.0.0.0} is all. */
  public StackOptions withAddress(String other) {
    return new StackOptions(root, directory, ports, other, temporary, flavour, jvm, environment);
  }

  /** The same with these options of each service's JVM. */
  public StackOptions withJvm(List<String> arguments) {
    return new StackOptions(
        root, directory, ports, address, temporary, flavour, arguments, environment);
  }

  /** The same with the services run as this. */
  public StackOptions withFlavour(Flavour other) {
    return new StackOptions(root, directory, ports, address, temporary, other, jvm, environment);
  }

  /** The same with further variables of the services, by the name of the part. */
  public StackOptions withEnvironment(Map<String, Map<String, String>> variables) {
    return new StackOptions(root, directory, ports, address, temporary, flavour, jvm, variables);
  }
}
