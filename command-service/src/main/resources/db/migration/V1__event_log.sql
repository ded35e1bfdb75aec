-- The head of each stream. Locked and advanced by every append, so it is kept small, and half of
-- each page is left free for updates that touch no index (HOT).
CREATE TABLE stream (
  stream_id    text   PRIMARY KEY,
  version      bigint NOT NULL CHECK (version > appended_at),
  -- The version on which the latest append was decided. An upsert can compare its target only with
  -- the row it proposes: this column carries the expected version into that comparison.
  appended_at  bigint NOT NULL CHECK (appended_at >= 0)
) WITH (fillfactor = 50);

-- Append only. It is the outbox: the relay reads it from the WAL.
CREATE TABLE event_log (
  stream_id      text   NOT NULL,
  stream_version bigint NOT NULL CHECK (stream_version > 0),
  context        text   NOT NULL,
  event_type     text   NOT NULL,
  partition_key  text   NOT NULL,
  recorded_at    bigint NOT NULL, -- microseconds since 1970: the relay need not parse a timestamp
  metadata       text   NOT NULL,
  payload        text   NOT NULL,
  PRIMARY KEY (stream_id, stream_version)
);

-- The answers to commands that were sent with an Idempotency-Key.
CREATE TABLE idempotency (
  key         text        PRIMARY KEY,
  fingerprint bytea       NOT NULL,
  answer      text        NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_recorded_at ON idempotency (recorded_at);

GRANT SELECT, INSERT ON event_log TO headrace_command;
GRANT SELECT, INSERT, UPDATE ON stream TO headrace_command;
GRANT SELECT, INSERT, DELETE ON idempotency TO headrace_command;
GRANT SELECT ON event_log TO headrace_relay;
