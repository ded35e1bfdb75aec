package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.headrace.events.platform.EventJson;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Moves records between Java and the columns of a table. Columns travel to PostgreSQL as the texts
 * of typed arrays, one array a column, so that any number of rows is one statement.
 */
final class RecordCodec<T extends Record> {

  private final Class<T> type;
  private final Constructor<T> constructor;
  private final List<Column> columns;
  private final List<Column> times;

  private RecordCodec(Class<T> type, Constructor<T> constructor, List<Column> columns) {
    this.type = type;
    this.constructor = constructor;
    this.columns = columns;
    this.times = columns.stream().filter(c -> c.kind == Kind.TIMESTAMP).toList();
  }

  static <T extends Record> RecordCodec<T> of(Class<T> type) {
    RecordComponent[] components = type.getRecordComponents();
    try {
      Constructor<T> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
      constructor.setAccessible(true);
      return new RecordCodec<>(
          type, constructor, Arrays.stream(components).map(Column::of).toList());
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(
          type.getName() + " cannot be reflected on: @RegisterForReflection is missing", e);
    }
  }

  List<Column> columns() {
    return columns;
  }

  List<String> names() {
    return columns.stream().map(Column::name).toList();
  }

  String nameList() {
    return String.join(", ", names());
  }

  /** {@code ?::text[], …}, one array a column, for {@code unnest}. */
  String arrays() {
    return columns.stream()
        .map(c -> "?::" + c.kind.sqlType + "[]")
        .collect(Collectors.joining(", "));
  }

  Object value(T row, int column) {
    return columns.get(column).of(row);
  }

  /**
   * @throws IllegalArgumentException if a value cannot be written as its column's type
   */
  @Nullable String[] encode(T row) {
    @Nullable String[] texts = new String[columns.size()];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = columns.get(i).encode(row);
    }
    return texts;
  }

  /**
   * The record as it will come back from the table. PostgreSQL keeps microseconds and would round
   * the rest, in the worst case into the next day; a fold that goes on in memory has to see what a
   * fold that goes on tomorrow will read.
   */
  T canonical(T row) {
    if (times.stream().noneMatch(column -> tooExact(column.of(row)))) {
      return row;
    }
    Object[] values = new Object[columns.size()];
    for (int i = 0; i < values.length; i++) {
      Object value = columns.get(i).of(row);
      values[i] = value instanceof Instant time ? time.truncatedTo(ChronoUnit.MICROS) : value;
    }
    return create(values);
  }

  private static boolean tooExact(@Nullable Object value) {
    return value instanceof Instant time && time.getNano() % 1_000 != 0;
  }

  /**
   * Reads the columns in their order, the first at {@code index}.
   *
   * @throws IllegalArgumentException if a value does not fit its component: a defect, or a table
   *     that another version of the code has filled
   */
  T read(ResultSet results, int index) throws SQLException {
    Object[] values = new Object[columns.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = columns.get(i).read(results, index + i);
    }
    return create(values);
  }

  T create(Object[] values) {
    try {
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException("cannot create " + type.getName(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + " cannot be reflected on", e);
    }
  }

  enum Kind {
    TEXT("text"),
    INTEGER("integer"),
    BIGINT("bigint"),
    BOOLEAN("boolean"),
    NUMERIC("numeric"),
    TIMESTAMP("timestamptz"),
    DATE("date"),
    JSON("jsonb");

    private final String sqlType;

    Kind(String sqlType) {
      this.sqlType = sqlType;
    }

    static Kind of(Class<?> type) {
      if (type == String.class) {
        return TEXT;
      } else if (type == int.class || type == Integer.class) {
        return INTEGER;
      } else if (type == long.class || type == Long.class) {
        return BIGINT;
      } else if (type == boolean.class || type == Boolean.class) {
        return BOOLEAN;
      } else if (type == BigDecimal.class) {
        return NUMERIC;
      } else if (type == Instant.class) {
        return TIMESTAMP;
      } else if (type == LocalDate.class) {
        return DATE;
      } else if (type.isPrimitive()) {
        throw new IllegalArgumentException("a column cannot be a " + type);
      } else {
        return JSON;
      }
    }
  }

  record Column(
      String name,
      Kind kind,
      Method accessor,
      @Nullable ObjectWriter writer,
      @Nullable ObjectReader reader) {

    static Column of(RecordComponent component) {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      Kind kind = Kind.of(component.getType());
      var mapper = EventJson.mapper();
      var json = mapper.constructType(component.getGenericType());
      return new Column(
          snakeCase(component.getName()),
          kind,
          accessor,
          kind == Kind.JSON ? mapper.writerFor(json) : null,
          kind == Kind.JSON ? mapper.readerFor(json) : null);
    }

    private static String snakeCase(String camelCase) {
      return camelCase.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    Object of(Record row) {
      try {
        return accessor.invoke(row);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("cannot read " + accessor, e);
      }
    }

    @Nullable String encode(Record row) {
      Object value = of(row);
      if (value == null) {
        return null;
      }
      try {
        return writer == null ? text(value) : writer.writeValueAsString(value);
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException("cannot write " + name + " as JSON", e);
      }
    }

    private static String text(Object value) {
      return value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString();
    }

    @Nullable Object read(ResultSet results, int index) throws SQLException {
      return switch (kind) {
        case TEXT -> results.getString(index);
        case INTEGER -> unlessNull(results.getInt(index), results);
        case BIGINT -> unlessNull(results.getLong(index), results);
        case BOOLEAN -> unlessNull(results.getBoolean(index), results);
        case NUMERIC -> results.getBigDecimal(index);
        case TIMESTAMP -> {
          OffsetDateTime time = results.getObject(index, OffsetDateTime.class);
          yield time == null ? null : time.toInstant();
        }
        case DATE -> results.getObject(index, LocalDate.class);
        case JSON -> json(results.getString(index));
      };
    }

    private static @Nullable Object unlessNull(Object value, ResultSet results)
        throws SQLException {
      return results.wasNull() ? null : value;
    }

    private @Nullable Object json(@Nullable String text) {
      if (text == null || reader == null) {
        return null;
      }
      try {
        return reader.readValue(text);
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException("cannot read the column " + name, e);
      }
    }
  }
}
