package io.headrace.localstack.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LocalStackResourceTest {
  @Test
  void every_application_of_this_jvm_gets_the_same_servers() throws Exception {
    LocalStackResource resource = new LocalStackResource();
    resource.init(Map.of());
    Map<String, String> configuration = resource.start();
    resource.stop();

    assertThat(configuration)
        .containsOnlyKeys(
            "headrace.database.host",
            "headrace.database.port",
            "headrace.views.host",
            "headrace.views.port",
            "kafka.bootstrap.servers")
        .containsEntry("headrace.views.port", String.valueOf(LocalStackResource.postgres().port()));
    assertThat(asOfAnotherClassLoader()).isEqualTo(configuration);
  }

  @Test
  void what_one_application_kills_is_dead_for_the_other_and_can_be_started_by_it()
      throws Exception {
    LocalStackResource.postgres().kill();
    assertThat(LocalStackResource.postgres().isAlive()).isFalse();

    LocalStackResource.postgres().start();

    assertThat(LocalStackResource.postgres().connect("postgres").isValid(5)).isTrue();
  }

  @Test
  void kafka_can_be_left_out() {
    LocalStackResource resource = new LocalStackResource();
    resource.init(Map.of("kafka", "false"));

    assertThat(resource.start())
        .containsKey("headrace.database.port")
        .doesNotContainKey("kafka.bootstrap.servers");
  }

  @SuppressWarnings("unchecked")
  private static Map<String, String> asOfAnotherClassLoader() throws Exception {
    URL[] classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toUri())
            .map(LocalStackResourceTest::url)
            .toArray(URL[]::new);
    try (URLClassLoader other =
        new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader())) {
      Class<?> type = other.loadClass(LocalStackResource.class.getName());
      assertThat(type).isNotSameAs(LocalStackResource.class);
      Object resource = type.getConstructor().newInstance();
      type.getMethod("init", Map.class).invoke(resource, Map.of());
      return (Map<String, String>) type.getMethod("start").invoke(resource);
    }
  }

  private static URL url(URI uri) {
    try {
      return uri.toURL();
    } catch (java.net.MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
