package io.headrace.benchmarks.append;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.headrace.localstack.PostgresServer;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.axonframework.conversion.json.JacksonConverter;
import org.axonframework.eventsourcing.eventstore.AggregateBasedConsistencyMarker;
import org.axonframework.eventsourcing.eventstore.AppendCondition;
import org.axonframework.eventsourcing.eventstore.GenericTaggedEventMessage;
import org.axonframework.eventsourcing.eventstore.jpa.AggregateBasedJpaEventStorageEngine;
import org.axonframework.eventsourcing.eventstore.jpa.AggregateEventEntry;
import org.axonframework.messaging.core.MessageType;
import org.axonframework.messaging.core.unitofwork.ProcessingLifecycle;
import org.axonframework.messaging.core.unitofwork.transaction.Transaction;
import org.axonframework.messaging.core.unitofwork.transaction.TransactionManager;
import org.axonframework.messaging.eventhandling.GenericEventMessage;
import org.axonframework.messaging.eventhandling.conversion.DelegatingEventConverter;
import org.axonframework.messaging.eventstreaming.EventCriteria;
import org.axonframework.messaging.eventstreaming.Tag;
import org.hibernate.jpa.HibernatePersistenceConfiguration;

/**
 * Axon Framework's {@link AggregateBasedJpaEventStorageEngine} on Hibernate and Hikari, asked for
 * appends directly: no HTTP, no command bus and no decider, which is in its favour. One event of
 * the same content for a new aggregate in one transaction, as its command handling does.
 */
final class AxonJpa implements AutoCloseable {

  static final String TABLE = "AggregateEventEntry";

  private static final int CONNECTIONS = 64;

  private final PostgresServer postgres;
  private final String database;
  private final HikariDataSource pool;
  private final EntityManagerFactory entityManagers;
  private final Map<Thread, EntityManager> current = new ConcurrentHashMap<>();
  private final AggregateBasedJpaEventStorageEngine engine;

  AxonJpa(PostgresServer postgres, String database) {
    this.postgres = postgres;
    this.database = database;
    var config = new HikariConfig();
    config.setJdbcUrl(postgres.jdbcUrl(database));
    config.setUsername(PostgresServer.SUPERUSER);
    config.setPassword(PostgresServer.SUPERUSER);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setAutoCommit(false);
    this.pool = new HikariDataSource(config);
    this.entityManagers =
        new HibernatePersistenceConfiguration("axon")
            .managedClass(AggregateEventEntry.class)
            .property("jakarta.persistence.nonJtaDataSource", pool)
            .property("hibernate.dialect", ByteaDialect.class.getName())
            .property("hibernate.hbm2ddl.auto", "create")
            .property("hibernate.connection.provider_disables_autocommit", "true")
            .createEntityManagerFactory();
    this.engine =
        new AggregateBasedJpaEventStorageEngine(
            this::entityManager,
            new ThreadTransactions(),
            new DelegatingEventConverter(new JacksonConverter()),
            configuration -> configuration);
  }

  /** One transaction per thread, with the entity manager that the engine asks for in it. */
  private final class ThreadTransactions implements TransactionManager {

    @Override
    public Transaction startTransaction() {
      EntityManager manager = entityManagers.createEntityManager();
      manager.getTransaction().begin();
      current.put(Thread.currentThread(), manager);
      return new Transaction() {
        @Override
        public void commit() {
          try {
            manager.getTransaction().commit();
          } finally {
            end();
          }
        }

        @Override
        public void rollback() {
          try {
            manager.getTransaction().rollback();
          } finally {
            end();
          }
        }

        private void end() {
          current.remove(Thread.currentThread());
          manager.close();
        }
      };
    }

    @Override
    public void registerHandlers(ProcessingLifecycle lifecycle) {
      throw new UnsupportedOperationException("there is no unit of work around an append here");
    }
  }

  /** As a container's does, it stays open until the transaction ends, whoever closes it. */
  private EntityManager entityManager() {
    EntityManager manager = current.get(Thread.currentThread());
    if (manager == null) {
      throw new IllegalStateException("no transaction");
    }
    return (EntityManager)
        Proxy.newProxyInstance(
            EntityManager.class.getClassLoader(),
            new Class<?>[] {EntityManager.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                return null;
              }
              try {
                return method.invoke(manager, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  Measured run(int threads, double seconds) throws Exception {
    long before = count();
    var latencies = new Latencies();
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      long end = System.nanoTime() + (long) (seconds * 1e9);
      List<Future<Latencies>> workers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        workers.add(executor.submit(() -> append(end)));
      }
      for (Future<Latencies> worker : workers) {
        latencies.addAll(worker.get());
      }
    }
    long events = count() - before;
    if (events != latencies.count()) {
      throw new IllegalStateException(
          "%d were committed, %d are there".formatted(latencies.count(), events));
    }
    return new Measured(seconds, latencies.count(), events, latencies);
  }

  private Latencies append(long end) throws Exception {
    var latencies = new Latencies();
    var type = new MessageType("ordering.OrderPlaced");
    for (long start = System.nanoTime(); start < end; ) {
      String id = UUID.randomUUID().toString();
      Set<Tag> tags = Set.of(Tag.of("order", id));
      var event = new GenericEventMessage(type, Commands.ORDER_PLACED, Map.of("correlationId", id));
      AppendCondition condition =
          AppendCondition.withCriteria(EventCriteria.havingTags(tags))
              .withMarker(new AggregateBasedConsistencyMarker(id, -1));
      engine
          .appendEvents(condition, null, List.of(new GenericTaggedEventMessage<>(event, tags)))
          .get()
          .commit(null)
          .get();
      long done = System.nanoTime();
      latencies.add(done - start);
      start = done;
    }
    return latencies;
  }

  private long count() throws Exception {
    return Sql.number(postgres, database, "SELECT count(*) FROM " + TABLE);
  }

  @Override
  public void close() {
    engine.close();
    entityManagers.close();
    pool.close();
  }
}
