-- A view's tables carry their generation in their names (orders_g1); readers use SQL views of the
-- bare name (orders). A rebuild fills orders_g2 beside orders_g1 and swaps the SQL view in one
-- transaction. Key columns are COLLATE "C": ids are compared as bytes, on every machine alike.

CREATE TABLE view_generation (
  view         text        NOT NULL,
  generation   integer     NOT NULL CHECK (generation > 0),
  view_version integer     NOT NULL,          -- View.version() of the code that fills it
  state        text        NOT NULL CHECK (state IN ('building', 'live', 'retired')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  live_since   timestamptz,
  PRIMARY KEY (view, generation)
);
CREATE UNIQUE INDEX view_generation_live ON view_generation (view) WHERE state = 'live';

-- Up to where a view has read each partition. Its row lock is the fence between two workers that
-- both believe to own the partition.
CREATE TABLE view_partition (
  view        text        NOT NULL,
  generation  integer     NOT NULL,
  topic       text        NOT NULL,
  partition   integer     NOT NULL,
  next_offset bigint      NOT NULL,           -- the first offset that was not yet read
  events      bigint      NOT NULL DEFAULT 0, -- how many events this view has taken from here
  recorded_at timestamptz,                    -- of the newest event taken from here
  updated_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (view, generation, topic, partition)
) WITH (fillfactor = 50);

-- The last version of each stream that a view has taken (folded into rows, or parked).
CREATE TABLE view_stream (
  view       text    NOT NULL,
  generation integer NOT NULL,
  stream_id  text    COLLATE "C" NOT NULL,
  version    bigint  NOT NULL,
  PRIMARY KEY (view, generation, stream_id)
) WITH (fillfactor = 80);

-- A lane is a stream, or a row's key, whose events wait because an earlier one could not be folded.
CREATE TABLE parked_lane (
  view       text        NOT NULL,
  generation integer     NOT NULL,
  kind       text        NOT NULL CHECK (kind IN ('key', 'stream', 'record')),
  lane       text        COLLATE "C" NOT NULL, -- the key, the stream id, or topic/partition/offset
  reason     text        NOT NULL CHECK (reason IN ('gap', 'undecodable', 'failed', 'refused')),
  cause      text        NOT NULL,
  parked_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (view, generation, kind, lane)
);

-- The events that wait, in order within their lane. Kept whole, so that nothing is lost when Kafka
-- lets go of the record.
CREATE TABLE parked_event (
  view           text        NOT NULL,
  generation     integer     NOT NULL,
  kind           text        NOT NULL,
  lane           text        COLLATE "C" NOT NULL,
  position       bigint      GENERATED ALWAYS AS IDENTITY,
  topic          text        NOT NULL,
  partition      integer     NOT NULL,
  kafka_offset   bigint      NOT NULL,
  record_key     bytea,
  headers        jsonb       NOT NULL,         -- header name -> base64 of its last value
  payload        bytea,
  stream_id      text        COLLATE "C",      -- null when the record has no readable headers
  stream_version bigint,
  event_type     text,
  cause          text,                         -- null for those that only wait behind another
  attempts       integer     NOT NULL DEFAULT 0,
  parked_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (view, generation, kind, lane, position),
  UNIQUE (view, generation, kind, lane, stream_id, stream_version),
  FOREIGN KEY (view, generation, kind, lane) REFERENCES parked_lane
);

GRANT SELECT ON view_generation TO headrace_projection, headrace_query;
GRANT SELECT, INSERT, UPDATE, DELETE ON view_partition, view_stream, parked_lane, parked_event
  TO headrace_projection;
GRANT SELECT ON view_partition, view_stream, parked_lane TO headrace_query;
