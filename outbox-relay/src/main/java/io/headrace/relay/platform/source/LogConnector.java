package io.headrace.relay.platform.source;

import io.debezium.connector.postgresql.PostgresConnector;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.apache.kafka.connect.connector.Task;

/**
 * Debezium's connector with a task that does only what a relay needs. Instantiated by Debezium, by
 * name.
 */
@RegisterForReflection
public final class LogConnector extends PostgresConnector {

  @Override
  public Class<? extends Task> taskClass() {
    return LogTask.class;
  }
}
