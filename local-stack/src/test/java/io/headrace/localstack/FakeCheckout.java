package io.headrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** A checkout whose four built services are {@link FakeService}s. */
final class FakeCheckout {
  private FakeCheckout() {}

  static Path in(Path root) throws IOException {
    for (String name : Services.NAMES) {
      Path application = root.resolve(Services.module(name)).resolve("target/quarkus-app");
      Files.createDirectories(application);
      Manifest manifest = new Manifest();
      manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
      manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, FakeService.class.getName());
      String type = FakeService.class.getName().replace('.', '/') + ".class";
      try (OutputStream file = Files.newOutputStream(application.resolve("quarkus-run.jar"));
          JarOutputStream jar = new JarOutputStream(file, manifest);
          InputStream bytes = FakeService.class.getResourceAsStream("/" + type)) {
        jar.putNextEntry(new JarEntry(type));
        bytes.transferTo(jar);
      }
    }
    return root;
  }

  /** Adds a stand-in for a service's native binary; it says how it was started. */
  static Path runner(Path root, String module) throws IOException {
    Path target = root.resolve(module).resolve("target");
    Path runner = target.resolve("headrace-%s-0.1.0-SNAPSHOT-runner".formatted(module));
    Files.writeString(
        runner,
        """
        #!/bin/sh
        echo "started as $0 $*"
        exec '%s' -jar '%s'
        """
            .formatted(Child.java(), target.resolve("quarkus-app/quarkus-run.jar")));
    assertThat(runner.toFile().setExecutable(true)).isTrue();
    return runner;
  }
}
