package io.headrace.events.platform;

/**
 * The Kafka headers of an event: CloudEvents 1.0 in binary content mode (Kafka protocol binding),
 * and extension attributes under the same {@code ce_} prefix; {@code traceparent} is the W3C's own.
 * Every value is UTF-8 text.
 */
public final class Headers {

  /** {@code <stream id>@<stream version>}: unique in the log, and the key to deduplicate on. */
  public static final String ID = "ce_id";

  /** {@code /headrace/<context>}. */
  public static final String SOURCE = "ce_source";

  public static final String SPEC_VERSION = "ce_specversion";

  /** The wire name, for example {@code ordering.OrderPlaced.v1}. */
  public static final String TYPE = "ce_type";

  /** The stream id. */
  public static final String SUBJECT = "ce_subject";

  /** When the event was recorded, RFC 3339 in UTC. */
  public static final String TIME = "ce_time";

  /** {@code urn:headrace:schema:<wire name>}. */
  public static final String DATA_SCHEMA = "ce_dataschema";

  /** {@code application/json}; named {@code content-type}, as the binding asks. */
  public static final String CONTENT_TYPE = "content-type";

  /** The event's position in its stream, from 1, without gaps. */
  public static final String STREAM_VERSION = "ce_streamversion";

  public static final String CORRELATION_ID = "ce_correlationid";
  public static final String CAUSATION_ID = "ce_causationid";
  public static final String TENANT = "ce_tenant";
  public static final String TRACEPARENT = "traceparent";

  public static final String SCHEMA_URN_PREFIX = "urn:headrace:schema:";
  public static final String SOURCE_PREFIX = "/headrace/";

  private Headers() {}
}
