package io.headrace.systemtests.platform;

import io.headrace.localstack.Stack;
import io.headrace.localstack.StackOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests the whole platform as processes of its own, on free ports: one for all test classes,
 * started by the first that asks. Every part runs when a test begins; a test that ends one starts
 * it again. The services are those that are built in the checkout.
 */
final class WithStack implements ParameterResolver {

  /** Much longer than it takes to stop, so that a test can tell who waits for nothing. */
  static final Duration QUERY_SHUTDOWN_TIMEOUT = Duration.ofSeconds(40);

  private static final Namespace NAMESPACE = Namespace.create(WithStack.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Stack.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    // The store of the root closes what it holds when the last test has ended.
    return context
        .getRoot()
        .getStore(NAMESPACE)
        .computeIfAbsent(
            Stack.class, _ -> Stack.start(options(), System.out::println), Stack.class);
  }

  private static StackOptions options() {
    return StackOptions.throwaway(checkout())
        .withEnvironment(
            Map.of("query", Map.of("QUARKUS_SHUTDOWN_TIMEOUT", QUERY_SHUTDOWN_TIMEOUT.toString())));
  }

  static Path checkout() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("mvnw"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException("The tests run outside of a checkout.");
      }
    }
    return folder;
  }
}
