package io.headrace.command.platform.log;

import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;

@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class PostgresEventLogTest extends EventLogContract {

  @Inject EventLog log;

  @Override
  EventLog log() {
    return log;
  }
}
