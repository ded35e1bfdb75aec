package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.Topics;
import io.headrace.projection.contexts.sample.AccountEvent;
import io.headrace.projection.contexts.sample.AccountsView;
import io.headrace.projection.contexts.sample.AccountsView.Account;
import io.headrace.projection.platform.view.Source;
import io.headrace.projection.platform.view.View;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * The accounts as a view of a test's own, on a real PostgreSQL, which is given its events by hand.
 */
final class OwnAccounts implements AutoCloseable {

  static final Retry.Owner FOREVER = () -> true;

  final EventCatalogue catalogue = new EventCatalogue(List.of(AccountEvent.EVENTS));
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final ViewWorker<Account> worker;
  private final Servers servers;
  private final String name;
  private final Positions positions = new Positions();
  private long offset;

  OwnAccounts(Servers servers, String name) throws Exception {
    this.servers = servers;
    this.name = name;
    AccountsView.mended = false;
    servers.execute(
        """
        CREATE TABLE %1$s_g1 (account_id text COLLATE "C" PRIMARY KEY,
          balance bigint NOT NULL CHECK (balance > -1000), moves integer NOT NULL);
        CREATE VIEW %1$s AS SELECT * FROM %1$s_g1;
        GRANT SELECT, INSERT, UPDATE, DELETE ON %1$s_g1 TO headrace_projection;
        INSERT INTO view_generation (view, generation, view_version, state) VALUES ('%1$s', 1, 1, 'live')"""
            .formatted(name));
    worker =
        new ViewWorker<>(
            new CompiledView<>(new Named(name)),
            1,
            servers.dataSource,
            new Retry(Duration.ofMillis(20), Duration.ofMillis(500)),
            new ViewMetrics(registry, name, 1));
    TopicPartition partition = new TopicPartition(Topics.of(AccountEvent.EVENTS.context()), 0);
    positions.hold(worker.positions(Map.of(partition, 1_000L), FOREVER));
  }

  Published published(String stream, long version, AccountEvent event) {
    return Published.of(catalogue, stream, version, event);
  }

  void take(Published... events) throws Exception {
    worker.take(
        List.of(events).stream().map(each -> Inbound.of(each.at(0, offset++), catalogue)).toList(),
        positions,
        FOREVER);
  }

  /** Its rows, as {@code key balance}. */
  String rows() throws SQLException {
    return servers.ask(
        "SELECT string_agg(account_id || ' ' || balance, ', ' ORDER BY account_id) FROM " + name);
  }

  /** How many events wait in each lane. */
  String parked() throws SQLException {
    return servers.ask(
        """
        SELECT string_agg(lanes.lane, ', ' ORDER BY lanes.lane) FROM (
          SELECT format('%%s %%s %%s %%s', l.kind, l.lane, l.reason, count(*)) AS lane
            FROM parked_lane l JOIN parked_event e USING (view, generation, kind, lane)
            WHERE l.view = '%s' GROUP BY l.kind, l.lane, l.reason) AS lanes"""
            .formatted(name));
  }

  @Override
  public void close() throws SQLException {
    servers.execute(
        """
        DROP VIEW %1$s;
        DROP TABLE %1$s_g1;
        DELETE FROM parked_event WHERE view = '%1$s';
        DELETE FROM parked_lane WHERE view = '%1$s';
        DELETE FROM view_stream WHERE view = '%1$s';
        DELETE FROM view_partition WHERE view = '%1$s';
        DELETE FROM view_generation WHERE view = '%1$s';
        DELETE FROM view_change WHERE relation = '%1$s'"""
            .formatted(name));
  }

  private record Named(String name) implements View<Account> {

    @Override
    public Class<Account> rowType() {
      return Account.class;
    }

    @Override
    public List<Source<Account, ?>> sources() {
      return new AccountsView().sources();
    }
  }
}
