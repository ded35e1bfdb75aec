package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.log.EventLog;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.time.Clock;
import java.util.Map;
import javax.sql.DataSource;

/** The supervisor as part of the service: begins and ends with it. */
@ApplicationScoped
class Deployment {

  private final Supervisor supervisor;

  Deployment(
      Views views,
      DataSource dataSource,
      @Identifier("default-kafka-broker") Map<String, Object> kafka,
      EventLog log,
      ProjectionConfig config,
      MeterRegistry registry) {
    this.supervisor =
        new Supervisor(
            views.all(),
            views.catalogue(),
            dataSource,
            kafka,
            log,
            config,
            registry,
            Clock.systemUTC());
  }

  Supervisor supervisor() {
    return supervisor;
  }

  void start(@Observes StartupEvent event) {
    supervisor.start();
  }

  /** Long before the connection pool goes. */
  void stop(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) ShutdownEvent event) {
    supervisor.close();
  }
}
