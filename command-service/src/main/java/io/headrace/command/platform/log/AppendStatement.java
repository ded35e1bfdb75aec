package io.headrace.command.platform.log;

import io.headrace.command.platform.log.EventLog.AppendResult;
import io.headrace.command.platform.log.EventLog.KeyedAnswer;
import io.headrace.command.platform.log.EventLog.KnownAnswer;
import io.headrace.command.platform.log.EventLog.NewEvent;
import io.headrace.command.platform.log.EventLog.StreamAppend;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One SQL statement that appends a whole batch: one round trip, one transaction, one WAL sync.
 *
 * <p><b>Why it is right under READ COMMITTED, with any number of replicas.</b> All parts of the
 * statement share one snapshot, so what a part only reads may be out of date; each decision below
 * rests on a lock or on a unique index instead, which see the latest committed row.
 *
 * <ol>
 *   <li>{@code advanced} is an upsert. For each row PostgreSQL inserts, or waits for whoever holds
 *       the row, locks its latest committed version and evaluates the condition on that version,
 *       even if the snapshot does not show it (documentation, "Read Committed Isolation Level"). So
 *       of all transactions that expect version v of a stream exactly one advances it, and the
 *       others see another version and leave the row alone. An expected version above 0 was read or
 *       acknowledged before, hence is committed and in the snapshot: {@code EXISTS} keeps a head
 *       that has vanished (a restored backup) from being made anew with a gap before it.
 *   <li>Events are inserted for streams that advanced, by the one transaction that holds the head,
 *       numbered from the expected version: no gap, no duplicate; the primary key would refuse one.
 *       They are inserted in the order of the batch, as the WAL, and so Kafka, shows them in the
 *       order of insertion.
 *   <li>A key that has an answer in the snapshot excludes its append. A key that another
 *       transaction is inserting right now is waited for by {@code ON CONFLICT}, which sees it once
 *       committed, and is then missing from {@code remembered}. If its append has advanced the
 *       stream by then, the last column divides by zero on purpose: everything is rolled back, and
 *       the batch runs again with a snapshot that shows the key. That takes two transactions with
 *       the same key within one round trip, of which the other did not advance this stream; it is
 *       rare, and each repetition is the fault of another newly committed key, so it ends.
 *   <li>Locks are taken in one order everywhere: heads by stream id, then keys by name; both sorts
 *       are in this statement, and the second sort reads all of {@code advanced} before it gives
 *       its first row. So no two batches can wait for each other.
 * </ol>
 *
 * <p>The set operations are written as {@code (x IN (SELECT …)) IS TRUE}: that form is never turned
 * into a join, is executed as a hashed subplan, and so stays linear whatever the planner believes
 * about the length of an array. The sessions forbid plans that could scan a table, see {@link
 * PoolOfSessions}.
 */
final class AppendStatement {

  /** {@code division_by_zero}: raised by the statement itself, see above. */
  static final String KEY_RACE = "22012";

  static final String SQL =
      """
      WITH
      batch AS MATERIALIZED (
        SELECT idx, stream_id, expected, events
        FROM unnest($1::text[], $2::bigint[], $3::int[]) WITH ORDINALITY
          AS b (stream_id, expected, events, idx)),
      keyed AS MATERIALIZED (
        SELECT key, idx, fingerprint, answer
        FROM unnest($4::text[], $5::bigint[], $6::bytea[], $7::text[])
          AS k (key, idx, fingerprint, answer)),
      known AS MATERIALIZED (
        SELECT key, fingerprint, answer FROM idempotency WHERE key = ANY($4::text[])),
      free AS MATERIALIZED (
        SELECT idx, stream_id, expected, events FROM batch
        WHERE (idx IN (
          SELECT idx FROM keyed WHERE (key IN (SELECT key FROM known)) IS TRUE)) IS NOT TRUE),
      verified AS MATERIALIZED (
        SELECT idx FROM free
        WHERE events = 0
          AND expected = coalesce(
            (SELECT s.version FROM stream s WHERE s.stream_id = free.stream_id), 0)),
      advanced AS (
        INSERT INTO stream AS head (stream_id, version, appended_at)
        SELECT stream_id, expected + events, expected FROM free
        WHERE events > 0
          AND (expected = 0
            OR (EXISTS (SELECT FROM stream s WHERE s.stream_id = free.stream_id)) IS TRUE)
        ORDER BY stream_id
        ON CONFLICT (stream_id) DO UPDATE
          SET version = excluded.version, appended_at = excluded.appended_at
          WHERE head.version = excluded.appended_at
        RETURNING stream_id),
      won AS MATERIALIZED (
        SELECT idx FROM free
        WHERE events > 0 AND (stream_id IN (SELECT stream_id FROM advanced)) IS TRUE),
      appended AS (
        INSERT INTO event_log (
          stream_id, stream_version, context, event_type, partition_key, recorded_at, metadata,
          payload)
        SELECT stream_id, stream_version, context, event_type, partition_key, $15::bigint, metadata,
          payload
        FROM unnest(
            $8::text[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[],
            $14::text[]) WITH ORDINALITY
          AS e (stream_id, stream_version, context, event_type, partition_key, metadata, payload,
            position)
        WHERE (stream_id IN (SELECT stream_id FROM advanced)) IS TRUE
        ORDER BY position),
      remembered AS (
        INSERT INTO idempotency (key, fingerprint, answer)
        SELECT key, fingerprint, answer FROM keyed
        WHERE answer <> ''
          AND ((idx IN (SELECT idx FROM won)) IS TRUE OR (idx IN (SELECT idx FROM verified)) IS TRUE)
        ORDER BY key
        ON CONFLICT (key) DO NOTHING
        RETURNING key)
      SELECT
        ARRAY(SELECT idx FROM won) AS won,
        ARRAY(SELECT idx FROM verified) AS verified,
        ARRAY(SELECT key FROM known ORDER BY key) AS known_keys,
        ARRAY(SELECT fingerprint FROM known ORDER BY key) AS known_fingerprints,
        ARRAY(SELECT answer FROM known ORDER BY key) AS known_answers,
        ARRAY(SELECT key FROM remembered) AS remembered,
        1 / (CASE WHEN EXISTS (
          SELECT FROM keyed
          WHERE answer <> '' AND (idx IN (SELECT idx FROM won)) IS TRUE
            AND (key IN (SELECT key FROM remembered)) IS NOT TRUE)
          THEN 0 ELSE 1 END) AS no_key_race
      """;

  private AppendStatement() {}

  static Tuple parameters(List<StreamAppend> appends, long recordedAt) {
    int streams = appends.size();
    int eventCount = 0;
    int keyCount = 0;
    for (StreamAppend append : appends) {
      eventCount += append.events().size();
      keyCount += append.keys().size();
    }
    var streamIds = new String[streams];
    var expected = new Long[streams];
    var counts = new Integer[streams];
    var keys = new String[keyCount];
    var keyOwners = new Long[keyCount];
    var fingerprints = new Buffer[keyCount];
    var answers = new String[keyCount];
    var eventStreams = new String[eventCount];
    var versions = new Long[eventCount];
    var contexts = new String[eventCount];
    var types = new String[eventCount];
    var partitionKeys = new String[eventCount];
    var metadata = new String[eventCount];
    var payloads = new String[eventCount];

    int k = 0;
    int e = 0;
    for (int i = 0; i < streams; i++) {
      StreamAppend append = appends.get(i);
      streamIds[i] = append.streamId();
      expected[i] = append.expectedVersion();
      counts[i] = append.events().size();
      for (KeyedAnswer key : append.keys()) {
        keys[k] = key.key();
        keyOwners[k] = i + 1L; // WITH ORDINALITY counts from 1
        fingerprints[k] = Buffer.buffer(key.fingerprint());
        answers[k++] = key.answer();
      }
      long version = append.expectedVersion();
      for (NewEvent event : append.events()) {
        eventStreams[e] = append.streamId();
        versions[e] = ++version;
        contexts[e] = event.context();
        types[e] = event.type();
        partitionKeys[e] = event.partitionKey();
        metadata[e] = event.metadata();
        payloads[e++] = event.payload();
      }
    }
    return Tuple.tuple()
        .addArrayOfString(streamIds)
        .addArrayOfLong(expected)
        .addArrayOfInteger(counts)
        .addArrayOfString(keys)
        .addArrayOfLong(keyOwners)
        .addArrayOfBuffer(fingerprints)
        .addArrayOfString(answers)
        .addArrayOfString(eventStreams)
        .addArrayOfLong(versions)
        .addArrayOfString(contexts)
        .addArrayOfString(types)
        .addArrayOfString(partitionKeys)
        .addArrayOfString(metadata)
        .addArrayOfString(payloads)
        .addLong(recordedAt);
  }

  static AppendResult result(Row row, int appends) {
    var done = new boolean[appends];
    for (Long index : row.getArrayOfLongs("won")) {
      done[(int) (index - 1)] = true;
    }
    for (Long index : row.getArrayOfLongs("verified")) {
      done[(int) (index - 1)] = true;
    }
    String[] keys = row.getArrayOfStrings("known_keys");
    if (keys.length == 0) {
      return new AppendResult(done, Map.of(), Set.of(row.getArrayOfStrings("remembered")));
    }
    Buffer[] fingerprints = row.getArrayOfBuffers("known_fingerprints");
    String[] answers = row.getArrayOfStrings("known_answers");
    var known = new HashMap<String, KnownAnswer>();
    for (int i = 0; i < keys.length; i++) {
      known.put(keys[i], new KnownAnswer(fingerprints[i].getBytes(), answers[i]));
    }
    return new AppendResult(done, known, Set.of(row.getArrayOfStrings("remembered")));
  }
}
