package io.headrace.benchmarks.append;

import org.hibernate.boot.model.TypeContributions;
import org.hibernate.dialect.DatabaseVersion;
import org.hibernate.dialect.PostgreSQLDialect;
import org.hibernate.service.ServiceRegistry;
import org.hibernate.type.SqlTypes;
import org.hibernate.type.descriptor.jdbc.BinaryJdbcType;

/**
 * Keeps {@code @Lob byte[]} in a column of type bytea and not in PostgreSQL's large objects, as
 * Axon's reference guide advises ("Known issues and workarounds, PostgreSQL and large object
 * storage").
 */
public final class ByteaDialect extends PostgreSQLDialect {

  public ByteaDialect() {
    super(DatabaseVersion.make(18));
  }

  @Override
  protected String columnType(int sqlTypeCode) {
    return sqlTypeCode == SqlTypes.BLOB ? "bytea" : super.columnType(sqlTypeCode);
  }

  @Override
  protected String castType(int sqlTypeCode) {
    return sqlTypeCode == SqlTypes.BLOB ? "bytea" : super.castType(sqlTypeCode);
  }

  @Override
  public void contributeTypes(TypeContributions contributions, ServiceRegistry registry) {
    super.contributeTypes(contributions, registry);
    contributions
        .getTypeConfiguration()
        .getJdbcTypeRegistry()
        .addDescriptor(SqlTypes.BLOB, BinaryJdbcType.INSTANCE);
  }
}
