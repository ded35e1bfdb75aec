package io.headrace.projection.platform.engine;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/**
 * Counts how often PostgreSQL is asked and waited for. A transaction begins with what it asks
 * first.
 */
final class RoundTrips {

  private final AtomicInteger count = new AtomicInteger();

  /** How many there were since the last time. */
  int taken() {
    return count.getAndSet(0);
  }

  DataSource of(DataSource dataSource) {
    return proxy(DataSource.class, dataSource);
  }

  private <T> T proxy(Class<T> type, T target) {
    InvocationHandler handler =
        (_, method, arguments) -> {
          if (method.getName().startsWith("execute") || method.getName().equals("commit")) {
            count.incrementAndGet();
          }
          try {
            return counted(method.invoke(target, arguments));
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return type.cast(
        Proxy.newProxyInstance(RoundTrips.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private Object counted(Object result) {
    return switch (result) {
      case Connection connection -> proxy(Connection.class, connection);
      case PreparedStatement statement -> proxy(PreparedStatement.class, statement);
      case Statement statement -> proxy(Statement.class, statement);
      case null, default -> result;
    };
  }
}
